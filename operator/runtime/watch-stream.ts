import { KubeApiError } from "./kube-error.ts"
import { readWatchEvent, type WatchEvent } from "./object-json.ts"
import type { KubeResource, ResourceKind } from "./objects.ts"

const newline = 10

/**
 * The events of a watch body, one JSON object a line. Half a line at the end is an error: the connection was cut, and
 * what it was about to say is lost.
 */
export async function* readWatch<T extends KubeResource>(
  body: AsyncIterable<Uint8Array>,
  kind: ResourceKind,
  onActivity: () => void,
): AsyncGenerator<WatchEvent<T>> {
  // Pieces are joined once per line, or an object of 10 MB would be copied for each of its 600 chunks.
  let pieces: Uint8Array[] = []
  for await (const chunk of body) {
    onActivity()
    let from = 0
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, from)) {
      const line = text([...pieces, chunk.subarray(from, end)])
      pieces = []
      from = end + 1
      if (line !== "") yield readWatchEvent<T>(line, kind)
    }
    if (from < chunk.length) pieces.push(chunk.subarray(from))
  }
  if (text(pieces) !== "") throw new KubeApiError("the watch ended in mid-line", { code: 0, reason: "Truncated" })
}

function text(pieces: readonly Uint8Array[]): string {
  return Buffer.concat(pieces).toString("utf8").trim()
}

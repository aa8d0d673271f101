import type { ServerResponse } from "node:http"
import { setImmediate as breath } from "node:timers/promises"
import type { Sink } from "./ews/event-stream.ts"

/**
 * An answer that is written piece by piece while it goes on. Every text is sent in two, so that no client can take the
 * pieces a connection brings for whole documents; `cut` ends the connection in the middle of the first.
 */
export function chunkedAnswer(response: ServerResponse, { cut }: { readonly cut: boolean }): Sink {
  let before: Promise<unknown> = Promise.resolve()
  const later = (work: () => void) => {
    before = before.then(work).then(() => breath())
  }
  return {
    write(text) {
      const bytes = Buffer.from(text, "utf8")
      const middle = bytes.length >> 1
      later(() => response.write(bytes.subarray(0, middle)))
      later(() => (cut ? response.destroy() : response.write(bytes.subarray(middle))))
    },
    end() {
      later(() => response.end())
    },
    onClose(listener) {
      response.once("close", listener)
    },
  }
}

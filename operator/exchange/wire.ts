import { gunzipSync } from "node:zlib"
import { request } from "undici"
import { TemporaryError } from "../core/errors.ts"
import { largestAnswerBytes } from "../http/client.ts"
import { networkFailure } from "../http/network-failure.ts"
import type { Clock } from "./clock.ts"

/** A whole answer. The body was read to its end: one that breaks off is a failed request, not half a page. */
export type Reply = { readonly status: number; readonly headers: Headers; readonly bytes: BodyBytes }
type BodyBytes = ArrayBuffer | Uint8Array<ArrayBuffer>

/** The same on every request: servers may list whom they admit by it. */
export const userAgent = "calsync"

/**
 * One request and its whole answer. Throws a TemporaryError when none came. Redirects are not followed: they would take
 * the credential to another host.
 */
export async function sendWhole(
  url: string,
  init: NonNullable<Parameters<typeof request>[1]> & { readonly signal: AbortSignal },
): Promise<Reply> {
  try {
    const { statusCode, headers, body } = await request(url, init)
    const bytes = await body.arrayBuffer()
    const isPacked = headers["content-encoding"] === "gzip"
    return { status: statusCode, headers: plainHeaders(headers), bytes: isPacked ? unpacked(bytes) : bytes }
  } catch (cause) {
    if (init.signal.aborted) throw init.signal.reason
    const { reason, code } = networkFailure(cause)
    throw new TemporaryError(`${new URL(url).host} does not answer (${code})`, { reason, cause })
  }
}

/** Aborted after so long, or with the signal given; to be cancelled when the work is done. */
export function timeLimit(
  { clock, ms, late }: { readonly clock: Clock; readonly ms: number; readonly late: string },
  signal: AbortSignal,
): { readonly signal: AbortSignal; readonly cancel: () => void } {
  const limit = new AbortController()
  const cancel = clock.setTimeout(() => limit.abort(new TemporaryError(late, { reason: "Unreachable" })), ms)
  return { signal: AbortSignal.any([signal, limit.signal]), cancel }
}

/** No larger than what may come unpacked. At once rather than as a stream: a page is small, and a stream per answer leaves its memory to the collector. */
function unpacked(bytes: ArrayBuffer): Uint8Array<ArrayBuffer> {
  return gunzipSync(bytes, { maxOutputLength: largestAnswerBytes })
}

/** Of the answer's headers somebody reads these; the schemes of authentication come in several lines. */
function plainHeaders(headers: Readonly<Record<string, string | string[] | undefined>>): Headers {
  const plain = new Headers()
  for (const name of ["retry-after", "content-type", "www-authenticate", "x-ms-diagnostics"]) {
    for (const value of [headers[name] ?? []].flat()) plain.append(name, value)
  }
  return plain
}

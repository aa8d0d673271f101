import type { Reply } from "./call.ts"
import { GraphError } from "./graph-error.ts"

/** The answer for a request that was refused; anything but a GraphError is a bug of the simulator and goes on. */
export function refusal(
  error: unknown,
  given: {
    readonly requestId: string
    readonly request: { readonly headers: ReadonlyMap<string, string> }
    readonly nowMs: number
  },
): Reply {
  if (!(error instanceof GraphError)) throw error
  const { requestId, request, nowMs } = given
  const innerError = {
    date: Temporal.Instant.fromEpochMilliseconds(nowMs).toString({ smallestUnit: "second" }).slice(0, -1),
    "request-id": requestId,
    "client-request-id": request.headers.get("client-request-id") ?? requestId,
  }
  return {
    status: error.status,
    headers: error.headers,
    body: { error: { code: error.code, message: error.message, ...error.annotations, innerError } },
  }
}

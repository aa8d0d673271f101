import type { Dispatcher } from "undici"
import { type Reply, sendWhole } from "../../wire.ts"

export type PostRequest = {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Called right before the body leaves; what it throws keeps it here. */
  readonly beforeSending: () => void
}

/** Sends one request, logged in. Throws a TemporaryError when no answer came; a refusal is an answer. */
export interface Post {
  send(request: PostRequest, signal: AbortSignal): Promise<Reply>
  close(): Promise<void>
}

/** One POST as it is. */
export function postOver(
  { dispatcher, url }: { readonly dispatcher: Dispatcher; readonly url: string },
  { headers, body, beforeSending }: PostRequest,
  signal: AbortSignal,
): Promise<Reply> {
  beforeSending()
  return sendWhole(url, { method: "POST", dispatcher, signal, headers, body })
}

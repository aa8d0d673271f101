import { openDispatcher } from "../../../http/client.ts"
import type { ExchangeDeps } from "../../deps.ts"
import { NtlmLanes } from "./ntlm-lanes.ts"
import { type Post, type PostRequest, postOver } from "./post.ts"
import type { WireCredential, WireSettings } from "./settings.ts"

/** Sockets at most; the pace, not the pool, is what limits. */
const connections = 16
const connectTimeoutMs = 10_000
/** Shorter than the time limit of a request, so that the wire says what was wrong. */
const answerTimeoutMs = 75_000

/** Throws a NeedsAttentionError when the CA bundle cannot be read. */
export function openPost(deps: Pick<ExchangeDeps, "clock" | "proxy">, settings: WireSettings): Post {
  const { url, credential, caBundlePem, resolveTo } = settings
  const dispatcherOptions = { proxy: deps.proxy, caBundlePem, connectTimeoutMs, answerTimeoutMs, resolveTo }
  if (credential.kind === "ntlm") return new NtlmLanes({ url, credential, clock: deps.clock, dispatcherOptions })
  // Told of connections nobody asks about, so that all of EWS speaks HTTP/1.1, as its servers do.
  const dispatcher = openDispatcher({ ...dispatcherOptions, connections, onConnected: () => {} })
  const authorized = credential.kind === "basic" ? basic(credential) : bearer(credential)
  return {
    send: authorized((request, signal) => postOver({ dispatcher, url }, request, signal)),
    close: () => dispatcher.destroy(),
  }
}

type Send = Post["send"]

function basic({ username, password, domain }: Extract<WireCredential, { kind: "basic" }>) {
  const user = domain ? `${domain}\\${username}` : username
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`
  return (next: Send): Send =>
    (request, signal) =>
      next(withAuthorization(request, authorization), signal)
}

function bearer({ token }: Extract<WireCredential, { kind: "oauth" }>) {
  return (next: Send): Send =>
    async (request, signal) => {
      const first = await token.get(signal)
      const reply = await next(withAuthorization(request, `Bearer ${first}`), signal)
      if (reply.status !== 401) return reply
      // Revoked, or made before a permission was: one other token, once. A second refusal is the answer.
      const second = await token.getInsteadOf(first, signal)
      return next(withAuthorization(request, `Bearer ${second}`), signal)
    }
}

function withAuthorization(request: PostRequest, authorization: string): PostRequest {
  return { ...request, headers: { ...request.headers, Authorization: authorization } }
}

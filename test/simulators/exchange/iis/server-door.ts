import { randomBytes, randomUUID } from "node:crypto"
import type { IncomingHttpHeaders, IncomingMessage } from "node:http"
import { setTimeout as wait } from "node:timers/promises"
import type { Autodiscover } from "../autodiscover/autodiscover.ts"
import type { AccountSeed } from "../ews/accounts.ts"
import type { EwsFace } from "../ews/ews-face.ts"
import { releaseOf } from "../ews/server-version.ts"
import type { Reply } from "../graph/call.ts"
import type { Store } from "../store/store.ts"
import { affinity } from "./affinity.ts"
import type { DoorRules, FrontDoor, Headers } from "./front-door.ts"
import type { ExchangeServer } from "./server-settings.ts"

/** Exchange Server over HTTP: who is let in, what every answer carries, and which room a path leads to. */

type Parts = {
  readonly store: Store
  readonly server: ExchangeServer
  readonly front: FrontDoor
  readonly ews: EwsFace
  readonly autodiscover: Autodiscover
  /** Of the certificate that clients see. */
  readonly binding: Buffer
  /** How far away it is: every request takes so much longer. */
  readonly latencyMs: number
}

type Received = { readonly request: IncomingMessage; readonly text: string; readonly url: string }

const EWS = /^\/ews\/exchange\.asmx$/i
const AUTODISCOVER = /^\/autodiscover\/autodiscover\.(svc|xml)$/i

export class ServerDoor {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Whether a path is Exchange Server's. */
  owns(pathname: string): boolean {
    return EWS.test(pathname) || AUTODISCOVER.test(pathname)
  }

  /** The probe of a client that has found nothing over TLS; it never sends credentials. */
  answerPlain(pathname: string): Reply | undefined {
    const { httpRedirect } = this.#parts.server.settings
    if (httpRedirect === undefined || !AUTODISCOVER.test(pathname)) return undefined
    return { status: 302, headers: { location: httpRedirect } }
  }

  /** `url` is the request's own address, whole. */
  async answer({ request, text, url }: Received): Promise<Reply> {
    const { server, front, latencyMs } = this.#parts
    if (latencyMs > 0) await wait(latencyMs)
    const { socket, headers } = request
    const admission = front.admit({ socket, authorization: headers.authorization, url }, this.#rulesFor(url))
    if (admission.kind === "refused") {
      if (admission.why) server.noteRefusal(admission.why)
      return { status: 401, headers: { ...this.#common(headers), ...admission.headers } }
    }
    const reply = await this.#inside({ request, text, url }, admission.account)
    const common = { ...this.#common(headers), ...affinity(headers, admission.account, server.settings.backEnds) }
    return { ...reply, headers: { ...common, ...admission.headers, ...reply.headers } }
  }

  #rulesFor(url: string): DoorRules {
    const { server, binding } = this.#parts
    const { schemes, extendedProtection, tlsEndsAtProxy } = server.settings
    // Setup leaves Autodiscover's virtual directory without it.
    const protection = AUTODISCOVER.test(new URL(url).pathname) ? "off" : extendedProtection
    return { schemes, protection, binding: tlsEndsAtProxy ? PROXIED_BINDING : binding }
  }

  async #inside({ request, text, url }: Received, account: AccountSeed): Promise<Reply> {
    const { ews, autodiscover, server, store } = this.#parts
    const { pathname, origin } = new URL(url)
    const { method = "GET", headers } = request
    if (AUTODISCOVER.test(pathname)) return autodiscover.answer({ pathname, origin, method, text })
    const own = account.mailbox === undefined ? undefined : store.findMailbox(account.mailbox)
    if (server.settings.webServices !== "on" || own?.webServices === false) return { status: 403 }
    if (method === "GET") return { status: 200, body: SERVICE_PAGE }
    if (method !== "POST") return { status: 405, headers: { allow: "GET, POST" } }
    return ews.handle({ headers, text, account })
  }

  #common(headers: IncomingHttpHeaders): Headers {
    const { version } = this.#parts.server.settings
    const id = headers["client-request-id"]
    const wanted = headers["return-client-request-id"] === "true"
    return {
      server: "Microsoft-IIS/10.0",
      "request-id": randomUUID(),
      "x-owa-version": [...releaseOf(version).build, "10"].join("."),
      "x-feserver": FRONT_END,
      ...(wanted && typeof id === "string" ? { "client-request-id": id } : {}),
    }
  }
}

const FRONT_END = "EX01"
/** The binding of a certificate that only the proxy knows. */
const PROXIED_BINDING = randomBytes(16)
const SERVICE_PAGE = "<html><head><title>Service</title></head><body>You have created a service.</body></html>"

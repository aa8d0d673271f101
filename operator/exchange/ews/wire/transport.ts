import { randomUUID } from "node:crypto"
import { TemporaryError } from "../../../core/errors.ts"
import type { EwsVersion } from "../../../core/exchange-settings.ts"
import { retryAfterMs } from "../../../http/retry-after.ts"
import { sleep } from "../../clock.ts"
import type { ExchangeDeps } from "../../deps.ts"
import { Throttle } from "../../throttle.ts"
import { type Reply, timeLimit, userAgent } from "../../wire.ts"
import { type EwsAnswer, paceOutcome, pressingProblem, resultOf } from "./answer.ts"
import { openPost } from "./authentication.ts"
import { readEnvelope, writeEnvelope } from "./envelope.ts"
import type { Post } from "./post.ts"
import { readFault } from "./problem.ts"
import { readRefusal } from "./refusal.ts"
import { RefusedLogin } from "./refused-login.ts"
import type { WireSettings } from "./settings.ts"
import { SpokenVersion } from "./spoken-version.ts"
import { MalformedXmlError, readXml, type XmlElement } from "./xml-read.ts"
import type { XmlNode } from "./xml-write.ts"

/** `m:FindItem` …, in the words of the version it is sent in where these differ. */
export type EwsRequest = XmlNode | ((version: EwsVersion) => XmlNode)

/** One operation on one mailbox, before authentication, pacing and retries are added to it. */
export type EwsCall = {
  readonly request: EwsRequest
  /** Primary address: where the request is routed, and with impersonation whom it acts as. Absent: the account itself. */
  readonly mailbox: string | undefined
  /** For metrics: `list`, `write` … */
  readonly operation: string
  /** Changes something outside: the fence is asked right before it leaves. */
  readonly writes: boolean
  /** Asked again by the transport itself; false where the caller sorts out what a lost answer means. */
  readonly retry: boolean
  /** Its messages are about an item each: trouble with one is no reason to ask for all of them again. */
  readonly isPerItem?: boolean
  /** Asked although a log-in was just refused: to find out whether it still is. */
  readonly isProof?: boolean
}

type VersionedCall = EwsCall & { readonly version: EwsVersion }

export type EwsTransportDeps = Pick<ExchangeDeps, "clock" | "random" | "proxy" | "mayWrite" | "observe">

/** Long pages and full batches take their time; a connection that hangs must not hold a place for ever. */
const answerWithinMs = 90_000

/** Exchange Server over SOAP with one credential: every request of every operation goes through here. */
export class EwsTransport {
  readonly #deps: EwsTransportDeps
  readonly #settings: WireSettings
  readonly #throttle: Throttle
  readonly #post: Post
  readonly #version: SpokenVersion
  readonly #refusedLogin: RefusedLogin
  /** The version the server said last, `15.2.1544.9`. */
  serverVersion: string | undefined

  /** Throws a NeedsAttentionError when the CA bundle cannot be read. Sends nothing. */
  constructor(deps: EwsTransportDeps, settings: WireSettings) {
    this.#deps = deps
    this.#settings = settings
    this.#throttle = new Throttle({ ...deps, limits: settings.limits })
    this.#version = new SpokenVersion(settings.version)
    this.#refusedLogin = new RefusedLogin(deps.clock)
    this.#post = openPost(deps, settings)
  }

  /** What requests are written for; may turn out to be an older one with the first answer. */
  get version(): EwsVersion {
    return this.#version.current
  }

  /** The operation's response element. Throws the core error of whatever came instead. */
  async ask(call: EwsCall, signal: AbortSignal): Promise<XmlElement> {
    const { response, error } = resultOf(await this.answerTo(call, signal), call)
    if (response) return response
    throw error
  }

  /** What was said, for who has to tell one refusal from another. Throws when nothing was sent or it was aborted. */
  async answerTo(call: EwsCall, signal: AbortSignal): Promise<EwsAnswer> {
    for (let tries = 1; ; tries += 1) {
      const answer = await this.#attemptInSomeVersion(call, signal)
      const { error } = resultOf(answer, call)
      const pauseMs = error instanceof TemporaryError ? error.retryAfterMs : undefined
      const again = call.retry && error instanceof TemporaryError
      const delayMs = again ? this.#throttle.retryDelayMs(tries, pauseMs) : undefined
      if (delayMs === undefined) return answer
      await sleep(this.#deps.clock, delayMs, signal)
    }
  }

  close(): Promise<void> {
    return this.#post.close()
  }

  /** A request in a version the server does not know was not looked at, so that writes too are sent again. */
  async #attemptInSomeVersion(call: EwsCall, signal: AbortSignal): Promise<EwsAnswer> {
    for (;;) {
      const version = this.version
      const attempted = await this.#attempt({ ...call, version }, signal)
      const { problem, error } = attempted
      if (error !== undefined || !this.#version.isToBeChanged(version, problem)) return attempted
    }
  }

  async #attempt(call: VersionedCall, signal: AbortSignal): Promise<EwsAnswer> {
    const { clock, observe } = this.#deps
    const { mailbox, operation } = call
    const leave = await this.#throttle.enter({ mailbox: mailbox?.toLowerCase(), cost: 1 }, signal)
    const objection = call.isProof ? undefined : this.#refusedLogin.objection
    if (objection) {
      leave({ kind: "Abandoned" })
      throw objection
    }
    const startedAtMs = clock.monotonicMs()
    const attempted = await this.#send(call, signal)
    this.#refusedLogin.note(attempted)
    leave(paceOutcome(attempted, signal))
    const durationMs = clock.monotonicMs() - startedAtMs
    observe({ connection: this.#settings.name, operation, status: attempted.status, durationMs, cost: 1 })
    if (attempted.error !== undefined) signal.throwIfAborted()
    return attempted
  }

  /** Never rejects: the place must be given back whatever happens. */
  async #send(call: VersionedCall, signal: AbortSignal): Promise<EwsAnswer> {
    const { clock } = this.#deps
    const limit = timeLimit({ clock, ms: answerWithinMs, late: "Exchange did not answer in time" }, signal)
    try {
      return this.#understood(await this.#post.send(this.#written(call), limit.signal))
    } catch (error) {
      return { status: 0, error }
    } finally {
      limit.cancel()
    }
  }

  #written({ request, mailbox, writes, version }: VersionedCall): Parameters<Post["send"]>[0] {
    const operation = typeof request === "function" ? request(version) : request
    const body = writeEnvelope(operation, { version, actAs: this.#actAs(mailbox) })
    const headers = {
      "Content-Type": "text/xml; charset=utf-8",
      Accept: "text/xml",
      "Accept-Encoding": "gzip",
      "User-Agent": userAgent,
      ...(mailbox !== undefined && { "X-AnchorMailbox": encodeURI(mailbox) }),
      "client-request-id": randomUUID(),
      "return-client-request-id": "true",
    }
    const beforeSending = writes ? this.#deps.mayWrite : () => {}
    return { headers, body, beforeSending }
  }

  #actAs(mailbox: string | undefined): string | undefined {
    return this.#settings.access === "Impersonation" ? mailbox : undefined
  }

  #understood(reply: Reply): EwsAnswer {
    const { status, headers } = reply
    const pauseMs = retryAfterMs(headers.get("retry-after") ?? undefined, this.#deps.clock.now().epochMilliseconds)
    const envelope = envelopeIn(reply)
    this.serverVersion = envelope?.serverVersion ?? this.serverVersion
    if (envelope?.kind === "Fault") return { status, problem: readFault(envelope.fault, status, pauseMs) }
    if (!envelope || status !== 200) {
      const credential = this.#settings.credential.kind
      return { status, problem: { status, code: "", retryAfterMs: pauseMs, refusal: readRefusal(headers, credential) } }
    }
    return { status, response: envelope.response, problem: pressingProblem(envelope.response) }
  }
}

function envelopeIn({ bytes }: Reply): ReturnType<typeof readEnvelope> {
  try {
    return readEnvelope(readXml(new TextDecoder().decode(bytes)))
  } catch (error) {
    if (error instanceof MalformedXmlError) return undefined
    throw error
  }
}

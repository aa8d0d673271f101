import { randomBytes } from "node:crypto"
import type { Socket } from "node:net"
import { TLSSocket } from "node:tls"
import type { Dispatcher } from "undici"
import { TemporaryError } from "../../../core/errors.ts"
import type { UserCredential } from "../../../core/exchange-settings.ts"
import { type DispatcherOptions, openDispatcher } from "../../../http/client.ts"
import type { Clock } from "../../clock.ts"
import { MailboxGate } from "../../mailbox-gate.ts"
import type { Reply } from "../../wire.ts"
import { channelBindingOf, noChannelBinding } from "./channel-binding.ts"
import { authenticateMessage, NtlmChallengeError, negotiateMessage, readChallenge } from "./ntlm-message.ts"
import { type Post, type PostRequest, postOver } from "./post.ts"

type LaneOptions = {
  readonly url: string
  readonly credential: UserCredential
  readonly clock: Clock
  readonly dispatcherOptions: Omit<DispatcherOptions, "connections" | "onConnected">
}

/** One account has 27 requests at a time (EWSMaxConcurrency), shared with whoever else uses it. */
const mostLanes = 12

/** Where Windows authentication is narrowed down to Negotiate, servers take the messages of NTLM as they are in its name. */
type Scheme = "NTLM" | "Negotiate"

/** NTLM logs in a connection, not a request: each lane is one connection, lent to one request at a time. */
export class NtlmLanes implements Post {
  readonly #options: LaneOptions
  readonly #gate = new MailboxGate(mostLanes)
  readonly #all: NtlmLane[] = []
  #idle: readonly NtlmLane[] = []

  constructor(options: LaneOptions) {
    this.#options = options
  }

  async send(request: PostRequest, signal: AbortSignal): Promise<Reply> {
    const leave = await this.#gate.enter(1, signal)
    const lane = this.#take()
    try {
      return await lane.send(request, signal)
    } finally {
      this.#idle = [lane, ...this.#idle]
      leave()
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map(lane => lane.close()))
  }

  /** The one used last: its connection is the likeliest to be there still. */
  #take(): NtlmLane {
    const [known, ...others] = this.#idle
    if (known) {
      this.#idle = others
      return known
    }
    const opened = new NtlmLane(this.#options)
    this.#all.push(opened)
    return opened
  }
}

class NtlmLane {
  readonly #options: LaneOptions
  readonly #dispatcher: Dispatcher
  readonly #targetName: string
  /** Connections opened so far; behind a proxy they are not told of and the number stays. */
  #connection = 0
  #channelBinding: Buffer = noChannelBinding
  #loggedInOn: number | undefined
  #scheme: Scheme = "NTLM"

  constructor(options: LaneOptions) {
    this.#options = options
    this.#targetName = `HTTP/${new URL(options.url).hostname}`
    const onConnected = (socket: Socket) => this.#connected(socket)
    this.#dispatcher = openDispatcher({ ...options.dispatcherOptions, connections: 1, onConnected })
  }

  async send(request: PostRequest, signal: AbortSignal): Promise<Reply> {
    if (this.#loggedInOn === this.#connection) {
      const reply = await this.#post(request, undefined, signal)
      if (reply.status !== 401) return reply
    }
    return this.#logIn(request, signal)
  }

  close(): Promise<void> {
    return this.#dispatcher.destroy()
  }

  /** A connection that was replaced between challenge and answer is refused for that alone: once more. */
  async #logIn(request: PostRequest, signal: AbortSignal): Promise<Reply> {
    this.#loggedInOn = undefined
    for (let tries = 1; ; tries += 1) {
      const first = await this.#askForChallenge(request, signal)
      const challenge = first.status === 401 ? challengeIn(first, this.#scheme) : undefined
      if (!challenge) return first
      const challengedOn = this.#connection
      const reply = await this.#post(request, this.#answer(challenge), signal)
      if (reply.status !== 401) {
        this.#loggedInOn = this.#connection
        return reply
      }
      if (this.#connection === challengedOn || tries >= logInTries) return reply
    }
  }

  async #askForChallenge(request: PostRequest, signal: AbortSignal): Promise<Reply> {
    const bare = { ...request, body: "", beforeSending: () => {} }
    const first = await this.#post(bare, negotiateMessage(), signal)
    const instead = first.status === 401 ? otherScheme(first, this.#scheme) : undefined
    if (instead === undefined) return first
    this.#scheme = instead
    return this.#post(bare, negotiateMessage(), signal)
  }

  #answer(message: Buffer): Buffer {
    const { credential, clock } = this.#options
    return authenticateMessage({
      challenge: understood(message),
      credential,
      clientChallenge: randomBytes(8),
      now: clock.now(),
      targetName: this.#targetName,
      channelBinding: this.#channelBinding,
    })
  }

  #post(request: PostRequest, message: Buffer | undefined, signal: AbortSignal): Promise<Reply> {
    const authorization = message && { Authorization: `${this.#scheme} ${message.toString("base64")}` }
    const headers = { ...request.headers, ...authorization }
    return postOver({ dispatcher: this.#dispatcher, url: this.#options.url }, { ...request, headers }, signal)
  }

  #connected(socket: Socket): void {
    const certificate = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined
    this.#connection += 1
    this.#channelBinding = certificate ? channelBindingOf(certificate.raw) : noChannelBinding
  }
}

const logInTries = 2

function challengeIn({ headers }: Reply, scheme: Scheme): Buffer | undefined {
  const pattern = new RegExp(`(?:^|,)\\s*${scheme}\\s+([A-Za-z0-9+/=]+)`, "i")
  const token = pattern.exec(headers.get("www-authenticate") ?? "")?.[1]
  return token === undefined ? undefined : Buffer.from(token, "base64")
}

/** The other of the two, where it alone is offered. */
function otherScheme({ headers }: Reply, scheme: Scheme): Scheme | undefined {
  const other = scheme === "NTLM" ? "Negotiate" : "NTLM"
  const offered = headers.get("www-authenticate") ?? ""
  const offers = (name: Scheme) => new RegExp(`(?:^|,)\\s*${name}\\b`, "i").test(offered)
  return offers(other) && !offers(scheme) ? other : undefined
}

function understood(message: Buffer): ReturnType<typeof readChallenge> {
  try {
    return readChallenge(message)
  } catch (cause) {
    if (!(cause instanceof NtlmChallengeError)) throw cause
    throw new TemporaryError("the server's NTLM challenge cannot be read", { reason: "Unreachable", cause })
  }
}

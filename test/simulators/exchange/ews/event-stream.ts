import type { VirtualClock } from "../store/clock.ts"
import { responseMessage, streamedEnvelope } from "./envelope.ts"
import { EwsError } from "./ews-error.ts"
import { el, type Markup } from "./markup.ts"
import type { ServerVersion } from "./server-version.ts"
import type { Session } from "./session.ts"
import { ownSubscription } from "./subscribe.ts"
import type { Subscription } from "./subscriptions.ts"
import { childOf, textOf, type XmlElement } from "./xml.ts"

/**
 * One long answer made of whole envelopes, one behind the other.
 * https://learn.microsoft.com/exchange/client-developer/web-service-reference/getstreamingevents-operation
 */

/** Where the envelopes of a stream go. */
export type Sink = {
  write(text: string): void
  end(): void
  /** When the client has gone, or the stream has ended. */
  onClose(listener: () => void): void
}

const MINUTE_MS = 60_000
/** Clients take a stream for dead that says nothing for longer; nobody documents how often a server speaks. */
const KEEP_ALIVE_MS = 45_000
const MAXIMUM_SUBSCRIPTIONS = 200
/** How often the clock is looked at when nobody turns it. */
const LOOK_MS = 1_000

/** Whose streams are open: a subscription has one stream, and a second takes it over. */
export type OpenStreams = Map<Subscription, EventStream>

type Given = { readonly session: Session; readonly request: XmlElement; readonly version: ServerVersion }

/** Opens a stream, or says in one envelope why not. */
export function openStream(given: Given, open: OpenStreams): (sink: Sink) => void {
  const { session, request, version } = given
  const ids = childOf(request, "SubscriptionIds")?.children.map(({ text }) => text.trim()) ?? []
  const found = subscriptionsNamed(session, ids)
  if (found instanceof Refused)
    return sink => {
      sink.write(envelopeOf(refusal(found), version))
      sink.end()
    }
  const minutes = Number(textOf(request, "ConnectionTimeout"))
  return sink => new EventStream({ sink, version, clock: session.store.clock, minutes, open }).start(found)
}

class Refused {
  readonly error: EwsError
  readonly ids: readonly string[]

  constructor(error: EwsError, ids: readonly string[]) {
    this.error = error
    this.ids = ids
  }
}

function subscriptionsNamed(session: Session, ids: readonly string[]): readonly Subscription[] | Refused {
  if (ids.length > MAXIMUM_SUBSCRIPTIONS)
    return new Refused(
      new EwsError("ErrorInvalidSubscription", "There are too many subscriptions in the request."),
      ids,
    )
  const found: Subscription[] = []
  const unknown: string[] = []
  let why: EwsError | undefined
  for (const id of ids)
    try {
      found.push(ownSubscription(session, id))
    } catch (error) {
      if (!(error instanceof EwsError)) throw error
      why ??= error
      unknown.push(id)
    }
  return why ? new Refused(why, unknown) : found
}

function refusal({ error, ids }: Refused): Markup {
  const list = ids.map(id => el("t:SubscriptionId", {}, id))
  return message({ error, content: [el("m:ErrorSubscriptionIds", {}, list)] })
}

function message({ error, content }: { readonly error?: EwsError; readonly content: readonly Markup[] }): Markup {
  const outcome = error ? "Error" : "Success"
  return responseMessage("GetStreamingEvents", { outcome, ...(error ? { error } : {}), content })
}

function envelopeOf(response: Markup, version: ServerVersion): string {
  const body = el("m:GetStreamingEventsResponse", {}, el("m:ResponseMessages", {}, response))
  return streamedEnvelope(body, version)
}

type StreamParts = {
  readonly sink: Sink
  readonly version: ServerVersion
  readonly clock: VirtualClock
  readonly minutes: number
  readonly open: OpenStreams
}

class EventStream {
  readonly #parts: StreamParts
  readonly #endMs: number
  #subscriptions: readonly Subscription[] = []
  #spokeMs: number
  #stopTicking: () => void = () => undefined

  constructor(parts: StreamParts) {
    this.#parts = parts
    const nowMs = parts.clock.now()
    this.#spokeMs = nowMs
    this.#endMs = nowMs + parts.minutes * MINUTE_MS
  }

  start(subscriptions: readonly Subscription[]): void {
    const { sink, clock, open } = this.#parts
    this.#subscriptions = subscriptions
    for (const subscription of subscriptions) {
      open.get(subscription)?.giveUp()
      open.set(subscription, this)
      subscription.onEvent = () => queueMicrotask(() => this.#tell(subscription))
    }
    const timer = setInterval(() => this.#tick(), LOOK_MS).unref()
    const stopListening = clock.onJump(() => this.#tick())
    this.#stopTicking = () => {
      clearInterval(timer)
      stopListening()
    }
    sink.onClose(() => this.#close())
    this.#say([status("OK")])
    for (const subscription of subscriptions) this.#tell(subscription)
  }

  /** Another stream has taken one of its subscriptions. */
  giveUp(): void {
    const taken = this.#subscriptions.map(({ id }) => id)
    const error = new EwsError(
      "ErrorNewEventStreamConnectionOpened",
      "Another connection was opened to this subscription, so this connection is no longer valid.",
    )
    this.#write(refusal(new Refused(error, taken)))
    this.#parts.sink.end()
    this.#close()
  }

  #tick(): void {
    const nowMs = this.#parts.clock.now()
    if (nowMs >= this.#endMs) {
      this.#say([status("Closed")])
      this.#parts.sink.end()
      this.#close()
    } else if (nowMs - this.#spokeMs >= KEEP_ALIVE_MS) this.#say([status("OK")])
  }

  /** Everything a subscription has to tell, in pieces. */
  #tell(subscription: Subscription): void {
    if (this.#parts.open.get(subscription) !== this) return
    try {
      for (let events = subscription.take(); events.length > 0; events = subscription.take()) {
        const elements = events.map(event => event.element(undefined))
        const id = el("t:SubscriptionId", {}, subscription.id)
        this.#say([el("m:Notifications", {}, el("t:Notification", {}, id, elements))])
      }
    } catch (error) {
      if (!(error instanceof EwsError)) throw error
      this.#write(refusal(new Refused(error, [subscription.id])))
    }
  }

  #say(content: readonly Markup[]): void {
    this.#write(message({ content }))
  }

  #write(response: Markup): void {
    this.#spokeMs = this.#parts.clock.now()
    this.#parts.sink.write(envelopeOf(response, this.#parts.version))
  }

  #close(): void {
    this.#stopTicking()
    for (const subscription of this.#subscriptions) {
      if (this.#parts.open.get(subscription) !== this) continue
      this.#parts.open.delete(subscription)
      subscription.onEvent = undefined
      subscription.usedMs = this.#parts.clock.now()
    }
  }
}

function status(word: "OK" | "Closed"): Markup {
  return el("m:ConnectionStatus", {}, word)
}

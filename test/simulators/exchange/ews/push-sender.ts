import { request } from "undici"
import { envelope, responseMessage } from "./envelope.ts"
import { el, type Markup } from "./markup.ts"
import { notification } from "./notification.ts"
import type { Session } from "./session.ts"
import type { Subscription } from "./subscriptions.ts"
import { parseXml, textOf } from "./xml.ts"

/** How often the clock is looked at when nobody turns it. */
const LOOK_MS = 250
const PATIENCE_MS = 10_000

type Given = Pick<Session, "store" | "subscriptions">

/**
 * Tells a client that has a server of its own: what happens, and now and then that nothing does. A client that answers
 * Unsubscribe, or not at all for as long as its StatusFrequency, is told no more.
 * https://learn.microsoft.com/exchange/client-developer/web-service-reference/sendnotification
 */
export class PushSender {
  readonly #subscription: Subscription
  readonly #url: string
  readonly #given: Given
  #told = 0
  #heardMs: number
  #isSending = false
  #stop: () => void = () => undefined

  constructor(subscription: Subscription, url: string, given: Given) {
    this.#subscription = subscription
    this.#url = url
    this.#given = given
    this.#heardMs = given.store.clock.now()
  }

  start(): void {
    const { clock } = this.#given.store
    const timer = setInterval(() => this.#tick(), LOOK_MS).unref()
    const stopListening = clock.onJump(() => this.#tick())
    this.#subscription.onEvent = () => void this.#send()
    this.#stop = () => {
      clearInterval(timer)
      stopListening()
      this.#subscription.onEvent = undefined
      this.#given.subscriptions.remove(this.#subscription)
    }
    void this.#send()
  }

  #tick(): void {
    const silentMs = this.#given.store.clock.now() - this.#heardMs
    if (silentMs > 2 * this.#subscription.wanted.idleMs) this.#stop()
    else if (silentMs >= this.#subscription.wanted.idleMs) void this.#send()
  }

  /** One notification after the other, until everything is told. */
  async #send(): Promise<void> {
    if (this.#isSending) return
    this.#isSending = true
    try {
      for (let isMore = true; isMore; ) isMore = await this.#tell()
    } finally {
      this.#isSending = false
    }
  }

  /** Whether there is more to tell to one who listens. */
  async #tell(): Promise<boolean> {
    const { element, last } = notification(this.#subscription, this.#told)
    const sentMs = this.#given.store.clock.now()
    const status = await statusOf(this.#url, envelopeAround(element))
    if (status === undefined) return false
    if (status !== "OK") {
      this.#stop()
      return false
    }
    this.#told = last
    this.#heardMs = sentMs
    return last < this.#subscription.lastNumber
  }
}

function envelopeAround(element: Markup): string {
  const message = responseMessage("SendNotification", { outcome: "Success", content: [element] })
  return envelope(el("m:SendNotification", {}, el("m:ResponseMessages", {}, message)), "15.2")
}

/** What the client says of it, or undefined when nobody is there. */
async function statusOf(url: string, body: string): Promise<string | undefined> {
  const headers = { "content-type": "text/xml; charset=utf-8" }
  const signal = AbortSignal.timeout(PATIENCE_MS)
  try {
    const answer = await request(url, { method: "POST", headers, body, signal })
    const root = parseXml(await answer.body.text())
    return textOf(root, "Body", "SendNotificationResult", "SubscriptionStatus")
  } catch {
    return undefined
  }
}

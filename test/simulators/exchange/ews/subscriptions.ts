import { randomUUID } from "node:crypto"
import type { Mailbox } from "../store/mailbox.ts"
import type { Change, Store } from "../store/store.ts"
import { EwsError } from "./ews-error.ts"
import { eventsOf, type StoreEvent } from "./store-events.ts"

/** Who wants to hear of changes: https://learn.microsoft.com/exchange/client-developer/exchange-web-services/notification-subscriptions-mailbox-events-and-ews-in-exchange */

export type Wanted = {
  readonly kind: "streaming" | "pull" | "push"
  readonly mailbox: Mailbox
  readonly folders: ReadonlySet<number> | "all"
  readonly types: ReadonlySet<string>
  /** How long it lives without being asked. */
  readonly idleMs: number
}

type Numbered = { readonly number: number; readonly event: StoreEvent }

/** What one notification holds at most. */
const EVENTS_AT_ONCE = 50

/** One subscription and what has happened that its owner was not told. */
export class Subscription {
  readonly id: string
  readonly wanted: Wanted
  usedMs: number
  /** Called when something has happened; at most one listens. */
  onEvent: (() => void) | undefined
  #events: Numbered[] = []
  #next = 1
  #missed = false

  constructor(wanted: Wanted, nowMs: number) {
    this.id = randomUUID()
    this.wanted = wanted
    this.usedMs = nowMs
  }

  /** Notes an event if it is wanted; with too many, the oldest are lost and that is said. */
  note(event: StoreEvent, kept: number): void {
    const { folders, types } = this.wanted
    if (!types.has(event.type)) return
    if (folders !== "all" && !event.folders.some(folder => folders.has(folder))) return
    this.#events.push({ number: this.#next++, event })
    if (this.#events.length > kept) {
      this.#events = this.#events.slice(-kept)
      this.#missed = true
    }
    this.onEvent?.()
  }

  get lastNumber(): number {
    return this.#next - 1
  }

  /** What happened after a number, without forgetting it; what was told before is forgotten. */
  after(number: number): { readonly events: readonly Numbered[]; readonly more: boolean } {
    this.#refuseMissed()
    this.#events = this.#events.filter(known => known.number > number)
    return { events: this.#events.slice(0, EVENTS_AT_ONCE), more: this.#events.length > EVENTS_AT_ONCE }
  }

  /** What happened since it was last taken. */
  take(): readonly StoreEvent[] {
    this.#refuseMissed()
    return this.#events.splice(0, EVENTS_AT_ONCE).map(({ event }) => event)
  }

  #refuseMissed(): void {
    if (!this.#missed) return
    this.#missed = false
    this.#events = []
    throw new EwsError("ErrorMissedNotificationEvents", "Notification events were missed.")
  }
}

export class EwsSubscriptions {
  readonly #store: Store
  readonly #subscriptions = new Map<string, Subscription>()

  constructor(store: Store) {
    this.#store = store
    store.onChange(change => this.#note(change))
  }

  add(wanted: Wanted): Subscription {
    const subscription = new Subscription(wanted, this.#store.clock.now())
    this.#subscriptions.set(subscription.id, subscription)
    return subscription
  }

  /** A subscription that is alive, and is now in use again. */
  find(id: string): Subscription | undefined {
    const found = this.#subscriptions.get(id)
    const nowMs = this.#store.clock.now()
    if (found && !found.onEvent && nowMs - found.usedMs > found.wanted.idleMs) this.remove(found)
    else if (found) found.usedMs = nowMs
    return this.#subscriptions.get(id)
  }

  remove({ id }: Subscription): void {
    this.#subscriptions.delete(id)
  }

  #note(change: Change): void {
    const own = [...this.#subscriptions.values()].filter(({ wanted }) => wanted.mailbox === change.mailbox)
    if (own.length === 0) return
    const { switches, clock } = this.#store
    const events = eventsOf(change, { nowMs: clock.now(), noise: switches.notificationNoise })
    for (const subscription of own)
      for (const event of events) subscription.note(event, switches.eventsKeptPerSubscription)
  }
}

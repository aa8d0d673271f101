import type { CalendarEvent } from "../../operator/core/event.ts"
import type { Random } from "./random.ts"

/** What makes one event of a source, whatever it is about. */
type MakeEvent = (key: string, random: Random) => CalendarEvent

/** A source that changes at random: events come, change, go and get other keys. */
export class RandomSource {
  readonly #make: MakeEvent
  readonly #mostEvents: number
  readonly #keyPrefix: string
  readonly #events = new Map<string, CalendarEvent>()
  #keys = 0

  constructor({
    make,
    mostEvents,
    keyPrefix = "key",
  }: {
    readonly make: MakeEvent
    readonly mostEvents: number
    readonly keyPrefix?: string
  }) {
    this.#make = make
    this.#mostEvents = mostEvents
    this.#keyPrefix = keyPrefix
  }

  get events(): readonly CalendarEvent[] {
    return [...this.#events.values()]
  }

  get keys(): readonly string[] {
    return [...this.#events.keys()]
  }

  add(random: Random): void {
    if (this.#events.size >= this.#mostEvents) return
    const key = this.#nextKey()
    this.#events.set(key, this.#make(key, random))
  }

  /** Another event under the same key. */
  replace(random: Random): void {
    this.change(random, ({ key }) => this.#make(key, random))
  }

  /** Some event, changed in part. */
  change(random: Random, change: (event: CalendarEvent) => CalendarEvent): void {
    const event = random.pick(this.events)
    if (event) this.#events.set(event.key, change(event))
  }

  /** As feeds do that make up their keys at every export. */
  rekey(random: Random): void {
    const event = random.pick(this.events)
    if (!event) return
    this.#events.delete(event.key)
    const key = this.#nextKey()
    this.#events.set(key, { ...event, key })
  }

  remove(random: Random): void {
    this.#events.delete(random.pick(this.keys) ?? "")
  }

  #nextKey(): string {
    return `${this.#keyPrefix}-${this.#keys++}`
  }
}

import type { CalendarEvent } from "../../operator/core/event.ts"
import { fingerprint } from "../../operator/core/fingerprint.ts"
import { checkOf, keyHash, type Mark } from "../../operator/core/origin.ts"
import type { Calendar, CreateItem, ExchangeConnection, StoredEvent } from "../../operator/core/ports.ts"
import { openConnection } from "../../operator/exchange/index.ts"
import { hurriedClock } from "../exchange/hurried-clock.ts"
import { ewsSettingsFor, ownCalendar } from "../exchange/simulated.ts"
import type { RunningExchange } from "../simulators/exchange/start-exchange.ts"
import { service } from "./judged-servers.ts"

/** calsync's own hand on a mailbox of a judged server. */

/** All that is written here lies in it. */
export const year = { start: "2026-01-01T00:00:00Z", end: "2027-01-01T00:00:00Z" }
export const window = { start: Temporal.Instant.from(year.start), end: Temporal.Instant.from(year.end) }
const signal = new AbortController().signal

export function connect(exchange: RunningExchange, kind: "basic" | "ntlm" = "basic"): ExchangeConnection {
  const [domain = "", username = ""] = service.name.split("\\")
  const credential = { kind, domain, username, password: service.password }
  const open = openConnection({
    clock: hurriedClock,
    random: () => 0.5,
    proxy: {},
    mayWrite: () => {},
    observe: () => {},
    log: { debug() {}, warn() {} },
  })
  return open(ewsSettingsFor(exchange, { credential }))
}

export class JudgedCalendar {
  readonly #calendar: Calendar

  constructor(connection: ExchangeConnection, address: string) {
    this.#calendar = connection.mailbox({ address, calendar: ownCalendar })
  }

  canStore(event: CalendarEvent): boolean {
    return event.recurrence === undefined || this.#calendar.canStoreSeries(event, window)
  }

  /** What is to be listed once the event is stored. */
  promised(event: CalendarEvent): string {
    return fingerprint(this.#calendar.normalize(event))
  }

  /** Throws what went wrong with the first that did. */
  async create(events: readonly CalendarEvent[]): Promise<readonly CreateItem[]> {
    const items = events.map(event => ({ event, mark: this.mark(event), idempotencyKey: event.key }))
    for (const outcome of (await this.#calendar.writer?.create(items, signal)) ?? [])
      if (!outcome.ok) throw outcome.error
    return items
  }

  /** Gives the error where there was one. */
  async update({ id, version }: StoredEvent, event: CalendarEvent): Promise<Error | undefined> {
    const outcomes = await this.#calendar.writer?.update([{ id, version, event, mark: this.mark(event) }], signal)
    return outcomes?.map(outcome => (outcome.ok ? undefined : outcome.error))[0]
  }

  async remove(stored: StoredEvent): Promise<boolean | undefined> {
    const outcomes = await this.#calendar.writer?.remove([stored], signal)
    return outcomes?.[0]?.ok
  }

  async list(): Promise<readonly StoredEvent[]> {
    const listing = await this.#calendar.list({ window, includeForeign: true, fresh: true }, signal)
    if (listing.problems.length > 0) throw new Error(`${listing.problems.length} could not be read`)
    return listing.events
  }

  /** By the key it was created under. */
  async copy(key: string): Promise<StoredEvent> {
    const found = (await this.list()).find(({ mark }) => mark?.key === keyHash(key))
    if (!found) throw new Error(`no copy of ${key}`)
    return found
  }

  mark(event: CalendarEvent): Mark {
    return {
      installation: "interop",
      cluster: "cluster-a",
      owner: "owner",
      key: keyHash(event.key),
      fingerprint: this.promised(event),
      writtenAt: Temporal.Instant.from("2026-11-21T12:00:00Z"),
      check: checkOf(event.key),
    }
  }
}

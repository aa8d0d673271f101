import { readFileSync } from "node:fs"
import type { CalendarEvent } from "../../operator/core/event.ts"
import type { EwsSettings } from "../../operator/core/exchange-settings.ts"
import { fingerprint } from "../../operator/core/fingerprint.ts"
import { checkOf, keyHash, type Mark } from "../../operator/core/origin.ts"
import type { Calendar, CalendarWriter, Listing, StoredEvent, WriteOutcome } from "../../operator/core/ports.ts"
import { openConnection } from "../../operator/exchange/index.ts"
import { boundHeapGrowth } from "../../operator/heap-growth.ts"
import { systemClock } from "../../operator/runtime/clock.ts"
import { type BenchItem, benchItems } from "./item.ts"
import type { Job } from "./job.ts"
import { phase, readJob, sayLoaded, sayPeak } from "./phases.ts"

/** calsync's Calendar over Exchange Server, as the operator opens it, without the operator around it. */

boundHeapGrowth()
const signal = new AbortController().signal
const window = {
  start: Temporal.Instant.from("2026-12-01T00:00:00Z"),
  end: Temporal.Instant.from("2028-12-01T00:00:00Z"),
}

async function run(job: Job): Promise<void> {
  const connection = openConnection({
    clock: systemClock,
    random: Math.random,
    proxy: {},
    mayWrite: () => {},
    observe: () => {},
    log: { debug() {}, warn() {} },
  })(settingsOf(job))
  const calendar = connection.mailbox({ address: job.mailbox, calendar: { kind: "Default" } })
  sayLoaded()
  await work(calendar, benchItems(job.count))
  sayPeak()
  await connection.close()
}

/** Each in a function of its own: like a pass of the operator, it holds what it is about to write and nothing from before. */
async function work(calendar: Calendar, items: readonly BenchItem[]): Promise<void> {
  const writer = writerOf(calendar)
  whole(0, await list(calendar, { fresh: false })) // a pass looks before it writes
  await create({ calendar, writer }, items)
  whole(items.length, await phase("list", () => list(calendar, { fresh: true })))
  const again = await phase("again", () => list(calendar, { fresh: false }))
  const updated = await update({ calendar, writer }, items, whole(items.length, again))
  done(items.length, await phase("remove", () => writer.remove(updated, signal)))
}

type Writable = { readonly calendar: Calendar; readonly writer: CalendarWriter }
type Version = { readonly id: string; readonly version: string }

async function create({ calendar, writer }: Writable, items: readonly BenchItem[]): Promise<void> {
  const creates = items.map((item, index) => {
    const event = eventOf(item, index, item.location)
    return { event, mark: markOf(calendar, event, "2026-12-01T00:00:00Z"), idempotencyKey: `bench-${index}` }
  })
  done(items.length, await phase("create", () => writer.create(creates, signal)))
}

async function update(
  { calendar, writer }: Writable,
  items: readonly BenchItem[],
  copies: readonly StoredEvent[],
): Promise<readonly Version[]> {
  const stored = new Map(copies.map(copy => [copy.mark?.key, copy]))
  const updates = items.map((item, index) => {
    const event = eventOf(item, index, item.newLocation)
    const mark = markOf(calendar, event, "2026-12-02T00:00:00Z")
    return { ...versionIn(stored, mark.key), event, mark }
  })
  return done(items.length, await phase("update", () => writer.update(updates, signal)))
}

function settingsOf({ url, caFile, domain, username, password }: Job): EwsSettings {
  return {
    kind: "ews",
    name: "bench/exchange",
    url,
    access: "Impersonation",
    credential: { kind: "basic", domain, username, password },
    caBundlePem: readFileSync(caFile, "utf8"),
    limits: { concurrencyPerMailbox: 4, requestsPerSecond: 1000 },
  }
}

function list(calendar: Calendar, { fresh }: { readonly fresh: boolean }): Promise<Listing> {
  return calendar.list({ window, includeForeign: false, fresh }, signal)
}

function writerOf({ writer }: Calendar): CalendarWriter {
  if (!writer) throw new Error("the calendar cannot be written")
  return writer
}

function eventOf({ subject, body, start, end, zone }: BenchItem, index: number, location: string): CalendarEvent {
  const at = (text: string) => Temporal.PlainDateTime.from(text).toZonedDateTime(zone)
  return {
    key: `bench-${index}`,
    subject,
    location,
    body: { contentType: "text", content: body },
    time: { allDay: false, start: at(start), end: at(end) },
  }
}

function markOf(calendar: Calendar, event: CalendarEvent, writtenAt: string): Mark {
  return {
    installation: "bench",
    cluster: "cluster-a",
    owner: "o".repeat(16),
    key: keyHash(event.key),
    fingerprint: fingerprint(calendar.normalize(event)),
    writtenAt: Temporal.Instant.from(writtenAt),
    check: checkOf(event.key),
  }
}

function versionIn(stored: ReadonlyMap<string | undefined, StoredEvent>, key: string): Version {
  const copy = stored.get(key)
  if (!copy) throw new Error("a copy that was made is not in the listing")
  return { id: copy.id, version: copy.version }
}

function done(count: number, outcomes: readonly WriteOutcome[]): readonly Version[] {
  const good = outcomes.filter(outcome => outcome.ok)
  if (good.length === count) return good
  const failure = outcomes.find(outcome => !outcome.ok)
  throw new Error(`${good.length} of ${count} were done`, { cause: failure?.error })
}

function whole(count: number, { events, complete }: Listing): readonly StoredEvent[] {
  if (!complete || events.length !== count) throw new Error(`${events.length} of ${count} were listed`)
  return events
}

await run(readJob())

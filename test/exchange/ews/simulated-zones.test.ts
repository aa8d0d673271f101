import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import type { CalendarEvent } from "../../../operator/core/event.ts"
import type { EwsVersion } from "../../../operator/core/exchange-settings.ts"
import { fingerprint } from "../../../operator/core/fingerprint.ts"
import type { ExchangeConnection } from "../../../operator/core/ports.ts"
import { openConnection } from "../../../operator/exchange/index.ts"
import { holiday, lesson, weekly } from "../../fakes/lesson.ts"
import { type RunningExchange, startExchange } from "../../simulators/exchange/start-exchange.ts"
import { createItem, signal, written } from "../copies.ts"
import { hurriedClock } from "../hurried-clock.ts"
import { addServiceAccount, ewsSettingsFor, ownCalendar } from "../simulated.ts"

const window = {
  start: Temporal.Instant.from("2026-01-01T00:00Z"),
  end: Temporal.Instant.from("2027-12-01T00:00Z"),
}
/** Far ones, and those that leave out a midnight. */
const mailboxZones = [
  ["Romance Standard Time", "Europe/Paris"],
  ["New Zealand Standard Time", "Pacific/Auckland"],
  ["Eastern Standard Time", "America/New_York"],
  ["Line Islands Standard Time", "Pacific/Kiritimati"],
  ["Dateline Standard Time", "Etc/GMT+12"],
  ["Egypt Standard Time", "Africa/Cairo"],
  ["Pacific SA Standard Time", "America/Santiago"],
] as const
const versions: readonly EwsVersion[] = ["Exchange2007_SP1", "Exchange2010_SP2", "Exchange2016"]
/** Around the days on which clocks change, somewhere. */
const days = ["2026-03-08", "2026-03-29", "2026-04-05", "2026-04-24", "2026-09-06", "2026-10-25", "2026-10-30"]
const eventZones = ["Europe/Copenhagen", "America/New_York", "Pacific/Auckland", "Australia/Lord_Howe"]
const starts = ["2026-03-06T08:00", "2026-03-24T02:30", "2026-10-19T00:00", "2026-10-24T23:30"]

let exchange: RunningExchange
const opened: ExchangeConnection[] = []

before(async () => {
  exchange = await startExchange()
  addServiceAccount(exchange)
})
after(async () => {
  await Promise.all(opened.map(connection => connection.close()))
  await exchange.close()
})

describe("whatever clocks do, a mailbox holds what was written, read by another process", () => {
  for (const version of versions)
    for (const [windows, timeZone] of mailboxZones)
      test(`in ${timeZone}, in the words of ${version}`, async () => {
        const address = exchange.admin.addMailbox({ address: addressIn(windows, version), timeZone: windows }).address
        const [calendar, another] = [connect(timeZone, version), connect(timeZone, version)].map(connection =>
          connection.mailbox({ address, calendar: ownCalendar }),
        )
        assert.ok(calendar && another)
        const events = allEvents().filter(event => !event.recurrence || calendar.canStoreSeries(event, window))
        await written(calendar, events)

        const { events: copies } = await another.list({ window, includeForeign: false, fresh: false }, signal)

        const wanted = events.map(event => [
          createItem(calendar, event).mark.key,
          fingerprint(calendar.normalize(event)),
        ])
        assert.ok(events.length > 40)
        assert.deepEqual(
          new Map(copies.map(({ mark, fingerprint }) => [mark?.key ?? "", fingerprint])),
          new Map(wanted.map(([key = "", print = ""]) => [key, print])),
        )
        assert.deepEqual(daysShown(address), daysOf(events), "days are those days to who looks at the mailbox")
      })
})

function allEvents(): readonly CalendarEvent[] {
  const wholeDays = days.flatMap(date => {
    const event = holiday({ key: `day ${date}`, date })
    return [event, weekly({ ...event, key: `days ${date}` }), holiday({ key: `long ${date}`, date, days: 3 })]
  })
  const timed = eventZones.flatMap(zone =>
    starts.flatMap(wall => {
      const start = Temporal.PlainDateTime.from(wall).toZonedDateTime(zone)
      const time = { allDay: false, start, end: start.add({ minutes: 45 }) } as const
      return [
        { ...lesson({ key: `lesson ${zone} ${wall}` }), time },
        weekly({ ...lesson({ key: `lessons ${zone} ${wall}` }), time }, { count: 40 }),
      ]
    }),
  )
  return [...wholeDays, ...timed]
}

function daysOf(events: readonly CalendarEvent[]): readonly string[] {
  return events.flatMap(({ time }) => (time.allDay ? [`${time.start} ${time.end}`] : [])).toSorted()
}

function daysShown(address: string): readonly string[] {
  const date = (at: unknown) => /\d{4}-\d{2}-\d{2}(?=T00:00:00)/.exec(JSON.stringify(at))?.[0] ?? "no midnight"
  const all = exchange.admin.events(address).filter(({ isAllDay }) => isAllDay === true)
  return all.map(({ start, end }) => `${date(start)} ${date(end)}`).toSorted()
}

function connect(timeZone: string, version: EwsVersion): ExchangeConnection {
  const deps = { clock: hurriedClock, random: () => 0.5, proxy: {}, mayWrite() {}, observe() {} }
  const open = openConnection({ ...deps, log: { debug() {}, warn() {} } })
  const connection = open(ewsSettingsFor(exchange, { timeZone, version }))
  opened.push(connection)
  return connection
}

function addressIn(zone: string, version: string): string {
  return `${zone} ${version}@contoso.example`.replaceAll(" ", ".").toLowerCase()
}

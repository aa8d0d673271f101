import { after, before } from "node:test"
import type { CalendarEvent, EventContent } from "../../../operator/core/event.ts"
import type { CalendarChoice, ExchangeConnection } from "../../../operator/core/ports.ts"
import { writeContent, writeEvent } from "../../../operator/exchange/graph/write-event.ts"
import { openConnection } from "../../../operator/exchange/index.ts"
import { seriesOf } from "../../../operator/exchange/normal-form.ts"
import { calendarContract } from "../../contracts/calendar.ts"
import { type RunningExchange, startExchange } from "../../simulators/exchange/start-exchange.ts"
import { hurriedClock } from "../hurried-clock.ts"
import { addServiceAccount, ewsSettingsFor, ownCalendar } from "../simulated.ts"

let exchange: RunningExchange
let connection: ExchangeConnection
let mailboxes = 0

before(async () => {
  exchange = await startExchange()
  addServiceAccount(exchange)
  const deps = { clock: hurriedClock, random: () => 0.5, proxy: {}, mayWrite() {}, observe() {} }
  connection = openConnection({ ...deps, log: { debug() {}, warn() {} } })(ewsSettingsFor(exchange))
})

after(async () => {
  await connection.close()
  await exchange.close()
})

const choices: readonly (readonly [string, CalendarChoice])[] = [
  ["the mailbox's own calendar on Exchange Server", ownCalendar],
  ["a named calendar on Exchange Server", { kind: "Named", name: "Timetable & duties" }],
]

for (const [name, calendar] of choices) {
  calendarContract(name, async () => {
    const { admin } = exchange
    mailboxes += 1
    const { address } = admin.addMailbox({ address: `person-${mailboxes}@contoso.example` })
    const folder = calendar.kind === "Named" ? calendar.name : undefined
    return {
      calendar: connection.mailbox({ address, calendar }),
      user: {
        add: async (event: CalendarEvent) => {
          if (folder !== undefined && !admin.calendars(address).includes(folder)) admin.addCalendar(address, folder)
          return admin.createEvent(address, writeEvent(event, seriesOf(event, "graph")), folder)
        },
        edit: async (id: string, change: Partial<EventContent>) =>
          admin.updateEvent(address, restId(id), edited(change)),
        remove: async (id: string) => admin.deleteEvent(address, restId(id)),
        duplicate: async (id: string) => void admin.copyEvent(address, restId(id)),
      },
      close: async () => {},
    }
  })
}

/** The two protocols write one id in two alphabets. */
function restId(id: string): string {
  return id.replaceAll("/", "-").replaceAll("+", "_")
}

/** Only what a person changed. */
function edited(change: Partial<EventContent>): Record<string, unknown> {
  const whole = writeContent({ subject: "", time: epoch, ...change })
  const names = Object.keys(change).flatMap(name => (name === "time" ? ["start", "end", "isAllDay"] : [name]))
  return Object.fromEntries(names.map(name => [name, whole[name]]))
}

const epoch = {
  allDay: true,
  start: Temporal.PlainDate.from("2026-01-01"),
  end: Temporal.PlainDate.from("2026-01-02"),
} as const

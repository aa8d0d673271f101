import { after, before, describe } from "node:test"
import type { CalendarEvent, EventContent } from "../../../operator/core/event.ts"
import type { CalendarChoice, ExchangeConnection } from "../../../operator/core/ports.ts"
import { writeContent, writeEvent } from "../../../operator/exchange/graph/write-event.ts"
import { openConnection } from "../../../operator/exchange/index.ts"
import { seriesOf } from "../../../operator/exchange/normal-form.ts"
import { calendarContract, type OpenedCalendar } from "../../contracts/calendar.ts"
import type { Admin } from "../../simulators/exchange/admin.ts"
import type { ServerVersion } from "../../simulators/exchange/ews/server-version.ts"
import { type RunningExchange, startExchange } from "../../simulators/exchange/start-exchange.ts"
import { hurriedClock } from "../hurried-clock.ts"
import { addServiceAccount, ewsSettingsFor, ownCalendar } from "../simulated.ts"

const named: CalendarChoice = { kind: "Named", name: "Timetable & duties" }

const servers: readonly {
  readonly name: string
  readonly serverVersion: ServerVersion
  readonly calendar: CalendarChoice
}[] = [
  { name: "the mailbox's own calendar on Exchange Server", serverVersion: "15.2", calendar: ownCalendar },
  { name: "a named calendar on Exchange Server", serverVersion: "15.2", calendar: named },
  { name: "a calendar on Exchange 2010", serverVersion: "14", calendar: ownCalendar },
  { name: "a calendar on Exchange 2007", serverVersion: "8", calendar: ownCalendar },
]

for (const { name, serverVersion, calendar } of servers) {
  describe(name, () => {
    let exchange: RunningExchange
    let connection: ExchangeConnection
    let mailboxes = 0

    before(async () => {
      exchange = await startExchange({ server: { version: serverVersion } })
      addServiceAccount(exchange)
      const deps = { clock: hurriedClock, random: () => 0.5, proxy: {}, mayWrite() {}, observe() {} }
      connection = openConnection({ ...deps, log: { debug() {}, warn() {} } })(ewsSettingsFor(exchange))
    })

    after(async () => {
      await connection.close()
      await exchange.close()
    })

    calendarContract(name, async () => {
      mailboxes += 1
      const { address } = exchange.admin.addMailbox({ address: `person-${mailboxes}@contoso.example` })
      return {
        calendar: connection.mailbox({ address, calendar }),
        user: userOf(exchange.admin, address, calendar),
        close: async () => {},
      }
    })
  })
}

function userOf(admin: Admin, address: string, calendar: CalendarChoice): OpenedCalendar["user"] {
  const folder = calendar.kind === "Named" ? calendar.name : undefined
  return {
    add: async (event: CalendarEvent) => {
      if (folder !== undefined && !admin.calendars(address).includes(folder)) admin.addCalendar(address, folder)
      return admin.createEvent(address, writeEvent(event, seriesOf(event, "graph")), folder)
    },
    edit: async (id: string, change: Partial<EventContent>) => admin.updateEvent(address, restId(id), edited(change)),
    remove: async (id: string) => admin.deleteEvent(address, restId(id)),
    duplicate: async (id: string) => void admin.copyEvent(address, restId(id)),
  }
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

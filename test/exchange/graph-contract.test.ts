import { after, before } from "node:test"
import type { CalendarEvent, EventContent } from "../../operator/core/event.ts"
import { writeContent, writeEvent } from "../../operator/exchange/graph/write-event.ts"
import { seriesOf } from "../../operator/exchange/normal-form.ts"
import { calendarContract } from "../contracts/calendar.ts"
import { ownCalendar, type Simulated, simulated } from "./simulated.ts"

let exchange: Simulated

before(async () => {
  exchange = await simulated()
})

after(async () => {
  await exchange.close()
})

calendarContract("a calendar behind Graph", async () => {
  const { admin } = exchange
  const address = exchange.newMailbox()
  return {
    calendar: exchange.connection.mailbox({ address, calendar: ownCalendar }),
    user: {
      add: async (event: CalendarEvent) => {
        const known = new Set(admin.events(address).map(one => one.id))
        admin.createEvent(address, writeEvent(event, seriesOf(event, "graph")))
        const made = admin.events(address).find(one => !known.has(one.id))
        return made?.id ?? ""
      },
      edit: async (id: string, change: Partial<EventContent>) => admin.updateEvent(address, id, edited(change)),
      remove: async (id: string) => admin.deleteEvent(address, id),
      duplicate: async (id: string) => void admin.copyEvent(address, id),
    },
    close: async () => {},
  }
})

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

import { after, before } from "node:test"
import type { CalendarEvent, EventContent } from "../../../operator/core/event.ts"
import { EwsCalendar } from "../../../operator/exchange/ews/calendar.ts"
import { calendarContract } from "../../contracts/calendar.ts"
import { zone } from "../../fakes/lesson.ts"
import { placesIn } from "./places.ts"
import { requestIn, type ScriptedEws, scriptedEws, xml } from "./scripted-ews.ts"
import { Shelf } from "./shelf.ts"

let server: ScriptedEws

before(async () => {
  server = await scriptedEws()
})

after(() => server.close())

calendarContract("a calendar behind EWS", async () => {
  const shelf = new Shelf()
  server.script((seen, response) => xml(response, 200, shelf.answer(requestIn(seen))))
  const mailbox = { transport: server.transport(), address: "anna@contoso.test" }
  return {
    calendar: new EwsCalendar({ mailbox, places: placesIn(zone), nonce: "one" }),
    user: {
      add: async (event: CalendarEvent) => shelf.put(event),
      edit: async (id: string, change: Partial<EventContent>) =>
        shelf.edit(id, { subject: "", time: epoch, ...change }, namesOf(change)),
      remove: async (id: string) => shelf.remove(id),
      duplicate: async (id: string) => shelf.duplicate(id),
    },
    close: async () => {},
  }
})

function namesOf(change: Partial<EventContent>): readonly string[] {
  const others = { time: ["Start", "End", "IsAllDayEvent"], showAs: ["LegacyFreeBusyStatus"] }
  const capital = (name: string) => name.charAt(0).toUpperCase() + name.slice(1)
  const names = Object.keys(change).flatMap(name =>
    name === "time" || name === "showAs" ? others[name] : [capital(name)],
  )
  return names.map(name => `t:${name}`)
}

const epoch = {
  allDay: true,
  start: Temporal.PlainDate.from("2026-01-01"),
  end: Temporal.PlainDate.from("2026-01-02"),
} as const

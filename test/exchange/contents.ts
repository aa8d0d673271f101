import fc from "fast-check"
import type { EventContent } from "../../operator/core/event.ts"
import { at } from "../fakes/lesson.ts"

/** Whatever an event may say, at any time; `text` is what its texts are made of. */
export function contents(text = fc.string({ unit: "grapheme", maxLength: 300 })): fc.Arbitrary<EventContent> {
  const moment = fc.integer({ min: 0, max: 3_000_000 }).map(minutes => at("2024-01-01T00:00").add({ minutes }))
  const zone = fc.constantFrom("Europe/Copenhagen", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC")
  const timedAt = fc.tuple(moment, zone, fc.nat(5_000)).map(([start, zoneId, minutes]) => {
    const from = start.toZonedDateTimeISO(zoneId)
    return { allDay: false as const, start: from, end: from.add({ minutes }) }
  })
  const daysAt = fc.tuple(fc.nat(3_000), fc.integer({ min: 1, max: 30 })).map(([day, days]) => {
    const start = Temporal.PlainDate.from("2024-01-01").add({ days: day })
    return { allDay: true as const, start, end: start.add({ days }) }
  })
  return fc.record(
    {
      subject: text,
      time: fc.oneof(timedAt, daysAt),
      location: text,
      body: fc.record({ contentType: fc.constant("text" as const), content: text }),
      url: fc.webUrl(),
      people: fc.array(fc.emailAddress()),
      showAs: fc.constantFrom("Free", "Tentative", "Busy", "OutOfOffice", "WorkingElsewhere"),
      sensitivity: fc.constantFrom("Normal", "Personal", "Private", "Confidential"),
      importance: fc.constantFrom("Low", "Normal", "High"),
      categories: fc.array(text),
      reminder: fc.oneof(fc.nat(10_000), fc.constant("None" as const)),
    },
    { requiredKeys: ["subject", "time"] },
  )
}

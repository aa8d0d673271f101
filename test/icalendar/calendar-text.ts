import assert from "node:assert/strict"
import type { CalendarEvent } from "../../operator/core/event.ts"
import { type CalendarReading, type ReadOptions, readCalendar } from "../../operator/icalendar/read.ts"

/** Builders of calendar texts: what a test does not say is an ordinary lesson. */

type Properties = Readonly<Record<string, string | readonly string[]>>

/** Lines of a VEVENT; a property whose value is empty is left out, and parameters stand in the name (`DTSTART;TZID=…`). */
export function vevent(properties: Properties = {}, inner: readonly string[] = []): string {
  const usual = usualTimes(properties)
  const lines = Object.entries({
    UID: "lesson-1",
    DTSTAMP: "20260101T000000Z",
    SUMMARY: "Maths",
    ...usual,
    ...properties,
  })
  return ["BEGIN:VEVENT", ...lines.flatMap(([name, value]) => linesOf(name, value)), ...inner, "END:VEVENT"].join(
    "\r\n",
  )
}

function usualTimes(properties: Properties): Properties {
  const says = (name: string) => Object.keys(properties).some(key => key === name || key.startsWith(`${name};`))
  if (says("DTSTART")) return {}
  const end = says("DTEND") || says("DURATION") ? {} : { DTEND: "20260302T084500Z" }
  return { DTSTART: "20260302T080000Z", ...end }
}

function linesOf(name: string, value: string | readonly string[]): readonly string[] {
  const values = typeof value === "string" ? [value] : value
  return values.filter(text => text !== "").map(text => `${name}:${text}`)
}

export function calendar(...parts: readonly string[]): string {
  return ["BEGIN:VCALENDAR", "VERSION:2.0", ...parts, "END:VCALENDAR", ""].join("\r\n")
}

type Rule = {
  readonly from: string
  readonly to: string
  readonly start?: string
  readonly rule?: string
  readonly dates?: readonly string[]
}

export function vtimezone(
  id: string,
  rules: { readonly standard: readonly Rule[]; readonly daylight: readonly Rule[] },
): string {
  const part = (kind: string, { from, to, start = "16010101T020000", rule, dates = [] }: Rule) => [
    `BEGIN:${kind}`,
    `DTSTART:${start}`,
    `TZOFFSETFROM:${from}`,
    `TZOFFSETTO:${to}`,
    ...(rule === undefined ? [] : [`RRULE:${rule}`]),
    ...dates.map(date => `RDATE:${date}`),
    `END:${kind}`,
  ]
  return [
    "BEGIN:VTIMEZONE",
    `TZID:${id}`,
    ...rules.standard.flatMap(rule => part("STANDARD", rule)),
    ...rules.daylight.flatMap(rule => part("DAYLIGHT", rule)),
    "END:VTIMEZONE",
  ].join("\r\n")
}

/** The clock of Berlin, as Outlook writes it. */
export const berlinRules = {
  standard: [
    { from: "+0200", to: "+0100", start: "16010101T030000", rule: "FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10" },
  ],
  daylight: [
    { from: "+0100", to: "+0200", start: "16010101T020000", rule: "FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3" },
  ],
}

export function read(text: string, options: ReadOptions = {}): Promise<CalendarReading> {
  return readCalendar(text, options, AbortSignal.timeout(20_000))
}

/** The one event of a text in which nothing is wrong. */
export async function readOne(text: string, options: ReadOptions = {}): Promise<CalendarEvent> {
  const { events, problems } = await read(text, options)
  assert.deepEqual(problems, [])
  const [event, ...others] = events
  assert.deepEqual(others, [])
  if (event === undefined) assert.fail("there is no event")
  return event
}

/** `start/end` in ISO 8601, zones included. */
export function span({ time }: Pick<CalendarEvent, "time">): string {
  return `${time.start.toString()}/${time.end.toString()}`
}

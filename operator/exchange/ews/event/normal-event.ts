import type { CalendarEvent, EventContent, RecurrenceRule } from "../../../core/event.ts"
import type { EwsVersion } from "../../../core/exchange-settings.ts"
import { normalForm, seriesOf } from "../../normal-form.ts"
import type { ExchangeSeries } from "../../pattern.ts"
import { knows } from "../wire/schema-version.ts"
import { xmlText } from "../wire/xml-write.ts"
import { unsaidWeekStart } from "./recurrence.ts"

/** The event as a server of that version gives it back: its normal form, of what XML and the version have words for. */
export function normalEvent(event: CalendarEvent, version: EwsVersion): CalendarEvent {
  const { recurrence } = event
  const said = { ...event, ...carried(event, version) }
  if (!recurrence) return normalForm(said, "ews")
  const overrides = recurrence.overrides.map(({ occurrence, content }) => {
    return { occurrence, content: carried(content, version) }
  })
  const normal = normalForm({ ...said, recurrence: { ...recurrence, overrides } }, "ews")
  return seriesFor(event, version) ? withWeekStart(normal, version) : normal
}

/** The series an event is written as, where that version has words for it. */
export function seriesFor(event: CalendarEvent, version: EwsVersion): ExchangeSeries | undefined {
  const series = seriesOf(event, "ews")
  if (series?.pattern.type !== "weekly" || knows(version, "FirstDayOfWeek")) return series
  const { interval, daysOfWeek } = series.pattern
  const isWithoutWeeks = interval === 1 || daysOfWeek.length === 1
  return isWithoutWeeks ? { ...series, pattern: { ...series.pattern, firstDayOfWeek: unsaidWeekStart } } : undefined
}

function withWeekStart(event: CalendarEvent, version: EwsVersion): CalendarEvent {
  const { recurrence } = event
  if (!recurrence || knows(version, "FirstDayOfWeek")) return event
  const rules = recurrence.rules.map(
    (rule): RecurrenceRule => (rule.frequency === "WEEKLY" ? { ...rule, weekStart: unsaidWeekStart } : rule),
  )
  return { ...event, recurrence: { ...recurrence, rules } }
}

/** What can be carried of it. */
export function carried<Content extends EventContent>(content: Content, version: EwsVersion): Content {
  const { subject, location, body, categories, showAs } = content
  return {
    ...content,
    subject: xmlText(subject),
    ...(location !== undefined && { location: xmlText(location) }),
    ...(body && { body: { ...body, content: xmlText(body.content) } }),
    ...(categories && { categories: categories.map(xmlText) }),
    ...(showAs === "WorkingElsewhere" && !knows(version, "WorkingElsewhere") && { showAs: "Free" as const }),
  }
}

import type { CalendarEvent, EventContent } from "../../core/event.ts"
import { normalForm } from "../normal-form.ts"
import { xmlText } from "./xml-write.ts"

/** The event as Exchange Server gives it back: its normal form, of texts as XML can carry them. */
export function normalEvent(event: CalendarEvent): CalendarEvent {
  const { recurrence } = event
  const said = { ...event, ...carried(event) }
  if (!recurrence) return normalForm(said, "ews")
  const overrides = recurrence.overrides.map(({ occurrence, content }) => ({ occurrence, content: carried(content) }))
  return normalForm({ ...said, recurrence: { ...recurrence, overrides } }, "ews")
}

/** What XML can carry of it. */
export function carried<Content extends EventContent>(content: Content): Content {
  const { subject, location, body, categories } = content
  return {
    ...content,
    subject: xmlText(subject),
    ...(location !== undefined && { location: xmlText(location) }),
    ...(body && { body: { ...body, content: xmlText(body.content) } }),
    ...(categories && { categories: categories.map(xmlText) }),
  }
}

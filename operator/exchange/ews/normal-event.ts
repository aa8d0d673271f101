import type { CalendarEvent, EventContent } from "../../core/event.ts"
import type { EwsVersion } from "../../core/ports.ts"
import { normalForm } from "../normal-form.ts"
import { knows } from "./schema-version.ts"
import { xmlText } from "./xml-write.ts"

/** The event as a server of that version gives it back: its normal form, of what XML and the version have words for. */
export function normalEvent(event: CalendarEvent, version: EwsVersion): CalendarEvent {
  const { recurrence } = event
  const said = { ...event, ...carried(event, version) }
  if (!recurrence) return normalForm(said, "ews")
  const overrides = recurrence.overrides.map(({ occurrence, content }) => {
    return { occurrence, content: carried(content, version) }
  })
  return normalForm({ ...said, recurrence: { ...recurrence, overrides } }, "ews")
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

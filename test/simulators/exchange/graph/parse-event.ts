import { storedBody } from "../store/body.ts"
import {
  type Attendee,
  type Content,
  type Item,
  type ItemTime,
  importances,
  sensitivities,
  showAsValues,
} from "../store/item.ts"
import { isJson, type Json, jsonAt, listAt, numberAt, textAt } from "../store/json.ts"
import type { Recurrence } from "../store/recurrence.ts"
import { flag, oneOf } from "./fields.ts"
import { GraphError, validationFailure } from "./graph-error.ts"
import { canonicalPropertyId } from "./named-property.ts"
import { parseTime, startDateOf } from "./parse-event-time.ts"
import { parseRecurrence } from "./parse-recurrence.ts"

/**
 * The body of a POST or PATCH of an event, as changes to what is stored.
 * https://learn.microsoft.com/graph/api/resources/event
 */

export type EventChanges = {
  readonly content: Partial<Content>
  /** null takes the recurrence away. */
  readonly recurrence?: Recurrence | null
  readonly transactionId?: string
}

/** Read-only properties that a client may send back as it got them. */
const ignored = [
  "id",
  "changeKey",
  "createdDateTime",
  "lastModifiedDateTime",
  "iCalUId",
  "bodyPreview",
  "hasAttachments",
  "isCancelled",
  "isOrganizer",
  "organizer",
  "originalStart",
  "originalStartTimeZone",
  "originalEndTimeZone",
  "onlineMeeting",
  "onlineMeetingUrl",
  "responseStatus",
  "seriesMasterId",
  "type",
  "webLink",
  "cancelledOccurrences",
]
const written = [
  "allowNewTimeProposals",
  "attendees",
  "body",
  "categories",
  "end",
  "hideAttendees",
  "importance",
  "isAllDay",
  "isDraft",
  "isOnlineMeeting",
  "isReminderOn",
  "location",
  "locations",
  "multiValueExtendedProperties",
  "onlineMeetingProvider",
  "recurrence",
  "reminderMinutesBeforeStart",
  "responseRequested",
  "sensitivity",
  "showAs",
  "singleValueExtendedProperties",
  "start",
  "subject",
  "transactionId",
]
const known = new Set([...ignored, ...written])

const MAXIMUM_SUBJECT = 255
const MAXIMUM_ATTENDEES = 500

/** `before` is what a PATCH changes; absent for a POST. */
export function parseEvent(
  body: unknown,
  given: { readonly before?: Item | undefined; readonly content?: Content; readonly maximumOccurrences: number },
): EventChanges {
  if (!isJson(body)) throw new GraphError(400, "BadRequest", "Unable to read JSON request payload.")
  for (const name of Object.keys(body))
    if (!name.includes("@") && !known.has(name))
      throw new GraphError(
        400,
        "RequestBodyRead",
        `The property '${name}' does not exist on type 'microsoft.graph.event'. Make sure to only use property names that are defined by the type.`,
      )
  const time = parseTime(body, given.content?.time)
  const content = { ...simpleChanges(body), ...(time ? { time } : {}) }
  return { content, ...recurrenceChange(body, { ...given, time }), ...transactionChange(body) }
}

function transactionChange(body: Json): { readonly transactionId?: string } {
  const transactionId = textAt(body, "transactionId")
  return transactionId === undefined ? {} : { transactionId }
}

function recurrenceChange(
  body: Json,
  given: {
    readonly before?: Item | undefined
    readonly time: ItemTime | undefined
    readonly maximumOccurrences: number
  },
): { readonly recurrence?: Recurrence | null } {
  const { before, time, maximumOccurrences } = given
  const value = body["recurrence"]
  if (value === null) return { recurrence: null }
  const now = time ?? before?.content.time
  if (value === undefined) {
    const range = before?.series?.recurrence.range
    if (!range || !time) return {}
    // The zone of a series and that of its range belong together: a new zone needs the recurrence again.
    if (time.start.zone !== before?.content.time.start.zone || startDateOf(time) !== range.startDate)
      throw validationFailure("Changing the start of a series needs its recurrence.")
    return {}
  }
  if (!now) throw new GraphError(400, "ErrorRequiredPropertyMissing", "Required property is missing.")
  const start = { date: startDateOf(now), zoneName: now.start.zoneName, zone: now.start.zone }
  return { recurrence: parseRecurrence(value, start, maximumOccurrences) }
}

function simpleChanges(body: Json): Partial<Content> {
  const changes: { -readonly [Key in keyof Content]?: Content[Key] } = {}
  if (body["subject"] !== undefined) changes.subject = subjectOf(body)
  if (body["body"] !== undefined) changes.body = bodyOf(body)
  if (body["locations"] !== undefined) changes.locations = (listAt(body, "locations") ?? []).filter(isJson)
  if (body["location"] !== undefined) changes.locations = locationOf(body)
  if (body["showAs"] !== undefined) changes.showAs = oneOf(showAsValues, body, "showAs")
  if (body["sensitivity"] !== undefined) changes.sensitivity = oneOf(sensitivities, body, "sensitivity")
  if (body["importance"] !== undefined) changes.importance = oneOf(importances, body, "importance")
  if (body["categories"] !== undefined) changes.categories = categoriesOf(body)
  if (body["attendees"] !== undefined) changes.attendees = attendeesOf(body)
  Object.assign(changes, flagChanges(body), reminderChange(body), namedChange(body))
  return changes
}

function flagChanges(body: Json): Partial<Content> {
  const changes: Record<string, boolean | string> = {}
  for (const name of [
    "responseRequested",
    "hideAttendees",
    "allowNewTimeProposals",
    "isOnlineMeeting",
    "isDraft",
  ] as const) {
    const value = flag(body, name)
    if (value !== undefined) changes[name] = value
  }
  const provider = textAt(body, "onlineMeetingProvider")
  return provider === undefined ? changes : { ...changes, onlineMeetingProvider: provider }
}

function subjectOf(body: Json): string | null {
  const subject = body["subject"]
  if (subject === null) return null
  if (typeof subject !== "string") throw new GraphError(400, "RequestBodyRead", "The value of 'subject' is not valid.")
  if (subject.length > MAXIMUM_SUBJECT) throw validationFailure("At least one property failed validation: Subject.")
  return subject.replace(/[\r\n\t]+/g, " ")
}

function bodyOf(body: Json): Content["body"] {
  const json = jsonAt(body, "body")
  const contentType = textAt(json, "contentType")?.toLowerCase() ?? "text"
  if (contentType !== "html" && contentType !== "text")
    throw new GraphError(400, "RequestBodyRead", "The value of 'contentType' is not valid.")
  return storedBody({ contentType, content: textAt(json, "content") ?? "" })
}

function locationOf(body: Json): readonly Json[] {
  const location = jsonAt(body, "location")
  return location && (textAt(location, "displayName") ?? "") !== "" ? [location] : []
}

function categoriesOf(body: Json): readonly string[] {
  return [...new Set((listAt(body, "categories") ?? []).filter(entry => typeof entry === "string"))]
}

function attendeesOf(body: Json): readonly Attendee[] {
  const attendees = (listAt(body, "attendees") ?? []).filter(isJson)
  if (attendees.length > MAXIMUM_ATTENDEES) throw validationFailure("At least one property failed validation.")
  return attendees.map(attendee => {
    const email = jsonAt(attendee, "emailAddress")
    const address = textAt(email, "address") ?? ""
    return {
      name: textAt(email, "name") ?? address,
      address,
      type: textAt(attendee, "type") ?? "required",
      response: textAt(jsonAt(attendee, "status"), "response") ?? "none",
    }
  })
}

function reminderChange(body: Json): Partial<Content> {
  const on = flag(body, "isReminderOn")
  const minutes = numberAt(body, "reminderMinutesBeforeStart")
  if (minutes !== undefined && (!Number.isInteger(minutes) || minutes < 0))
    throw validationFailure("At least one property failed validation: ReminderMinutesBeforeStart.")
  return {
    ...(on !== undefined ? { reminderOn: on } : {}),
    ...(minutes !== undefined ? { reminderMinutes: minutes } : {}),
  }
}

/** A null value takes the property away; the caller merges what was there. */
function namedChange(body: Json): Partial<Content> {
  const named = new Map<string, string | readonly string[]>()
  for (const entry of listAt(body, "singleValueExtendedProperties") ?? []) {
    const id = textAt(entry, "id")
    if (id === undefined) throw new GraphError(400, "ErrorInvalidProperty", "Property Id '' has an invalid format.")
    named.set(canonicalPropertyId(id), textAt(entry, "value") ?? "")
  }
  for (const entry of listAt(body, "multiValueExtendedProperties") ?? []) {
    const id = textAt(entry, "id")
    if (id === undefined) throw new GraphError(400, "ErrorInvalidProperty", "Property Id '' has an invalid format.")
    named.set(
      canonicalPropertyId(id),
      (listAt(entry, "value") ?? []).filter(value => typeof value === "string"),
    )
  }
  return named.size > 0 ? { named } : {}
}

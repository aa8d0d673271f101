import { storedBody } from "../store/body.ts"
import type { Attendee, Content } from "../store/item.ts"
import type { Zone } from "../store/time-zones.ts"
import type { TimeChanges } from "./event-times.ts"
import { EwsError } from "./ews-error.ts"
import { extendedField, extendedValue } from "./extended-field.ts"
import { writtenByTag } from "./mapi-properties.ts"
import { windowsZone } from "./session.ts"
import { childOf, childrenOf, textOf, type XmlElement } from "./xml.ts"

/** What a `t:CalendarItem`, or the fields of an update, say; https://learn.microsoft.com/exchange/client-developer/web-service-reference/calendaritem */
export type ItemChanges = {
  readonly content: { -readonly [Key in keyof Content]?: Content[Key] }
  readonly named: Map<string, string | readonly string[]>
  readonly attendees: Map<string, readonly Attendee[]>
  readonly time: TimeChanges
  uid?: string
  /** null takes the recurrence away. */
  recurrence?: XmlElement | null
}

export function noChanges(): ItemChanges {
  return { content: {}, named: new Map(), attendees: new Map(), time: {} }
}

export function parseCalendarItem(element: XmlElement): ItemChanges {
  const changes = noChanges()
  for (const child of element.children) setField(changes, child)
  return changes
}

const showAs = {
  Free: "free",
  Tentative: "tentative",
  Busy: "busy",
  OOF: "oof",
  WorkingElsewhere: "workingElsewhere",
  NoData: "unknown",
} as const
const sensitivity = {
  Normal: "normal",
  Personal: "personal",
  Private: "private",
  Confidential: "confidential",
} as const
const importance = { Low: "low", Normal: "normal", High: "high" } as const
const attendeeTypes = { RequiredAttendees: "required", OptionalAttendees: "optional", Resources: "resource" } as const

/** Lays one property of an item into the changes. */
export function setField(changes: ItemChanges, element: XmlElement): void {
  const { name } = element
  const text = element.text
  if (name in setters) setters[name]?.(changes, element, text)
  else if (!tolerated.has(name))
    throw new EwsError("ErrorInvalidPropertySet", `Set action is invalid for property. (${name})`)
}

/** Properties a create may carry and the server decides about itself. */
const tolerated = new Set([
  "ItemClass",
  "Culture",
  "DateTimeStamp",
  "ConferenceType",
  "IsMeeting",
  "IsDraft",
  "EnhancedLocation",
])

type Setter = (changes: ItemChanges, element: XmlElement, text: string) => void

const setters: Readonly<Record<string, Setter>> = {
  Subject: ({ content }, _, text) => {
    if (text.length > MAXIMUM_SUBJECT) throw new EwsError("ErrorPropertyValidationFailure", "The subject is too long.")
    content.subject = text
  },
  Body: ({ content }, { attributes }, text) => {
    content.body = storedBody({ contentType: attributes["BodyType"] === "HTML" ? "html" : "text", content: text })
  },
  Location: ({ content }, _, text) => {
    content.locations = text === "" ? [] : [{ displayName: text }]
  },
  Sensitivity: ({ content }, _, text) => {
    content.sensitivity = oneOf(sensitivity, text)
  },
  Importance: ({ content }, _, text) => {
    content.importance = oneOf(importance, text)
  },
  LegacyFreeBusyStatus: ({ content }, _, text) => {
    content.showAs = oneOf(showAs, text)
  },
  Categories: ({ content }, element) => {
    content.categories = childrenOf(element, "String").map(({ text }) => text)
  },
  ReminderIsSet: ({ content }, _, text) => {
    content.reminderOn = flag(text)
  },
  ReminderMinutesBeforeStart: ({ content }, _, text) => {
    content.reminderMinutes = Number(text)
  },
  ReminderDueBy: () => undefined,
  IsResponseRequested: ({ content }, _, text) => {
    content.responseRequested = flag(text)
  },
  AllowNewTimeProposal: ({ content }, _, text) => {
    content.allowNewTimeProposals = flag(text)
  },
  IsOnlineMeeting: ({ content }, _, text) => {
    content.isOnlineMeeting = flag(text)
  },
  ExtendedProperty: (changes, element) => {
    const { id, value } = extendedValue(element)
    const name = writtenByTag[id]
    if (name === undefined) changes.named.set(id, value)
    else setters[name]?.(changes, element, String(value))
  },
  UID: (changes, _, text) => {
    changes.uid = text
  },
  Start: ({ time }, _, text) => {
    time.start = text.trim()
  },
  End: ({ time }, _, text) => {
    time.end = text.trim()
  },
  IsAllDayEvent: ({ time }, _, text) => {
    time.allDay = flag(text)
  },
  StartTimeZone: ({ time }, element) => {
    time.startZone = zoneFrom(element)
  },
  EndTimeZone: ({ time }, element) => {
    time.endZone = zoneFrom(element)
  },
  MeetingTimeZone: ({ time }, { attributes }) => {
    time.startZone ??= zoneNamed(attributes["TimeZoneName"])
  },
  Recurrence: (changes, element) => {
    changes.recurrence = element
  },
  RequiredAttendees: setAttendees,
  OptionalAttendees: setAttendees,
  Resources: setAttendees,
}

const MAXIMUM_SUBJECT = 255

function oneOf<T extends string>(values: Readonly<Record<string, T>>, text: string): T {
  const found = values[text.trim()]
  if (found === undefined) throw new EwsError("ErrorInvalidValueForProperty", "The specified value is not valid.")
  return found
}

function flag(text: string): boolean {
  return text.trim() === "true" || text.trim() === "1"
}

function zoneFrom(element: XmlElement): Zone {
  return zoneNamed(element.attributes["Id"])
}

function zoneNamed(id: string | undefined): Zone {
  return windowsZone(id ?? "", message => new EwsError("ErrorCalendarInvalidTimeZone", message))
}

function setAttendees({ attendees }: ItemChanges, element: XmlElement): void {
  const [, type = "required"] = Object.entries(attendeeTypes).find(([name]) => name === element.name) ?? []
  attendees.set(
    type,
    childrenOf(element, "Attendee").map(attendee => {
      const mailbox = childOf(attendee, "Mailbox")
      const address = textOf(mailbox, "EmailAddress") ?? ""
      return { name: textOf(mailbox, "Name") ?? address, address, type, response: "none" }
    }),
  )
}

/** Takes away what a path names. */
export function deleteField(changes: ItemChanges, path: XmlElement): void {
  if (path.name === "ExtendedFieldURI") {
    const { id } = extendedField(path)
    const known = writtenByTag[id]
    if (known === undefined) changes.named.set(id, "")
    else removers[known]?.(changes)
    return
  }
  const name = (path.attributes["FieldURI"] ?? "").split(":")[1] ?? ""
  const remove = removers[name]
  if (!remove) throw new EwsError("ErrorInvalidPropertyDelete", "Delete action is not supported for this property.")
  remove(changes)
}

const removers: Readonly<Record<string, (changes: ItemChanges) => void>> = {
  Subject: ({ content }) => {
    content.subject = null
  },
  Body: ({ content }) => {
    content.body = { contentType: "text", content: "" }
  },
  Location: ({ content }) => {
    content.locations = []
  },
  Categories: ({ content }) => {
    content.categories = []
  },
  ReminderIsSet: ({ content }) => {
    content.reminderOn = false
  },
  ReminderMinutesBeforeStart: () => undefined,
  Recurrence: changes => {
    changes.recurrence = null
  },
  RequiredAttendees: ({ attendees }) => void attendees.set("required", []),
  OptionalAttendees: ({ attendees }) => void attendees.set("optional", []),
  Resources: ({ attendees }) => void attendees.set("resource", []),
}

/** All attendees after the changes: each kind is replaced as a whole. */
export function attendeesAfter(before: readonly Attendee[], changes: ItemChanges): readonly Attendee[] | undefined {
  if (changes.attendees.size === 0) return undefined
  return [...before.filter(({ type }) => !changes.attendees.has(type)), ...[...changes.attendees.values()].flat()]
}

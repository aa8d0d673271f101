import type { Entry } from "../store/item.ts"
import { DEFAULT_CALENDAR, type Mailbox } from "../store/mailbox.ts"
import { overlaps, type Span } from "../store/series.ts"
import { outcome } from "./envelope.ts"
import { EwsError, EwsFault } from "./ews-error.ts"
import { entriesIn, realSpan } from "./find-items.ts"
import { instantOfLocal, type LegacyZone, localTime, parseLegacyZone } from "./legacy-time-zone.ts"
import { el, type Markup } from "./markup.ts"
import { schemaViolation } from "./schema-violation.ts"
import type { Session } from "./session.ts"
import { workingHours } from "./working-hours.ts"
import { childOf, textOf, type XmlElement } from "./xml.ts"

/** https://learn.microsoft.com/exchange/client-developer/web-service-reference/getuseravailability-operation */

const MAXIMUM_MAILBOXES = 100
const MAXIMUM_DAYS = 42
const DAY_MS = 86_400_000
const MINUTE_MS = 60_000
const DEFAULT_INTERVAL = 30

type Asked = { readonly zone: LegacyZone; readonly span: Span; readonly minutes: number; readonly view: string }

export function getUserAvailability(session: Session, request: XmlElement): Markup {
  const zone = childOf(request, "TimeZone")
  const options = childOf(request, "FreeBusyViewOptions")
  const mailboxes = childOf(request, "MailboxDataArray")?.children ?? []
  if (!options) throw schemaViolation(request, "The element 'FreeBusyViewOptions' is missing.")
  if (!zone) throw new EwsFault("ErrorTimeZone", "The time zone is missing.")
  if (mailboxes.length === 0) throw new EwsFault("ErrorMailboxDataArrayEmpty", "The mailbox data array is empty.")
  if (mailboxes.length > MAXIMUM_MAILBOXES)
    throw new EwsFault(
      "ErrorMailboxDataArrayTooBig",
      "There are too many mailboxes in the request. The allowed size = 100.",
    )
  const asked = askedIn(options, parseLegacyZone(zone))
  const answers = mailboxes.map(data => freeBusyResponse(session, data, asked))
  return el("m:GetUserAvailabilityResponse", {}, el("m:FreeBusyResponseArray", {}, answers))
}

function askedIn(options: XmlElement, zone: LegacyZone): Asked {
  const window = childOf(options, "TimeWindow")
  const at = (name: string) => moment(textOf(window, name) ?? "", zone)
  const span = { startMs: at("StartTime"), endMs: at("EndTime") }
  if (span.endMs - span.startMs > MAXIMUM_DAYS * DAY_MS)
    throw new EwsFault(
      "ErrorTimeIntervalTooBig",
      "The requested time duration specified for FreeBusyViewOptions.TimeWindow is too long. The allowed limit = 42 days.",
    )
  if (span.endMs <= span.startMs) throw new EwsFault("ErrorInvalidTimeInterval", "The time window is not valid.")
  const minutes = Number(textOf(options, "MergedFreeBusyIntervalInMinutes") ?? DEFAULT_INTERVAL)
  if (minutes < 5 || minutes > 1440)
    throw new EwsFault("ErrorInvalidMergedFreeBusyInterval", "The interval must lie between 5 and 1440 minutes.")
  return { zone, span, minutes, view: textOf(options, "RequestedView") ?? "FreeBusyMerged" }
}

function moment(text: string, zone: LegacyZone): number {
  try {
    if (/(Z|[+-]\d\d:\d\d)$/.test(text)) return Temporal.Instant.from(text).epochMilliseconds
    return instantOfLocal(text, zone)
  } catch {
    throw new EwsFault("ErrorInvalidTimeInterval", "The time window is not valid.")
  }
}

function freeBusyResponse(session: Session, data: XmlElement, asked: Asked): Markup {
  const address = textOf(data, "Email", "Address") ?? ""
  const mailbox = session.store.findMailbox(address)
  if (!mailbox || mailbox.state === "missing" || mailbox.state === "softDeleted") {
    const error = new EwsError(
      "ErrorMailRecipientNotFound",
      "Unable to resolve e-mail address to an Active Directory object.",
    )
    const failed = el("m:ResponseMessage", { ResponseClass: "Error" }, outcome(error))
    return el("m:FreeBusyResponse", {}, failed, el("m:FreeBusyView", {}, el("t:FreeBusyViewType", {}, "None")))
  }
  const entries = entriesIn(session.store, { mailbox, number: DEFAULT_CALENDAR }, asked.span)
  const success = el("m:ResponseMessage", { ResponseClass: "Success" }, outcome())
  return el(
    "m:FreeBusyResponse",
    {},
    success,
    viewElement(mailbox, entries, { ...asked, nowMs: session.store.clock.now() }),
  )
}

const busyTypes = {
  free: "Free",
  tentative: "Tentative",
  busy: "Busy",
  oof: "OOF",
  workingElsewhere: "WorkingElsewhere",
  unknown: "NoData",
} as const
const digits = { free: "0", tentative: "1", busy: "2", oof: "3", workingElsewhere: "4", unknown: "0" } as const

function viewElement(mailbox: Mailbox, entries: readonly Entry[], asked: Asked & { readonly nowMs: number }): Markup {
  const events = entries.map(entry => eventElement(entry, asked))
  return el(
    "m:FreeBusyView",
    {},
    el("t:FreeBusyViewType", {}, asked.view),
    asked.view.includes("Merged") ? el("t:MergedFreeBusy", {}, mergedView(entries, asked)) : undefined,
    events.length === 0 || asked.view === "MergedOnly" ? undefined : el("t:CalendarEventArray", {}, events),
    workingHours(mailbox, asked.nowMs),
  )
}

function eventElement(entry: Entry, { zone, view }: Asked): Markup {
  const { startMs, endMs } = realSpan(entry)
  const { content } = entry
  const local = (ms: number) => localTime(ms, zone).toString({ smallestUnit: "second" })
  const isPrivate = content.sensitivity === "private" || content.sensitivity === "confidential"
  const details = el(
    "t:CalendarEventDetails",
    {},
    isPrivate ? undefined : el("t:Subject", {}, content.subject ?? ""),
    isPrivate ? undefined : el("t:Location", {}, String(content.locations[0]?.["displayName"] ?? "")),
    el("t:IsMeeting", {}, content.attendees.length > 0),
    el("t:IsRecurring", {}, entry.date !== undefined),
    el("t:IsException", {}, entry.type === "exception"),
    el("t:IsReminderSet", {}, content.reminderOn),
    el("t:IsPrivate", {}, isPrivate),
  )
  return el(
    "t:CalendarEvent",
    {},
    el("t:StartTime", {}, local(startMs)),
    el("t:EndTime", {}, local(endMs)),
    el("t:BusyType", {}, busyTypes[content.showAs]),
    view.startsWith("Detailed") ? details : undefined,
  )
}

const BUSIEST_LAST = "01423"

/** One digit for each interval: the busiest of what touches it. */
function mergedView(entries: readonly Entry[], { span, minutes }: Asked): string {
  let view = ""
  for (let at = span.startMs; at < span.endMs; at += minutes * MINUTE_MS) {
    const slot = { startMs: at, endMs: Math.min(at + minutes * MINUTE_MS, span.endMs) }
    const ranks = entries
      .filter(entry => overlaps(realSpan(entry), slot))
      .map(({ content }) => BUSIEST_LAST.indexOf(digits[content.showAs]))
    view += BUSIEST_LAST.charAt(Math.max(0, ...ranks))
  }
  return view
}

import { sevenDigits } from "../store/clock.ts"
import type { Entry } from "../store/item.ts"
import { jsonAt, numberAt, textAt, textsAt } from "../store/json.ts"
import { DEFAULT_CALENDAR, inCloud, type Mailbox } from "../store/mailbox.ts"
import { overlaps, type Span } from "../store/series.ts"
import { findZone, instantOf } from "../store/time-zones.ts"
import { type Call, ok, type Reply } from "./call.ts"
import { GraphError, unknownZone } from "./graph-error.ts"
import { workingHoursOf } from "./mailbox-settings.ts"
import { entriesIn } from "./read-events.ts"

/** Free/busy of up to twenty mailboxes. https://learn.microsoft.com/graph/api/calendar-getschedule */

const MAXIMUM_SCHEDULES = 20
const MAXIMUM_DAYS = 62
const MAXIMUM_ENTRIES = 1000
const DAY_MS = 86_400_000
const MINUTE_MS = 60_000
const DEFAULT_INTERVAL = 30

export function getSchedule(call: Call): Reply {
  const schedules = textsAt(call.body, "schedules")
  if (schedules.length > MAXIMUM_SCHEDULES)
    throw new GraphError(400, "ErrorInvalidRequest", `At most ${MAXIMUM_SCHEDULES} schedules can be asked for.`)
  const span = { startMs: momentAt(call, "startTime"), endMs: momentAt(call, "endTime") }
  if (span.endMs - span.startMs > MAXIMUM_DAYS * DAY_MS)
    throw new GraphError(
      400,
      "ErrorTimeIntervalTooBig",
      "The requested time duration specified for FreeBusyViewOptions.TimeWindow is too long. The allowed limit = 62 days.",
    )
  const minutes = numberAt(call.body, "availabilityViewInterval") ?? DEFAULT_INTERVAL
  if (minutes < 5 || minutes > 1440)
    throw new GraphError(400, "ErrorInvalidParameter", "availabilityViewInterval must lie between 5 and 1440.")
  return ok({
    "@odata.context": `${call.origin}/v1.0/$metadata#Collection(microsoft.graph.scheduleInformation)`,
    value: schedules.map(name => scheduleOf(call, { name, span, minutes })),
  })
}

function momentAt(call: Call, name: string): number {
  const json = jsonAt(call.body, name)
  const zoneName = textAt(json, "timeZone") ?? ""
  const zone = findZone(zoneName)
  if (!zone) throw unknownZone(zoneName)
  try {
    return instantOf(textAt(json, "dateTime") ?? "", zone.zone)
  } catch {
    throw new GraphError(400, "ErrorInvalidParameter", `The value of '${name}' is invalid.`)
  }
}

type Asked = { readonly name: string; readonly span: Span; readonly minutes: number }

function scheduleOf(call: Call, asked: Asked): unknown {
  const mailbox = call.store.findMailbox(asked.name)
  if (!mailbox || !inCloud(mailbox))
    return failed(asked, "5016", "Unable to resolve e-mail address to an Active Directory object.")
  const entries = entriesIn(call.store, { mailbox, folder: DEFAULT_CALENDAR }, asked.span)
  if (entries.length > MAXIMUM_ENTRIES)
    return failed(asked, "5006", "The result set contains too many calendar entries. The allowed size = 1000.")
  return found(mailbox, asked, entries)
}

function failed({ name }: Asked, responseCode: string, message: string): unknown {
  return { scheduleId: name, scheduleItems: null, error: { message, responseCode } }
}

const digits = { free: "0", tentative: "1", busy: "2", oof: "3", workingElsewhere: "4", unknown: "0" } as const

function found(mailbox: Mailbox, asked: Asked, entries: readonly Entry[]): unknown {
  return {
    scheduleId: asked.name,
    availabilityView: viewOf(asked, entries),
    scheduleItems: entries.map(({ content }) => ({
      isPrivate: content.sensitivity === "private",
      status: content.showAs,
      ...(content.sensitivity === "private"
        ? {}
        : { subject: content.subject, location: content.locations[0]?.["displayName"] ?? "" }),
      isMeeting: content.attendees.length > 0,
      isRecurring: false,
      isException: false,
      isReminderSet: content.reminderOn,
      start: { dateTime: sevenDigits(content.time.startMs), timeZone: "UTC" },
      end: { dateTime: sevenDigits(content.time.endMs), timeZone: "UTC" },
    })),
    workingHours: workingHoursOf(mailbox),
  }
}

/** One digit per interval: the busiest of what touches it. */
function viewOf({ span, minutes }: Asked, entries: readonly Entry[]): string {
  let view = ""
  const order = "01423"
  for (let at = span.startMs; at < span.endMs; at += minutes * MINUTE_MS) {
    const slot = { startMs: at, endMs: Math.min(at + minutes * MINUTE_MS, span.endMs) }
    const touching = entries
      .filter(({ content }) => overlaps(content.time, slot))
      .map(({ content }) => digits[content.showAs])
    view += touching.reduce((busiest, digit) => (order.indexOf(digit) > order.indexOf(busiest) ? digit : busiest), "0")
  }
  return view
}

import { findZone, supportedZones } from "../store/time-zones.ts"
import { responses } from "./envelope.ts"
import { el, type Markup } from "./markup.ts"
import type { Session } from "./session.ts"
import { childOf, type XmlElement } from "./xml.ts"

/** https://learn.microsoft.com/exchange/client-developer/web-service-reference/getservertimezones-operation */
export function getServerTimeZones(session: Session, request: XmlElement): Markup {
  const ids = childOf(request, "Ids")?.children.map(({ text }) => text.trim()) ?? supportedZones("Windows")
  const full = request.attributes["ReturnFullTimeZoneData"] !== "false"
  const year = Temporal.Instant.fromEpochMilliseconds(session.store.clock.now()).toZonedDateTimeISO("UTC").year
  return responses("GetServerTimeZones", [ids], names => {
    const known = names.filter(name => findZone(name)?.name.toLowerCase() === name.toLowerCase())
    const definitions = known.map(name => definition(name, { full, year }))
    return [el("m:TimeZoneDefinitions", {}, definitions)]
  })
}

type Change = { readonly at: Temporal.ZonedDateTime; readonly offsetMinutes: number; readonly before: number }

function definition(id: string, { full, year }: { readonly full: boolean; readonly year: number }): Markup {
  if (!full) return el("t:TimeZoneDefinition", { Id: id, Name: id })
  const changes = changesIn(findZone(id)?.zone ?? "UTC", year)
  const standard = standardOffset(findZone(id)?.zone ?? "UTC", year)
  const key = (name: string) => `trule:Microsoft/Registry/${id}/${year}-${name}`
  const periods = [period(key("Standard"), "Standard", standard)]
  const daylight = changes.find(({ offsetMinutes }) => offsetMinutes !== standard)
  if (daylight) periods.push(period(key("Daylight"), "Daylight", daylight.offsetMinutes))
  const rules = changes.map(change => rule(change, key(change.offsetMinutes === standard ? "Standard" : "Daylight")))
  const constant = el("t:Transition", {}, el("t:To", { Kind: "Period" }, key("Standard")))
  return el(
    "t:TimeZoneDefinition",
    { Id: id, Name: id },
    el("t:Periods", {}, periods),
    el("t:TransitionsGroups", {}, el("t:TransitionsGroup", { Id: 0 }, daylight ? rules : constant)),
    el("t:Transitions", {}, el("t:Transition", {}, el("t:To", { Kind: "Group" }, 0))),
  )
}

/** A bias is what must be added to local time to get UTC. */
function period(Id: string, Name: string, offsetMinutes: number): Markup {
  const bias = Temporal.Duration.from({ minutes: -offsetMinutes }).round({
    largestUnit: "hours",
    smallestUnit: "minutes",
  })
  return el("t:Period", { Bias: bias.toString(), Name, Id })
}

function rule({ at, before }: Change, to: string): Markup {
  // A transition is written in the time that held until then.
  const wall = at.toInstant().toZonedDateTimeISO("UTC").toPlainDateTime().add({ minutes: before })
  const week = wall.day + 7 > wall.daysInMonth ? -1 : Math.ceil(wall.day / 7)
  return el(
    "t:RecurringDayTransition",
    {},
    el("t:To", { Kind: "Period" }, to),
    el("t:TimeOffset", {}, `PT${wall.hour}H${wall.minute === 0 ? "" : `${wall.minute}M`}`),
    el("t:Month", {}, wall.month),
    el("t:DayOfWeek", {}, days[wall.dayOfWeek - 1]),
    el("t:Occurrence", {}, week),
  )
}

const days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
const MINUTE_NS = 60_000_000_000

function offsetOf(at: Temporal.ZonedDateTime): number {
  return at.offsetNanoseconds / MINUTE_NS
}

function changesIn(zone: string, year: number): readonly Change[] {
  const changes: Change[] = []
  let at = Temporal.ZonedDateTime.from({ year, month: 1, day: 1, timeZone: zone })
  for (;;) {
    const next = at.getTimeZoneTransition("next")
    if (next?.year !== year) return changes
    changes.push({ at: next, offsetMinutes: offsetOf(next), before: offsetOf(at) })
    at = next
  }
}

/** The lesser of winter's and summer's, wherever on the globe. */
function standardOffset(zone: string, year: number): number {
  const at = (month: number) => offsetOf(Temporal.ZonedDateTime.from({ year, month, day: 1, timeZone: zone }))
  return Math.min(at(1), at(7))
}

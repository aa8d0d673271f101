import { findZone, supportedZones } from "../store/time-zones.ts"
import { responses } from "./envelope.ts"
import { el, type Markup } from "./markup.ts"
import type { Session } from "./session.ts"
import { childOf, type XmlElement } from "./xml.ts"
import { weekdayOf, type ZoneChange, zoneRules } from "./zone-rules.ts"

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

function definition(id: string, { full, year }: { readonly full: boolean; readonly year: number }): Markup {
  if (!full) return el("t:TimeZoneDefinition", { Id: id, Name: id })
  const { standardMinutes, changes } = zoneRules(findZone(id)?.zone ?? "UTC", year)
  const key = (kind: ZoneChange["kind"]) =>
    `trule:Microsoft/Registry/${id}/${year}-${kind === "standard" ? "Standard" : "Daylight"}`
  const daylight = changes.find(({ kind }) => kind === "daylight")
  const periods = [
    period(key("standard"), "Standard", standardMinutes),
    ...(daylight ? [period(key("daylight"), "Daylight", daylight.offsetMinutes)] : []),
  ]
  const rules = changes.map(change => rule(change, key(change.kind)))
  const constant = el("t:Transition", {}, el("t:To", { Kind: "Period" }, key("standard")))
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

function rule({ wall, week }: ZoneChange, to: string): Markup {
  return el(
    "t:RecurringDayTransition",
    {},
    el("t:To", { Kind: "Period" }, to),
    el("t:TimeOffset", {}, `PT${wall.hour}H${wall.minute === 0 ? "" : `${wall.minute}M`}`),
    el("t:Month", {}, wall.month),
    el("t:DayOfWeek", {}, weekdayOf(wall)),
    el("t:Occurrence", {}, week === LAST_WEEK ? -1 : week),
  )
}

const LAST_WEEK = 5

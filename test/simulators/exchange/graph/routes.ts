import type { Need } from "../directory/directory.ts"
import type { Mailbox } from "../store/mailbox.ts"
import { createCalendar, deleteCalendar, getCalendar, listCalendars, updateCalendar } from "./calendars.ts"
import type { Call, Reply } from "./call.ts"
import { type DeltaRounds, deltaNotSupported } from "./delta.ts"
import { noSuchResource } from "./graph-error.ts"
import { mailboxSettings, supportedTimeZones } from "./mailbox-settings.ts"
import { getEvent, listEvents, listInstances, listView } from "./read-events.ts"
import { getSchedule } from "./schedule.ts"
import { calendarTarget, defaultTarget, type Target } from "./target.ts"
import {
  cancelEvent,
  createEvent,
  deleteEvent,
  isResponse,
  permanentlyDeleteEvent,
  respondToEvent,
  translateIds,
  updateEvent,
} from "./write-events.ts"

/** What a path below `/users/{id}` asks for. */
export type Route = {
  /** The name counters and faults know it by. */
  readonly operation: string
  readonly need: Need
  readonly run: (call: Call) => Reply
}

type Given = { readonly mailbox: Mailbox; readonly rounds: DeltaRounds }

export function mailboxRoute(method: string, segments: readonly string[], given: Given): Route {
  const { mailbox } = given
  const [head = "", second = "", ...rest] = segments
  switch (head) {
    case "calendar":
      return calendarRoute(method, segments.slice(1), { ...given, target: () => defaultTarget(mailbox) })
    case "calendars":
      if (segments.length === 1) return calendarsRoute(method, given)
      return calendarRoute(method, rest, { ...given, target: () => calendarTarget(mailbox, second) })
    case "mailboxSettings":
      if (method === "GET") return route("mailboxSettings.get", "settings", call => mailboxSettings(call, mailbox))
      break
    case "outlook":
      if (second.startsWith("supportedTimeZones"))
        return route("supportedTimeZones.list", "settings", call => supportedTimeZones(call, second))
      break
    case "translateExchangeIds":
      return route("translateIds", "read", call => translateIds(call, defaultTarget(mailbox)))
    default:
  }
  return eventsRoute(method, segments, { ...given, target: () => defaultTarget(mailbox) })
}

function route(operation: string, need: Need, run: Route["run"]): Route {
  return { operation, need, run }
}

function calendarsRoute(method: string, { mailbox }: Given): Route {
  if (method === "GET") return route("calendars.list", "read", call => listCalendars(call, mailbox))
  if (method === "POST") return route("calendars.create", "write", call => createCalendar(call, mailbox))
  throw noSuchResource("calendars")
}

/** The target is found when the route runs, so that who may not see the mailbox learns nothing about its calendars. */
type Targeted = Given & { readonly target: () => Target }

function calendarRoute(method: string, segments: readonly string[], given: Targeted): Route {
  const { target } = given
  if (segments.length > 0) return eventsRoute(method, segments, given)
  if (method === "GET") return route("calendar.get", "read", call => getCalendar(call, target()))
  if (method === "PATCH") return route("calendars.update", "write", call => updateCalendar(call, target()))
  if (method === "DELETE") return route("calendars.delete", "write", call => deleteCalendar(call, target()))
  throw noSuchResource("calendar")
}

const DELTA = /^(microsoft\.graph\.)?delta(\(\))?$/

function eventsRoute(method: string, segments: readonly string[], given: Targeted): Route {
  const [head = "", id = "", action = ""] = segments
  const { target } = given
  if (head === "getSchedule" || head === "microsoft.graph.getSchedule")
    return route("schedule.get", "read", getSchedule)
  if (head === "calendarView") return viewRoute(method, id, given)
  if (head !== "events") throw noSuchResource(head)
  if (id === "" && method === "GET") return route("events.list", "read", call => listEvents(call, target()))
  if (id === "" && method === "POST") return route("events.create", "write", call => createEvent(call, target()))
  if (DELTA.test(id) && method === "GET") return eventsDeltaRoute(given)
  return eventRoute(method, { ...given, id, action })
}

function viewRoute(method: string, id: string, { target, rounds }: Targeted): Route {
  if (method === "GET" && id === "") return route("calendarView.list", "read", call => listView(call, target()))
  if (method === "GET" && DELTA.test(id))
    return route("calendarView.delta", "read", call => rounds.list(call, target(), "CalendarView"))
  throw noSuchResource("calendarView")
}

function eventsDeltaRoute({ target, rounds }: Targeted): Route {
  return route("events.delta", "read", call => {
    if (call.store.switches.eventsDelta === "notSupported") throw deltaNotSupported("microsoft.graph.event")
    return rounds.list(call, target(), "Events")
  })
}

function eventRoute(method: string, given: Targeted & { readonly id: string; readonly action: string }): Route {
  const { target, id } = given
  const action = given.action.replace(/^microsoft\.graph\./, "")
  if (method === "POST" && isResponse(action))
    return route(`events.${action}`, "write", call => respondToEvent(call, target(), { id, action }))
  switch (`${method} ${action}`) {
    case "GET ":
      return route("events.get", "read", call => getEvent(call, target(), id))
    case "PATCH ":
      return route("events.update", "write", call => updateEvent(call, target(), id))
    case "DELETE ":
      return route("events.delete", "write", call => deleteEvent(call, target(), id))
    case "GET instances":
      return route("instances.list", "read", call => listInstances(call, target(), id))
    case "POST permanentDelete":
      return route("events.permanentDelete", "write", call => permanentlyDeleteEvent(call, target(), id))
    case "POST cancel":
      return route("events.cancel", "write", call => cancelEvent(call, target(), id))
    default:
      throw noSuchResource(given.action || "events")
  }
}

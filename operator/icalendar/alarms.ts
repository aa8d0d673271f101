import type { EventTime } from "../core/event.ts"
import { longestReminderMinutes } from "../core/reminder.ts"
import type { Component } from "./components.ts"
import { param } from "./content-line.ts"
import { readDuration, readMoment } from "./moments.ts"

/** VALARM → the one reminder an Exchange event has: the first that shows something and comes before the start. */

/** More alarms are looked at by nobody. */
const maxAlarms = 20

/** Minutes before the start; `None` where the calendar says that there is none; undefined where it says nothing. */
export function readReminder(component: Component, time: EventTime): number | "None" | undefined {
  const alarms = component.components.filter(part => part.name === "VALARM").slice(0, maxAlarms)
  for (const alarm of alarms) {
    const minutes = actionOf(alarm) === "NONE" ? undefined : minutesBefore(alarm, time)
    if (minutes !== undefined && minutes >= 0 && minutes <= longestReminderMinutes) return minutes
  }
  return alarms.length > 0 && alarms.every(alarm => actionOf(alarm) === "NONE") ? "None" : undefined
}

function actionOf({ properties }: Component): string {
  return (
    properties
      .find(line => line.name === "ACTION")
      ?.value.trim()
      .toUpperCase() ?? "DISPLAY"
  )
}

function minutesBefore(alarm: Component, time: EventTime): number | undefined {
  const trigger = alarm.properties.find(line => line.name === "TRIGGER")
  if (trigger === undefined) return undefined
  const duration = readDuration(trigger.value)
  if (duration === undefined) return minutesBetween(readMoment(trigger), time)
  const fromEnd = param(trigger, "RELATED")?.toUpperCase() === "END" ? lengthMinutes(time) : 0
  const minutes = duration.weeks * 10_080 + duration.days * 1440 + duration.hours * 60 + duration.minutes
  return Math.round(0 - minutes - duration.seconds / 60 - fromEnd)
}

function lengthMinutes({ allDay, start, end }: EventTime): number {
  if (allDay) return start.until(end).total("days") * 1440
  return Math.round((end.epochMilliseconds - start.epochMilliseconds) / 60_000)
}

/** A moment of its own is a trigger only where the start is a moment too. */
function minutesBetween(trigger: ReturnType<typeof readMoment>, time: EventTime): number | undefined {
  if (trigger?.kind !== "utc" || time.allDay) return undefined
  return Math.round((time.start.epochMilliseconds - trigger.instant.epochMilliseconds) / 60_000)
}

import type { EventTime } from "./event.ts"
import { resolveWallClock } from "./time.ts"

/**
 * Between a series' wall clock and its occurrences. Lengths are kept on the wall clock too, as people and Exchange read
 * them: a night shift ends at six also in the night the clocks change.
 */

/** When the series starts on its own wall clock; midnight for all-day ones. */
export function wallStart(time: EventTime): Temporal.PlainDateTime {
  return time.start instanceof Temporal.PlainDate ? time.start.toPlainDateTime() : time.start.toPlainDateTime()
}

/** Start to end on the wall clock, the end read in the zone of the start. */
export function wallLength(time: EventTime): Temporal.Duration {
  if (time.allDay) return time.start.until(time.end, { largestUnit: "days" })
  const end = time.end.withTimeZone(time.start.timeZoneId).toPlainDateTime()
  return time.start.toPlainDateTime().until(end, { largestUnit: "days" })
}

/** What the series' wall clock shows at an instant; all-day series have that of `zone`. */
export function wallClock(instant: Temporal.Instant, time: EventTime, zone: string): Temporal.PlainDateTime {
  return instant.toZonedDateTimeISO(time.allDay ? zone : time.start.timeZoneId).toPlainDateTime()
}

/** Makes the time of the occurrence that starts when the series' wall clock says so. */
export function occurrenceTimes(time: EventTime): (start: Temporal.PlainDateTime) => EventTime {
  const length = wallLength(time)
  const first = wallStart(time)
  if (time.allDay) {
    return start => ({ allDay: true, start: start.toPlainDate(), end: start.toPlainDate().add(length) })
  }
  // The first keeps its own time: in an overlap it may be the later one, which no wall clock tells.
  return start => (start.equals(first) ? time : zonedTime(time, start, length))
}

type ZonedTime = Extract<EventTime, { allDay: false }>

function zonedTime(series: ZonedTime, wall: Temporal.PlainDateTime, length: Temporal.Duration): EventTime {
  const start = resolveWallClock(wall, series.start.timeZoneId)
  const end = resolveWallClock(wall.add(length), series.start.timeZoneId)
  // Moved out of a gap, or so short that the gap swallows it: only the exact length makes sense then.
  const isMoved = !start.toPlainDateTime().equals(wall) || Temporal.ZonedDateTime.compare(end, start) < 0
  const resolved = isMoved ? start.add(series.start.until(series.end)) : end
  return { allDay: false, start, end: resolved.withTimeZone(series.end.timeZoneId) }
}

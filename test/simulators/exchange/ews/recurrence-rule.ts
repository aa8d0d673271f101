import type { ItemTime } from "../store/item.ts"
import type { Pattern, Range, Recurrence } from "../store/recurrence.ts"
import { instantOf } from "../store/time-zones.ts"

/** A recurrence as the RRULE Exchange writes for it (MS-OXCICAL 2.1.3.2.2). */
export function recurrenceRule({ pattern, range }: Recurrence, time: ItemTime): string {
  const parts = [...patternParts(pattern), ...rangeParts(range, time)]
  return `RRULE:${parts.join(";")}`
}

const ordinals = { first: "1", second: "2", third: "3", fourth: "4", last: "-1" } as const

function patternParts(pattern: Pattern): readonly string[] {
  const { type, interval, dayOfMonth, month, index } = pattern
  const days = pattern.daysOfWeek.map(day => day.slice(0, 2).toUpperCase()).join(",")
  const week = `WKST=${pattern.firstDayOfWeek.slice(0, 2).toUpperCase()}`
  switch (type) {
    case "daily":
      return ["FREQ=DAILY", `INTERVAL=${interval}`]
    case "weekly":
      return ["FREQ=WEEKLY", `INTERVAL=${interval}`, `BYDAY=${days}`, week]
    case "absoluteMonthly":
      return ["FREQ=MONTHLY", `INTERVAL=${interval}`, `BYMONTHDAY=${dayOfMonth}`]
    case "relativeMonthly":
      return ["FREQ=MONTHLY", `INTERVAL=${interval}`, `BYDAY=${days}`, `BYSETPOS=${ordinals[index]}`]
    case "absoluteYearly":
      return ["FREQ=YEARLY", `INTERVAL=${interval}`, `BYMONTHDAY=${dayOfMonth}`, `BYMONTH=${month}`]
    case "relativeYearly":
      return ["FREQ=YEARLY", `INTERVAL=${interval}`, `BYDAY=${days}`, `BYMONTH=${month}`, `BYSETPOS=${ordinals[index]}`]
    default:
      return type satisfies never
  }
}

function rangeParts(range: Range, { allDay, start }: ItemTime): readonly string[] {
  switch (range.type) {
    case "noEnd":
      return []
    case "numbered":
      return [`COUNT=${range.count}`]
    case "endDate": {
      if (allDay) return [`UNTIL=${range.endDate.replaceAll("-", "")}`]
      const lastStart = instantOf(`${range.endDate}T${start.wall.slice("yyyy-MM-ddT".length)}`, start.zone)
      const until = Temporal.Instant.fromEpochMilliseconds(lastStart).toString({ smallestUnit: "second" })
      return [`UNTIL=${until.replace(/[-:]/g, "")}`]
    }
    default:
      return range satisfies never
  }
}

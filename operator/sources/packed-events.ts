import { constants, deflateRawSync, inflateRawSync } from "node:zlib"
import type { CalendarEvent, EventTime, Recurrence, RecurrenceRule } from "../core/event.ts"
import type { EventList } from "../core/ports.ts"

/**
 * Events as compressed text, made anew each time they are walked. A calendar is kept for days and walked for moments, and
 * times are dear: Temporal keeps each in half a kilobyte outside the heap, which no garbage collection knows about. Events
 * of one calendar are much alike: a small part of the text is left, and unpacking some hundreds takes a millisecond or two.
 */
export class PackedEvents implements EventList {
  readonly length: number
  readonly #bytes: Buffer

  constructor(events: readonly CalendarEvent[]) {
    this.length = events.length
    this.#bytes = deflateRawSync(JSON.stringify(events), { level: constants.Z_BEST_SPEED })
  }

  *[Symbol.iterator](): Generator<CalendarEvent> {
    const events: readonly Packed<CalendarEvent>[] = JSON.parse(inflateRawSync(this.#bytes).toString())
    for (const event of events) yield unpackEvent(event)
  }
}

/** As JSON has it: Temporal writes itself as text that reads back as the same time. */
type Packed<T> = T extends Temporal.ZonedDateTime | Temporal.PlainDate | Temporal.PlainDateTime
  ? string
  : T extends readonly (infer Item)[]
    ? readonly Packed<Item>[]
    : T extends object
      ? { readonly [Name in keyof T]: Packed<T[Name]> }
      : T

function unpackEvent({ time, recurrence, ...said }: Packed<CalendarEvent>): CalendarEvent {
  const event = { ...said, time: unpackTime(time) }
  return recurrence === undefined ? event : { ...event, recurrence: unpackRecurrence(recurrence) }
}

function unpackTime({ allDay, start, end }: Packed<EventTime>): EventTime {
  return allDay
    ? { allDay, start: Temporal.PlainDate.from(start), end: Temporal.PlainDate.from(end) }
    : { allDay, start: Temporal.ZonedDateTime.from(start), end: Temporal.ZonedDateTime.from(end) }
}

function unpackRecurrence({ rules, extraTimes, excluded, overrides }: Packed<Recurrence>): Recurrence {
  return {
    rules: rules.map(unpackRule),
    extraTimes: extraTimes.map(unpackTime),
    excluded,
    overrides: overrides.map(({ occurrence, content: { time, ...said } }) => ({
      occurrence,
      content: { ...said, time: unpackTime(time) },
    })),
  }
}

function unpackRule({ until, ...rule }: Packed<RecurrenceRule>): RecurrenceRule {
  return until === undefined ? rule : { ...rule, until: Temporal.PlainDateTime.from(until) }
}

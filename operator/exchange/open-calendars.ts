import type { Calendar, CalendarChoice } from "../core/ports.ts"
import type { Clock } from "./clock.ts"

export type MailboxCalendar = { readonly address: string; readonly calendar: CalendarChoice }

/** The nightly full pass asks for every mailbox that is bound; one not asked for in two nights is bound no more. */
const keptForMs = 49 * 3_600_000

/**
 * The calendars of one connection, each opened once: what is known of a mailbox is what makes its next pass cheap. Those
 * nobody asks for any more are forgotten, which costs one full listing should somebody ask again.
 */
export class OpenCalendars<C extends Calendar> {
  readonly #clock: Pick<Clock, "monotonicMs">
  readonly #open: (which: MailboxCalendar) => C
  /** In the order in which they were asked for last. */
  readonly #opened = new Map<string, { readonly calendar: C; readonly askedAtMs: number }>()

  constructor(clock: Pick<Clock, "monotonicMs">, open: (which: MailboxCalendar) => C) {
    this.#clock = clock
    this.#open = open
  }

  get(which: MailboxCalendar): C {
    const nowMs = this.#clock.monotonicMs()
    this.#forgetUnasked(nowMs)
    const key = JSON.stringify([which.address.toLowerCase(), which.calendar])
    const calendar = this.#opened.get(key)?.calendar ?? this.#open(which)
    this.#opened.delete(key)
    this.#opened.set(key, { calendar, askedAtMs: nowMs })
    return calendar
  }

  clear(): void {
    this.#opened.clear()
  }

  #forgetUnasked(nowMs: number): void {
    for (const [key, { askedAtMs }] of this.#opened) {
      if (nowMs - askedAtMs < keptForMs) return
      this.#opened.delete(key)
    }
  }
}

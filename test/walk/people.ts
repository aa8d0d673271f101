import assert from "node:assert/strict"
import type { Random } from "../fakes/random.ts"
import type { Admin, SeenEvent } from "../simulators/exchange/admin.ts"
import { GraphError } from "../simulators/exchange/graph/graph-error.ts"
import { contentOf, markOf } from "./what-is-there.ts"

/** A calendar of theirs no sync looks after, to which things can be moved. */
const drawer = "Drawer"
/** In days: further than any walk goes. */
const aYear = 366

type Found = { readonly event: SeenEvent; readonly calendar: string | undefined }
type Own = {
  readonly content: string
  readonly version: string | undefined
  /** On the mark of a duplicate. */
  readonly check: string | undefined
}

/** The people of a mailbox in Outlook: what they do to copies, and what is theirs and must never change. */
export class People {
  readonly #admin: Admin
  readonly #mailbox: string
  /** By id. The version counts too, except of duplicates, from which the mark is taken. */
  readonly #own = new Map<string, Own>()

  constructor(admin: Admin, mailbox: string) {
    this.#admin = admin
    this.#mailbox = mailbox
    admin.addCalendar(mailbox, drawer)
  }

  create(random: Random, today: Temporal.PlainDate): void {
    const date = today.add({ days: random.between(-5, 28) })
    const guests = random.chance(0.3) ? { attendees: [{ emailAddress: { address: "guest@example.org" } }] } : {}
    const recurrence = random.chance(0.2) ? { recurrence: weekly(date) } : {}
    const event = { subject: "Dentist", ...hours(date, random), ...guests, ...recurrence }
    const id = random.chance(0.1)
      ? this.#admin.createInvitation(this.#mailbox, event, { name: "Other", address: "other@example.org" })
      : this.#admin.createEvent(this.#mailbox, event)
    this.#keep(id, "exactly")
  }

  retitle(random: Random): void {
    this.#edit(random, () => ({ subject: "My own words", categories: [random.pick(["Blue", "Mine"] as const)] }))
  }

  move(random: Random): void {
    const found = random.pick(this.#entries())
    if (!found) return
    const days = random.pick([0, 0, 1, -2, 40] as const)
    const minutes = days * 1_440 + random.pick([30, -60, 0] as const)
    this.#changing(found, () => this.#admin.moveEvent(this.#mailbox, found.event.id, { minutes }))
  }

  /** To a day, or to hours. */
  reshape(random: Random, today: Temporal.PlainDate): void {
    const date = today.add({ days: random.between(-5, 28) })
    this.#edit(random, ({ isAllDay }) =>
      isAllDay === true ? { isAllDay: false, ...hours(date, random) } : { isAllDay: true, ...wholeDay(date) },
    )
  }

  /** A series of an event, an event of a series, or another pattern. */
  recur(random: Random, today: Temporal.PlainDate): void {
    this.#edit(random, ({ recurrence, isAllDay }) => {
      if (recurrence && random.chance(0.5)) return { recurrence: null }
      return { ...(isAllDay === true ? wholeDay(today) : hours(today, random)), recurrence: weekly(today) }
    })
  }

  /** To whatever there is, copies too: from then on every write to it would mail them. */
  inviteGuests(random: Random): void {
    this.#edit(random, () => ({ attendees: [{ emailAddress: { address: "guest@example.org" } }] }))
  }

  /** The guests of copies are uninvited, so that copies may be written again. */
  uninviteGuests(): void {
    for (const found of this.#items().filter(({ event }) => markOf(event) && hasGuests(event)))
      this.#changing(found, () => this.#admin.updateEvent(this.#mailbox, found.event.id, { attendees: [] }))
    const exceptions = this.#entries(aYear, aYear).filter(({ event }) => event["type"] === "exception")
    for (const found of exceptions.filter(({ event }) => hasGuests(event)))
      this.#changing(found, () => this.#admin.updateEvent(this.#mailbox, found.event.id, { attendees: [] }))
  }

  delete(random: Random): void {
    const found = random.pick(this.#items())
    if (!found) return
    this.#admin.deleteEvent(this.#mailbox, found.event.id)
    this.#own.delete(found.event.id)
  }

  deleteOccurrence(random: Random): void {
    const found = random.pick(this.#entries().filter(({ event }) => event["type"] !== "singleInstance"))
    if (found) this.#changing(found, () => this.#admin.deleteEvent(this.#mailbox, found.event.id))
  }

  /** With all its properties, our mark among them. */
  duplicate(random: Random): void {
    const found = random.pick(this.#items())
    if (found) this.#keep(this.#admin.copyEvent(this.#mailbox, found.event.id), "butForTheMark")
  }

  moveToOtherCalendar(random: Random): void {
    const found = random.pick([...this.#items(), ...this.#items(drawer)])
    if (!found) return
    const to = found.calendar === undefined ? drawer : "Calendar"
    const id = this.#admin.moveToCalendar(this.#mailbox, found.event.id, to)
    const own = this.#own.get(found.event.id)
    this.#own.delete(found.event.id)
    if (own) this.#keep(id, own.version === undefined ? "butForTheMark" : "exactly")
  }

  assertNothingTouched(where: string): void {
    const there = new Map(this.#everything().map(({ event }) => [event.id, event]))
    for (const [id, own] of this.#own) {
      const event = there.get(id)
      assert.ok(event, `${where}: an event somebody made themselves is gone`)
      if (isAdopted(event, own)) {
        this.#own.delete(id)
        continue
      }
      assert.equal(contentOf(event), own.content, `${where}: an event somebody made themselves was changed`)
      if (own.version !== undefined)
        assert.equal(event["@odata.etag"], own.version, `${where}: an event somebody made themselves was written`)
    }
    const unmarked = [...there.values()].filter(event => !this.#own.has(event.id) && markOf(event) === undefined)
    assert.deepEqual(unmarked, [], `${where}: a copy lost its mark`)
  }

  #edit(random: Random, changes: (event: SeenEvent) => Readonly<Record<string, unknown>>): void {
    const found = random.pick([...this.#items(), ...this.#entries()])
    if (!found) return
    this.#changing(found, () => this.#admin.updateEvent(this.#mailbox, found.event.id, { ...changes(found.event) }))
  }

  /** What Outlook refuses does not happen. A change of an occurrence changes its master. */
  #changing({ event }: Found, change: () => void): void {
    try {
      change()
    } catch (error) {
      if (!(error instanceof GraphError)) throw error
    }
    const master = event["seriesMasterId"]
    const id = typeof master === "string" ? master : event.id
    const own = this.#own.get(id)
    if (own) this.#keep(id, own.version === undefined ? "butForTheMark" : "exactly")
  }

  #keep(id: string, how: "exactly" | "butForTheMark"): void {
    const event = this.#everything().find(found => found.event.id === id)?.event
    if (!event) return
    const etag = event["@odata.etag"]
    const version = how === "exactly" && typeof etag === "string" ? etag : undefined
    this.#own.set(id, { content: contentOf(event), version, check: markOf(event)?.check })
  }

  #everything(): readonly Found[] {
    return this.#admin.calendars(this.#mailbox).flatMap(name => this.#items(name))
  }

  #items(calendar?: string): readonly Found[] {
    return this.#admin.events(this.#mailbox, calendar).map(event => ({ event, calendar }))
  }

  /** As they stand in the calendar, in some weeks around now. */
  #entries(daysBefore = 10, daysAfter = 45): readonly Found[] {
    const now = this.#admin.now()
    const start = now.subtract({ hours: 24 * daysBefore }).toString()
    const span = { start, end: now.add({ hours: 24 * daysAfter }).toString() }
    return this.#admin.view(this.#mailbox, span).map(event => ({ event, calendar: undefined }))
  }
}

/** A duplicate whose original is gone may become the copy, which its mark then says; nobody else's mark is ever changed. */
function isAdopted(event: SeenEvent, { check }: Own): boolean {
  const mark = markOf(event)
  return check !== undefined && mark !== undefined && mark.check !== check
}

function hasGuests(event: SeenEvent): boolean {
  return Array.isArray(event["attendees"]) && event["attendees"].length > 0
}

function hours(date: Temporal.PlainDate, random: Random): Readonly<Record<string, unknown>> {
  const hour = random.between(10, 18)
  const at = (hour: number) => ({ dateTime: `${date}T${hour}:00:00`, timeZone: "Romance Standard Time" })
  return { start: at(hour), end: at(hour + 1) }
}

function wholeDay(date: Temporal.PlainDate): Readonly<Record<string, unknown>> {
  const at = (date: Temporal.PlainDate) => ({ dateTime: `${date}T00:00:00`, timeZone: "Romance Standard Time" })
  return { start: at(date), end: at(date.add({ days: 1 })) }
}

function weekly(date: Temporal.PlainDate): Readonly<Record<string, unknown>> {
  const days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
  return {
    pattern: { type: "weekly", interval: 1, daysOfWeek: [days[date.dayOfWeek - 1]] },
    range: { type: "numbered", startDate: date.toString(), numberOfOccurrences: 4 },
  }
}

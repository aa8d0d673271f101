import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { ChangedMeanwhileError } from "../../operator/core/errors.ts"
import type { CalendarEvent, EventContent } from "../../operator/core/event.ts"
import { fingerprint } from "../../operator/core/fingerprint.ts"
import { checkOf, keyHash, type Mark } from "../../operator/core/origin.ts"
import type {
  Calendar,
  CalendarWriter,
  CreateItem,
  Listing,
  StoredEvent,
  WriteOutcome,
} from "../../operator/core/ports.ts"
import { liesIn } from "../../operator/core/span.ts"
import { at, holiday, lesson, timed, weekly } from "../fakes/lesson.ts"

/** A calendar under test and the hands of the person it belongs to. Every `open` gives a new and empty calendar. */
export type OpenedCalendar = {
  readonly calendar: Calendar
  readonly user: {
    add(event: CalendarEvent): Promise<string>
    edit(id: string, change: Partial<EventContent>): Promise<void>
    remove(id: string): Promise<void>
    /** Copy and paste in Outlook: the named property goes along. */
    duplicate(id: string): Promise<void>
  }
  close(): Promise<void>
}

const window = { start: at("2026-11-20T00:00"), end: at("2027-01-31T00:00") }
const allTime = { start: Temporal.Instant.from("1900-01-01T00:00Z"), end: Temporal.Instant.from("2200-01-01T00:00Z") }
const signal = new AbortController().signal

/** What every mailbox promises to planning, whatever stands behind it. */
export function calendarContract(name: string, open: () => Promise<OpenedCalendar>): void {
  const inCalendar = (sentence: string, story: (opened: Story) => Promise<void>) =>
    test(sentence, async () => {
      const opened = await open()
      try {
        await story(tell(opened))
      } finally {
        await opened.close()
      }
    })

  describe(`${name} obeys the contract of calendars`, () => {
    inCalendar("an empty calendar lists nothing, and says so for certain", async ({ list }) => {
      const listing = await list()

      assert.deepEqual(listing.events, [])
      assert.equal(listing.complete, true)
    })

    inCalendar("a listing vouches for at least the window it was asked for", async ({ list }) => {
      const listing = await list()

      assert.ok(Temporal.Instant.compare(listing.window.start, window.start) <= 0)
      assert.ok(Temporal.Instant.compare(listing.window.end, window.end) >= 0)
    })

    for (const [what, event] of Object.entries(variety)) {
      inCalendar(`${what} comes back as it was promised by normalize`, async ({ calendar, create, list }) => {
        const stored = await create(event)

        const [listed, ...others] = (await list()).events
        assert.equal(others.length, 0)
        assert.equal(listed?.id, stored.id)
        assert.equal(listed?.fingerprint, fingerprint(calendar.normalize(event)))
        assert.equal(fingerprint(calendar.normalize(calendar.normalize(event))), fingerprint(calendar.normalize(event)))
      })
    }

    inCalendar("the mark comes back as it was written", async ({ calendar, create, list }) => {
      await create(lesson({ key: "marked" }))

      const [listed] = (await list()).events
      const { check: _, ...written } = createItem(calendar, lesson({ key: "marked" }), "create-marked").mark
      // The check is the calendar's to choose: it ties the mark to the item that was made.
      assert.deepEqual({ ...listed?.mark, check: undefined }, { ...written, check: undefined })
      assert.notEqual(listed?.isCopyOfAnother, true)
    })

    inCalendar("a series it can store comes back as the same series", async ({ calendar, create, list }) => {
      const series = weekly(lesson())
      assert.equal(calendar.canStoreSeries(series, window), true)

      await create(series)

      const events = (await list()).events
      assert.equal(events.length, 1)
      assert.equal(events[0]?.fingerprint, fingerprint(calendar.normalize(series)))
    })

    inCalendar("a series with a missing and a moved occurrence comes back so, if it can be stored", async story => {
      const { calendar, create, list } = story
      const moved = { subject: "Mathematics, moved", time: timed("2026-12-15T12:00") }
      const series = withExceptions(weekly(lesson()), "20261208T070000Z", "20261215T070000Z", moved)
      if (!calendar.canStoreSeries(series, window)) return

      await create(series)

      const events = (await list()).events
      assert.equal(events.length, 1)
      assert.equal(events[0]?.fingerprint, fingerprint(calendar.normalize(series)))
    })

    inCalendar("a create repeated under its key makes no second item", async ({ calendar, writer, list }) => {
      const item = createItem(calendar, lesson(), "twice")

      const [first] = await writer.create([item], signal)
      const [second] = await writer.create([item], signal)

      assert.equal(idOf(second), idOf(first))
      assert.equal((await list()).events.length, 1)
    })

    inCalendar(
      "a copy somebody deleted can be made again under another key",
      async ({ calendar, create, user, writer, list }) => {
        const { id } = await create(lesson({ key: "again" }))
        await user.remove(id)

        const [outcome] = await writer.create([createItem(calendar, lesson({ key: "again" }), "another key")], signal)

        assert.equal(outcome?.ok, true)
        assert.equal((await list()).events.length, 1)
      },
    )

    inCalendar("answers to many items come in the order of asking", async ({ calendar, writer, list }) => {
      const items = Array.from({ length: 47 }, (_, index) =>
        createItem(calendar, lesson({ key: `many-${index}`, subject: `Lesson ${index}` }), `many-${index}`),
      )

      const outcomes = await writer.create(items, signal)

      const marks = new Map((await list()).events.map(event => [event.id, event.mark?.key]))
      assert.deepEqual(
        outcomes.map(outcome => marks.get(idOf(outcome))),
        items.map(item => item.mark.key),
      )
    })

    inCalendar("an update at the version seen changes content and mark", async ({ calendar, create, writer, list }) => {
      const stored = await create(lesson())
      const changed = lesson({ subject: "Physics", start: "2026-12-02T10:00" })

      const [outcome] = await writer.update(
        [{ ...stored, event: changed, mark: { ...markOf("lesson-1"), fingerprint: "changed" } }],
        signal,
      )

      const [listed] = (await list()).events
      assert.equal(outcome?.ok, true)
      assert.equal(listed?.fingerprint, fingerprint(calendar.normalize(changed)))
      assert.equal(listed?.mark?.fingerprint, "changed")
      assert.notEqual(listed?.version, stored.version)
      assert.equal(outcome?.ok && outcome.version, listed?.version)
    })

    inCalendar("an update takes away what the event no longer says", async ({ calendar, create, writer, list }) => {
      const stored = await create({ ...variety["an event that says everything"], key: "lesson-1" })

      await writer.update([{ ...stored, event: lesson(), mark: markOf("lesson-1") }], signal)

      assert.equal((await list()).events[0]?.fingerprint, fingerprint(calendar.normalize(lesson())))
    })

    inCalendar("an update at an old version changes nothing and says why", async ({ create, user, writer, list }) => {
      const stored = await create(lesson())
      await user.edit(stored.id, { subject: "Edited by hand" })
      const before = (await list({ fresh: true })).events[0]?.fingerprint

      const [outcome] = await writer.update(
        [{ ...stored, event: lesson({ subject: "Physics" }), mark: markOf("lesson-1") }],
        signal,
      )

      assert.ok(errorOf(outcome) instanceof ChangedMeanwhileError)
      assert.equal((await list({ fresh: true })).events[0]?.fingerprint, before)
    })

    inCalendar("a removal at an old version removes nothing and says why", async ({ create, user, writer, list }) => {
      const stored = await create(lesson())
      await user.edit(stored.id, { subject: "Edited by hand" })

      const [outcome] = await writer.remove([stored], signal)

      assert.ok(errorOf(outcome) instanceof ChangedMeanwhileError)
      assert.equal((await list()).events.length, 1)
    })

    inCalendar("an update of what is gone says that it changed meanwhile, and costs no other", async story => {
      const { create, user, writer, list } = story
      const gone = await create(lesson({ key: "gone" }))
      const there = await create(lesson({ key: "there" }))
      await user.remove(gone.id)

      const outcomes = await writer.update(
        [gone, there].map(stored => ({ ...stored, event: lesson({ subject: "Physics" }), mark: markOf("there") })),
        signal,
      )

      assert.ok(errorOf(outcomes[0]) instanceof ChangedMeanwhileError)
      assert.equal(outcomes[1]?.ok, true)
      assert.equal((await list()).events.length, 1)
    })

    inCalendar(
      "what was removed is gone, and removing it once more is done already",
      async ({ create, writer, list }) => {
        const stored = await create(lesson())

        const [first] = await writer.remove([stored], signal)
        const [second] = await writer.remove([stored], signal)

        assert.equal(first?.ok, true)
        assert.equal(second?.ok, true)
        assert.equal((await list()).events.length, 0)
      },
    )

    inCalendar("what somebody edits is listed as it is now", async ({ calendar, create, list, user }) => {
      const { id } = await create(lesson())
      const before = (await list()).events[0]

      await user.edit(id, { subject: "Edited by hand" })

      const [listed] = (await list()).events
      assert.equal(listed?.fingerprint, fingerprint(calendar.normalize(lesson({ subject: "Edited by hand" }))))
      assert.notEqual(listed?.version, before?.version)
      assert.deepEqual(listed?.mark, before?.mark)
    })

    inCalendar("what somebody deletes is no longer listed", async ({ create, list, user }) => {
      const { id } = await create(lesson({ key: "a" }))
      await create(lesson({ key: "b" }))
      await list()

      await user.remove(id)

      assert.deepEqual(
        (await list()).events.map(event => event.mark?.key),
        [keyHash("b")],
      )
    })

    inCalendar("a duplicate somebody makes of a copy is never taken for ours", async ({ create, list, user }) => {
      const { id } = await create(lesson())

      await user.duplicate(id)

      const isOurs = ({ mark, isCopyOfAnother }: StoredEvent) => mark !== undefined && !isCopyOfAnother
      const events = (await list({ includeForeign: true })).events
      assert.equal(events.length, 2)
      assert.deepEqual(
        events.filter(isOurs).map(event => event.id),
        [id],
      )
    })

    inCalendar("an item stripped of its mark stays as it is, without it", async ({ create, list, writer }) => {
      const stored = await create(lesson())
      const before = (await list()).events[0]

      const [outcome] = await writer.stripMark([stored], signal)

      const [listed] = (await list({ includeForeign: true })).events
      assert.equal(outcome?.ok, true)
      assert.equal(listed?.mark, undefined)
      assert.equal(listed?.fingerprint, before?.fingerprint)
    })

    inCalendar(
      "people's own events are listed when asked for, with what they say and no mark",
      async ({ list, user }) => {
        await user.add(lesson({ subject: "Dentist" }))

        const [listed] = (await list({ includeForeign: true })).events
        assert.equal(listed?.mark, undefined)
        assert.equal(listed?.event?.subject, "Dentist")
      },
    )

    inCalendar(
      "an adopted event carries the mark from then on and is told from a duplicate",
      async ({ list, user, writer }) => {
        await user.add(lesson())
        const [found] = (await list({ includeForeign: true })).events
        assert.ok(found)
        const { id, version } = found
        const mark = { ...markOf("lesson-1"), check: checkOf(id) }

        await writer.update([{ id, version, event: lesson(), mark }], signal)

        const [listed] = (await list()).events
        assert.deepEqual(listed?.mark, mark)
        assert.notEqual(listed?.isCopyOfAnother, true)
      },
    )

    inCalendar("every copy says when it is, first and every time after", async ({ create, list }) => {
      await create(lesson({ key: "timed" }))
      await create(holiday({ key: "all day" }))
      await create(weekly(lesson({ key: "series" })))

      for (const listing of [await list(), await list(), await list({ fresh: true })]) {
        assert.equal(listing.events.length, 3)
        for (const event of listing.events) assert.equal(liesIn(event, window), true)
      }
    })

    inCalendar("reading afresh and reading on agree", async ({ create, list, user }) => {
      const { id } = await create(lesson({ key: "a" }))
      await create(lesson({ key: "b" }))
      await list()
      await user.edit(id, { location: "Room 12" })

      const [known, fresh] = [await list(), await list({ fresh: true })]

      assert.deepEqual(known.events.map(summary).toSorted(), fresh.events.map(summary).toSorted())
    })

    inCalendar("every copy is found in a window of all time", async ({ create, list }) => {
      await create(lesson({ key: "past", start: "2019-03-01T08:00" }))
      await create(lesson({ key: "now" }))
      await create(lesson({ key: "future", start: "2041-03-01T08:00" }))

      const { events } = await list({ window: allTime, fresh: true })

      assert.deepEqual(
        events.map(event => event.mark?.key).toSorted(),
        ["past", "now", "future"].map(keyHash).toSorted(),
      )
    })

    inCalendar("an abort ends reading and writing", async ({ calendar, writer }) => {
      const aborted = AbortSignal.abort()

      await assert.rejects(calendar.list({ window, includeForeign: false, fresh: false }, aborted))
      await assert.rejects(writer.create([createItem(calendar, lesson(), "aborted")], aborted))
    })
  })
}

const variety = {
  "an ordinary lesson": lesson(),
  "an all-day event": holiday(),
  "an all-day event of several days": holiday({ days: 5 }),
  "a lesson across midnight": lesson({ start: "2026-12-31T23:30", minutes: 90 }),
  "an event without length": lesson({ minutes: 0 }),
  "a lesson with odd characters": lesson({
    subject: `<b>"Æ" & 'ß'</b> \u{1F3EB} \\ %41 {{subject}}`,
    location: "A|B;C",
  }),
  "a lesson with a very long subject": lesson({ subject: "x".repeat(400) }),
  "a lesson with blanks around": lesson({ subject: "  Mathematics  ", location: "  Room 12 " }),
  "a text of several lines": lesson({ body: { contentType: "text", content: "first\n\nthird & last <line>" } }),
  "an html body": lesson({ body: { contentType: "html", content: "<p>Bring <b>books</b> &amp; pens</p>" } }),
  "an event that says everything": lesson({
    location: "Room 12",
    body: { contentType: "text", content: "Bring books" },
    showAs: "OutOfOffice",
    sensitivity: "Private",
    importance: "High",
    categories: ["Timetable", "B"],
    reminder: 15,
  }),
} satisfies Record<string, CalendarEvent>

type Story = OpenedCalendar & {
  readonly writer: CalendarWriter
  list(request?: Partial<Parameters<Calendar["list"]>[0]>): Promise<Listing>
  create(event: CalendarEvent): Promise<{ readonly id: string; readonly version: string }>
}

function tell(opened: OpenedCalendar): Story {
  const { calendar } = opened
  const { writer } = calendar
  assert.ok(writer, "the contract is about calendars that can be written")
  return {
    ...opened,
    writer,
    list: request => calendar.list({ window, includeForeign: false, fresh: false, ...request }, signal),
    create: async event => {
      const [outcome] = await writer.create([createItem(calendar, event, `create-${event.key}`)], signal)
      assert.ok(outcome?.ok, String(errorOf(outcome)))
      return { id: outcome.id, version: outcome.version }
    },
  }
}

function createItem(calendar: Calendar, event: CalendarEvent, idempotencyKey: string): CreateItem {
  const print = fingerprint(calendar.normalize(event))
  return { event, idempotencyKey, mark: markFor(event.key, idempotencyKey, print) }
}

function markOf(key: string): Mark {
  return markFor(key, `create-${key}`, "0".repeat(22))
}

function markFor(key: string, idempotencyKey: string, print: string): Mark {
  return {
    installation: "contract",
    cluster: "cluster-a",
    owner: "owner",
    key: keyHash(key),
    fingerprint: print,
    writtenAt: at("2026-11-21T12:00:00"),
    check: checkOf(idempotencyKey),
  }
}

function withExceptions(series: CalendarEvent, missing: string, moved: string, content: EventContent): CalendarEvent {
  const recurrence = {
    rules: [],
    extraTimes: [],
    ...series.recurrence,
    excluded: [missing],
    overrides: [{ occurrence: moved, content }],
  }
  return { ...series, recurrence }
}

function summary({ id, version, fingerprint: print }: StoredEvent): string {
  return [id, version, print].join(" ")
}

function idOf(outcome: WriteOutcome | undefined): string {
  return outcome?.ok ? outcome.id : ""
}

function errorOf(outcome: WriteOutcome | undefined): Error | undefined {
  return outcome && !outcome.ok ? outcome.error : undefined
}

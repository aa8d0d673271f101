import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { desiredSet } from "../../operator/core/desired.ts"
import { type Plan, planSync } from "../../operator/core/plan.ts"
import { parsePolicy, syncWindow } from "../../operator/core/policy.ts"
import { liesIn } from "../../operator/core/span.ts"
import { at, lesson, weekly } from "../fakes/lesson.ts"
import { MailboxStory, now, ownership, source } from "../sync/mailbox-story.ts"

/** An event on any day of a year around now, so that windows matter. */
const anyEvent = fc
  .record({
    key: fc.integer({ min: 0, max: 12 }).map(key => `key-${key}`),
    day: fc.integer({ min: -60, max: 300 }),
    subject: fc.constantFrom("Mathematics", "Physics"),
    recurs: fc.boolean(),
  })
  .map(({ key, day, subject, recurs }) => {
    const date = Temporal.PlainDate.from("2026-11-25").add({ days: day })
    const event = lesson({ key, subject, start: `${date}T10:00` })
    return recurs ? weekly(event) : event
  })
const anyCalendar = fc.uniqueArray(anyEvent, { selector: event => event.key, maxLength: 12 })
const anyWindow = fc.option(
  fc.tuple(fc.integer({ min: -90, max: 30 }), fc.integer({ min: 1, max: 90 })).map(([from, days]) => {
    const start = now.add({ hours: 24 * from })
    return { start, end: start.add({ hours: 24 * days }) }
  }),
  { nil: undefined },
)

type Situation = {
  readonly story: MailboxStory
  readonly plan: (management?: "Full" | "UpsertOnly" | "CreateOnly") => Promise<Plan>
}

/** A mailbox synced with one calendar, edited by hand, then planned for another. */
async function situation(
  before: Parameters<typeof source>[0],
  after: Parameters<typeof source>[0],
  rest: Parameters<typeof source>[1],
  edits: readonly number[],
): Promise<Situation> {
  const story = new MailboxStory()
  await story.pass(before, { policy: { window: { past: "90d" }, firstSync: { skipOlderThan: "365d" } } })
  for (const edit of edits) {
    const id = story.ids[edit % Math.max(story.ids.length, 1)] ?? ""
    const hands = [
      () => story.calendar.userEdits(id, { subject: "My own words" }),
      () => story.calendar.userDeletes(id),
      () => story.calendar.userDuplicates(id),
      () => story.calendar.userAdds(lesson({ subject: "Dentist" })),
    ]
    hands[edit % hands.length]?.()
  }
  const signal = new AbortController().signal
  return {
    story,
    plan: async (management = "Full") => {
      const policy = parsePolicy({ management })
      const window = syncWindow(policy, now)
      const listing = await story.calendar.list({ window, includeForeign: true, fresh: true }, signal)
      const desired = desiredSet({ source: source(after, rest), policy, calendar: story.calendar, window })
      return planSync({ desired, listing, ownership: ownership(), policy, window, firstSyncDone: true, now })
    },
  }
}

const anySituation = fc.record({
  before: anyCalendar,
  after: anyCalendar,
  window: anyWindow,
  complete: fc.boolean(),
  edits: fc.array(fc.nat({ max: 40 }), { maxLength: 4 }),
})

function check(
  judge: (
    plan: Situation,
    given: { window: Awaited<ReturnType<typeof anyWindow.generate>>["value"]; complete: boolean },
  ) => Promise<void>,
): Promise<void> {
  return fc.assert(
    fc.asyncProperty(anySituation, async ({ before, after, window, complete, edits }) => {
      const rest = { complete, ...(window ? { window } : {}) }
      await judge(await situation(before, after, rest, edits), { window, complete })
    }),
    { numRuns: 60 },
  )
}

test("each management mode does a part of what the one above it does", () =>
  check(async ({ plan }) => {
    const namesOf = ({ operations }: Plan) => operations.map(operation => JSON.stringify(operation))
    const [full, upsert, create] = [await plan("Full"), await plan("UpsertOnly"), await plan("CreateOnly")].map(namesOf)
    assert.ok(full && upsert && create)
    assert.ok(upsert.every(operation => full.includes(operation)))
    assert.ok(create.every(operation => upsert.includes(operation)))
  }))

test("nothing is removed outside what both listings vouch for", () =>
  check(async ({ plan, story }, { window, complete }) => {
    const removed = new Set(
      (await plan()).operations.flatMap(operation => (operation.kind === "remove" ? [operation.copy.id] : [])),
    )
    assert.ok(complete || removed.size === 0)
    for (const item of story.calendar.items.filter(({ id }) => removed.has(id))) {
      assert.ok(liesIn(item, syncWindow(parsePolicy({}), now)))
      assert.ok(!window || liesIn(item, window))
    }
  }))

test("no operation names an item without our mark", () =>
  check(async ({ plan, story }) => {
    const unmarked = new Set(story.calendar.items.filter(item => item.mark === undefined).map(item => item.id))
    for (const operation of (await plan()).operations) {
      assert.ok(operation.kind === "create" || !unmarked.has(operation.copy.id))
    }
  }))

test("deletions come last, and one item is named once", () =>
  check(async ({ plan }) => {
    const { operations } = await plan()
    const firstRemoval = operations.findIndex(({ kind }) => kind === "remove")
    assert.ok(firstRemoval < 0 || operations.slice(firstRemoval).every(({ kind }) => kind === "remove"))
    const ids = operations.flatMap(operation => ("copy" in operation ? [operation.copy.id] : []))
    assert.equal(new Set(ids).size, ids.length)
  }))

test("a pass over what the pass before left plans nothing", () =>
  fc.assert(
    fc.asyncProperty(anyCalendar, anyCalendar, async (before, after) => {
      const story = new MailboxStory()
      story.clock = at("2026-11-25T12:00")
      await story.pass(before)
      await story.pass(after)
      const writes = story.calendar.writes
      const report = await story.pass(after)
      assert.equal(story.calendar.writes, writes)
      assert.ok(report.hold || report.events.inSync === report.events.desired)
    }),
    { numRuns: 60 },
  ))

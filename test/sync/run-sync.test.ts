import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { holiday, lesson, weekly } from "../fakes/lesson.ts"
import { MailboxStory, source } from "./mailbox-story.ts"

function lessons(count: number, change: Partial<Parameters<typeof lesson>[0]> = {}) {
  return Array.from({ length: count }, (_, index) =>
    lesson({ key: `lesson-${index}`, subject: `Lesson ${index}`, ...change }),
  )
}

describe("faults of single events", () => {
  test("one refused event costs only itself and is named by its key, not by what it says", async () => {
    const story = new MailboxStory()
    let call = 0
    story.calendar.faults = { write: () => (call++ === 1 ? "invalid" : undefined) }

    const report = await story.pass(lessons(4))

    assert.equal(report.lastPass.created, 3)
    assert.deepEqual(report.failures, [{ key: "lesson-1", reason: "InvalidItem", message: "the item was refused" }])
    assert.deepEqual(report.events, { desired: 4, inSync: 3, held: 0, failed: 1 })
    assert.equal(report.synced.reason, "PartiallyApplied")
    assert.ok(report.goodPassAt, "a refusal is a certain answer")
  })

  test("what an unexpected error says of an event is not told", async () => {
    const story = new MailboxStory()
    const bug = new Error("cannot read property of Lesson 0")
    const writer = { ...story.calendar.writer, create: async () => [{ ok: false as const, error: bug }] }
    const mailbox = {
      list: story.calendar.list.bind(story.calendar),
      normalize: story.calendar.normalize.bind(story.calendar),
      canStoreSeries: story.calendar.canStoreSeries.bind(story.calendar),
      writer,
    }

    const report = await story.pass(lessons(1), { mailbox })

    assert.deepEqual(
      report.failures.map(({ reason }) => reason),
      ["InternalError"],
    )
    assert.doesNotMatch(JSON.stringify(report.failures.map(({ message }) => message)), /Lesson/)
  })

  test("of two events with one key the first is used, and stays in nobody's doubt", async () => {
    const story = new MailboxStory()
    await story.pass(lessons(1))
    const [first] = lessons(1)
    assert.ok(first)

    const report = await story.pass([
      { ...first, subject: "First" },
      { ...first, subject: "Second" },
    ])

    assert.deepEqual(story.subjects, ["First"])
    assert.deepEqual(
      report.failures.map(({ reason }) => reason),
      ["DuplicateKey"],
    )
  })

  test("at most five failures are told one by one, all are counted", async () => {
    const story = new MailboxStory()
    story.calendar.faults = { write: () => "invalid" }

    const report = await story.pass(lessons(9))

    assert.equal(report.failures.length, 5)
    assert.equal(report.failuresTotal, 9)
    assert.equal(report.failedReasons.length, 9)
    assert.equal(report.failedKeys.size, 9)
    assert.equal(report.synced.reason, "ApplyFailed")
  })

  test("a create whose answer was lost is not made twice, even while the mailbox does not show it yet", async () => {
    const story = new MailboxStory()
    story.calendar.faults = { write: () => "lostAnswer", list: () => "behind" }
    const report = await story.pass(lessons(1))
    assert.equal(report.goodPassAt, undefined)

    story.calendar.faults = { list: () => "behind" }
    await story.pass(lessons(1))

    assert.equal(story.calendar.items.length, 1)
  })

  test("somebody editing while the pass runs costs a second look in the same pass", async () => {
    const story = new MailboxStory()
    await story.pass(lessons(3))
    let isFirst = true
    story.calendar.faults = {
      write: () => {
        const fault = isFirst ? "editedJustBefore" : undefined
        isFirst = false
        return fault
      },
    }

    const report = await story.pass(lessons(3, { location: "Room 12" }))

    assert.equal(report.lastPass.updated, 3)
    assert.equal(report.failuresTotal, 0)
  })

  test("somebody who goes on editing is reported after the second look, and the pass ends", async () => {
    const story = new MailboxStory()
    await story.pass(lessons(1))
    story.calendar.faults = { write: () => "editedJustBefore" }

    const report = await story.pass(lessons(1, { location: "Room 12" }))

    assert.equal(report.failures[0]?.reason, "ChangedMeanwhile")
    assert.ok(report.goodPassAt)
  })

  test("what was refused in the first look is not tried again in the second", async () => {
    const story = new MailboxStory()
    await story.pass(lessons(2))
    const tried: string[] = []
    story.calendar.faults = {
      write: (_, id) => {
        tried.push(id)
        return id === story.ids[0] ? "invalid" : tried.length < 3 ? "editedJustBefore" : undefined
      },
    }

    await story.pass(lessons(2, { location: "Room 12" }))

    assert.equal(tried.filter(id => id === story.ids[0]).length, 1)
  })
})

describe("faults of the whole", () => {
  test("a mailbox that cannot be read throws and nothing is written", async () => {
    const story = new MailboxStory()
    story.calendar.faults = { list: () => "unreachable" }

    await assert.rejects(story.pass(lessons(1)), { name: "TemporaryError", reason: "Unreachable" })
    assert.equal(story.calendar.writes, 0)
  })

  test("a connection lost half way ends the writing, and the report tells what was done and why it ended", async () => {
    const story = new MailboxStory()
    let call = 0
    story.calendar.faults = { write: () => (call++ === 150 ? "gatewayError" : undefined) }

    const report = await story.pass(lessons(300))

    assert.equal(report.lastPass.created, 100)
    assert.equal(report.stopped?.message, "503 from the gateway")
    assert.equal(report.synced.reason, "Unreachable")
    assert.equal(report.firstSyncDone, false)

    story.calendar.faults = {}
    await story.pass(lessons(300))
    assert.equal(story.calendar.items.length, 300)
  })

  test("a crash of the process is not swallowed, and the next pass goes on where it ended", async () => {
    const story = new MailboxStory()
    let call = 0
    story.calendar.faults = { write: () => (call++ === 150 ? "crash" : undefined) }
    await assert.rejects(story.pass(lessons(300)), /the process ends here/)
    story.calendar.faults = {}

    const report = await story.pass(lessons(300))

    assert.equal(report.lastPass.created, 150)
    assert.equal(story.calendar.items.length, 300)
  })

  test("an abort ends the pass between slices and is no failure to report", async () => {
    const story = new MailboxStory()
    const abort = new AbortController()

    const pass = story.pass(lessons(300), { signal: abort.signal, onProgress: () => abort.abort() })

    await assert.rejects(pass, { name: "AbortError" })
    assert.equal(story.calendar.items.length, 100)
  })

  test("progress counts up to the whole plan", async () => {
    const seen: string[] = []

    await new MailboxStory().pass(lessons(250), { onProgress: ({ done, total }) => seen.push(`${done}/${total}`) })

    assert.deepEqual(seen, ["100/250", "200/250", "250/250"])
  })

  test("a writer that wants more at once gets it", async () => {
    const seen: string[] = []
    const story = new MailboxStory()
    Object.assign(story.calendar.writer, { itemsAtOnce: 200 })

    await story.pass(lessons(250), { onProgress: ({ done, total }) => seen.push(`${done}/${total}`) })

    assert.deepEqual(seen, ["200/250", "250/250"])
  })

  test("what is near is written first", async () => {
    const story = new MailboxStory()
    const far = lesson({ key: "far", subject: "Far", start: "2027-03-01T08:00" })
    const near = lesson({ key: "near", subject: "Near", start: "2026-11-25T14:00" })

    await story.pass([far, near])

    assert.deepEqual(
      story.calendar.items.map(item => item.event.subject),
      ["Near", "Far"],
    )
  })
})

test("the mailbox is asked for more than the window, for people's own events until the first sync is done, afresh on a full pass", async () => {
  const story = new MailboxStory()
  const asked: Parameters<typeof story.calendar.list>[0][] = []
  const list = story.calendar.list.bind(story.calendar)
  story.calendar.list = (request, signal) => {
    asked.push(request)
    return list(request, signal)
  }

  await story.pass(lessons(1), { policy: { window: { past: "1d", future: "1d" } } })
  await story.pass(lessons(1), { kind: "Full" })

  assert.equal(asked[0]?.window.start.toString(), "2026-11-23T00:00:00Z")
  assert.equal(asked[0]?.window.end.toString(), "2026-11-28T00:00:00Z")
  assert.deepEqual(
    asked.map(({ includeForeign, fresh }) => [includeForeign, fresh]),
    [
      [true, false],
      [false, true],
    ],
  )
})

describe("management", () => {
  const [first, second, third] = lessons(3)
  const events = [first, second, third].flatMap(event => event ?? [])

  async function changedEverywhere(): Promise<MailboxStory> {
    const story = new MailboxStory()
    await story.pass(events.slice(0, 2))
    return story
  }
  const changed = events.slice(1).map(event => ({ ...event, location: "Room 12" }))

  test("UpsertOnly creates and updates, deletes nothing, and says who holds the deletion back", async () => {
    const story = await changedEverywhere()

    const report = await story.pass(changed, { policy: { management: "UpsertOnly" } })

    assert.equal(story.calendar.items.length, 3)
    assert.deepEqual(report.pending, { create: 0, update: 0, delete: 1, blockedBy: "UpsertOnly" })
  })

  test("CreateOnly creates and touches nothing that is there", async () => {
    const story = await changedEverywhere()
    const before = story.calendar.items

    const report = await story.pass(changed, { policy: { management: "CreateOnly" } })

    assert.deepEqual(story.calendar.items.slice(0, 2), before)
    assert.equal(report.lastPass.created, 1)
    assert.deepEqual(report.pending, { create: 0, update: 1, delete: 1, blockedBy: "CreateOnly" })
  })

  test("ObserveOnly writes nothing and shows the plan", async () => {
    const story = await changedEverywhere()
    const before = story.calendar.items

    const report = await story.pass(changed, { policy: { management: "ObserveOnly" } })

    assert.deepEqual(story.calendar.items, before)
    assert.deepEqual(report.pending, { create: 1, update: 1, delete: 1, blockedBy: "ObserveOnly" })
    assert.equal(report.synced.reason, "ObserveOnly")
  })

  test("a first pass under ObserveOnly does not use up the first sync", async () => {
    const report = await new MailboxStory().pass(changed, { policy: { management: "ObserveOnly" } })

    assert.equal(report.firstSyncDone, false)
  })
})

describe("the guard", () => {
  test("a source that is suddenly empty holds its deletions, and the token lets exactly them through", async () => {
    const story = new MailboxStory()
    await story.pass(lessons(8))

    const held = await story.pass([])
    assert.equal(held.hold?.by, "DeletionGuard")
    assert.equal(held.events.held, 8)
    assert.deepEqual(held.pending, { create: 0, update: 0, delete: 8, blockedBy: "DeletionGuard" })
    assert.equal(story.calendar.items.length, 8)
    assert.equal((await story.pass([])).hold?.token, held.hold?.token, "the same plan has the same token")

    story.state = { ...story.state, approvedToken: held.hold?.token }
    await story.pass([])
    assert.equal(story.calendar.items.length, 0)
  })

  test("a held plan goes on creating and updating", async () => {
    const story = new MailboxStory()
    await story.pass(lessons(20))
    const policy = { deletion: { guard: { maxCount: 5, maxPercent: 10 } } }
    const rest = lessons(8).map(event => ({ ...event, location: "Room 12" }))

    const report = await story.pass([...rest, lesson({ key: "new" })], { policy })

    assert.equal(report.hold?.by, "DeletionGuard")
    assert.equal(report.lastPass.created, 1)
    assert.equal(report.lastPass.updated, 8)
    assert.equal(story.calendar.items.length, 21)
  })

  test("a token for another plan lets nothing through", async () => {
    const story = new MailboxStory()
    await story.pass(lessons(8))
    const held = await story.pass([])
    await story.pass([...lessons(8), lesson({ key: "one more" })])

    story.state = { ...story.state, approvedToken: held.hold?.token }
    const report = await story.pass([])

    assert.equal(report.hold?.by, "DeletionGuard")
    assert.equal(story.calendar.items.length, 9)
  })

  test("the first sync waits for approval where the policy wants it, and writes nothing until then", async () => {
    const story = new MailboxStory()
    const policy = { firstSync: { requireApproval: true } }

    const held = await story.pass(lessons(3), { policy })
    assert.equal(held.hold?.by, "ApprovalRequired")
    assert.equal(held.pending.create, 3)
    assert.equal(story.calendar.items.length, 0)
    assert.equal(held.firstSyncDone, false)

    story.state = { ...story.state, approvedToken: held.hold?.token }
    const report = await story.pass(lessons(3), { policy })
    assert.equal(report.lastPass.created, 3)
    assert.equal(report.firstSyncDone, true)
    assert.equal((await story.pass(lessons(4), { policy })).lastPass.created, 1, "later passes wait for nobody")
  })
})

describe("the first sync", () => {
  test("recognises by hand what has the same subject, start, end and recurrence", async () => {
    const story = new MailboxStory()
    story.calendar.userAdds(lesson({ subject: "Mathematics", location: "somewhere else" }))
    story.calendar.userAdds(weekly(lesson({ subject: "Art", start: "2026-12-02T08:00" })))
    story.calendar.userAdds(holiday())

    const report = await story.pass([
      lesson({ key: "a", subject: "Mathematics" }),
      weekly(lesson({ key: "b", subject: "Art", start: "2026-12-02T08:00" })),
      holiday({ key: "c" }),
    ])

    assert.equal(report.lastPass.adopted, 3)
    assert.equal(story.calendar.items.length, 3)
  })

  for (const [what, other] of Object.entries({
    "another subject": lesson({ subject: "Maths" }),
    "another start": lesson({ start: "2026-12-01T08:05" }),
    "another end": lesson({ minutes: 45 }),
    "another recurrence": weekly(lesson()),
  })) {
    test(`does not take ${what} for the same`, async () => {
      const story = new MailboxStory()
      story.calendar.userAdds(other)

      const report = await story.pass([lesson()])

      assert.equal(report.lastPass.adopted, 0)
      assert.equal(story.calendar.items.length, 2)
    })
  }

  test("never merges what is in doubt", async () => {
    const story = new MailboxStory()
    story.calendar.userAdds(lesson())
    story.calendar.userAdds(lesson())

    const report = await story.pass([lesson()])

    assert.equal(report.lastPass.adopted, 0)
    assert.equal(report.ambiguous, 1)
    assert.match(report.synced.message, /were not merged/)
    assert.equal(story.calendar.items.length, 3)
  })

  test("leaves alone what it was told not to match", async () => {
    const story = new MailboxStory()
    story.calendar.userAdds(lesson())

    await story.pass([lesson()], { policy: { firstSync: { matchExisting: false } } })

    assert.equal(story.calendar.items.length, 2)
  })

  test("skips what ended too long ago, unless it recurs into the future", async () => {
    const story = new MailboxStory()
    const old = lesson({ key: "old", start: "2026-10-01T08:00" })
    const recurring = weekly(lesson({ key: "recurring", subject: "Art", start: "2026-10-01T08:00" }), { count: 20 })
    const policy = { window: { past: "90d" }, firstSync: { skipOlderThan: "30d" } }

    const report = await story.pass([old, recurring], { policy })

    assert.deepEqual(story.subjects, ["Art"])
    assert.equal(report.lastPass.skipped, 1)
    assert.deepEqual(report.events, { desired: 1, inSync: 1, held: 0, failed: 0 })
  })

  test("that was cut short adopts the rest the next time", async () => {
    const story = new MailboxStory()
    for (const event of lessons(2)) story.calendar.userAdds(event)
    let call = 0
    story.calendar.faults = { write: () => (call++ === 1 ? "lostAnswer" : undefined) }
    await story.pass(lessons(2))

    story.calendar.faults = {}
    await story.pass(lessons(2))

    assert.equal(story.calendar.items.length, 2)
  })
})

test("events the policy filters out are removed, and an event the filter cannot judge stays", async () => {
  const story = new MailboxStory()
  const [first, second] = lessons(2)
  assert.ok(first && second)
  await story.pass([first, second])

  const report = await story.pass([{ ...first, subject: "" }, second], {
    policy: { include: { when: "event.subject == '' ? 1 / size(event.subject) == 1 : false" } },
  })

  assert.deepEqual(story.subjects, ["Lesson 0"])
  assert.equal(report.failures[0]?.reason, "FilterFailed")
})

test("an event that comes twice from the source is written once and reported", async () => {
  const story = new MailboxStory()

  const report = await story.pass(source([lesson(), lesson({ subject: "Again" })]))

  assert.deepEqual(story.subjects, ["Mathematics"])
  assert.equal(report.failures[0]?.reason, "DuplicateKey")
})

test("events that wait because the mailbox could not be read whole are told", async () => {
  const story = new MailboxStory()
  story.calendar.faults = { list: () => "incomplete" }

  const report = await story.pass(lessons(2))

  assert.equal(report.lastPass.created, 0)
  assert.equal(report.synced.status, "False")
  assert.match(report.synced.message, /0 of 2 .* 2 events wait/)
})

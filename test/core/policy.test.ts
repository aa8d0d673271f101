import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { parsePolicy, syncWindow } from "../../operator/core/policy.ts"
import { at, holiday, lesson, weekly } from "../fakes/lesson.ts"

const invalid = { name: "NeedsAttentionError", reason: "InvalidSpec" }

describe("a policy", () => {
  test("without a word is a sensible one", () => {
    const policy = parsePolicy({})

    assert.equal(policy.window.past.toString(), "P7D")
    assert.equal(policy.window.future.toString(), "P200D")
    assert.equal(policy.schedule.intervalMs, 300_000)
    assert.deepEqual(policy.schedule.fullResync, { cron: "0 2 * * *", timeZone: "UTC", spreadMs: 7_200_000 })
    assert.equal(policy.management, "Full")
    assert.equal(policy.drift, "Correct")
    assert.equal(policy.firstSync.matchExisting, true)
    assert.deepEqual(policy.deletion, { guard: { maxPercent: 30, maxCount: 100 }, onUnbind: "Retain" })
  })

  test("names the field it cannot read", () => {
    assert.throws(() => parsePolicy({ window: { past: "a week" } }), { ...invalid, message: /window\.past/ })
    assert.throws(() => parsePolicy({ schedule: { interval: "5" } }), { ...invalid, message: /schedule\.interval/ })
    assert.throws(() => parsePolicy({ schedule: { fullResync: { cron: "x" } } }), { ...invalid, message: /fullResync/ })
    assert.throws(() => parsePolicy({ appearance: { reminder: "soon" } }), { ...invalid, message: /reminder/ })
    assert.throws(() => parsePolicy({ appearance: { reminder: "15d" } }), { ...invalid, message: /reminder .* 14d/ })
    assert.throws(() => parsePolicy({ appearance: { types: { a: { defaultDuration: "9999999d" } } } }), {
      ...invalid,
      message: /defaultDuration .* 7d/,
    })
    assert.throws(() => parsePolicy({ appearance: { subject: "{{teacher}}" } }), {
      ...invalid,
      message: /\{\{teacher\}\}/,
    })
    assert.throws(() => parsePolicy({ appearance: { types: { a: { subject: "{{" } } } }), invalid)
    assert.throws(() => parsePolicy({ include: { when: "event." } }), { ...invalid, message: /include\.when/ })
  })

  test("looks at whole days, so that its window is the same all day", () => {
    const policy = parsePolicy({ window: { past: "1d", future: "7d" } })

    const morning = syncWindow(policy, at("2026-12-02T06:00"))
    const evening = syncWindow(policy, at("2026-12-02T23:00"))

    assert.deepEqual(morning, evening)
    assert.equal(morning.start.toString(), "2026-12-01T00:00:00Z")
    assert.equal(morning.end.toString(), "2026-12-10T00:00:00Z")
  })
})

describe("what a policy includes", () => {
  const wants = (include: Parameters<typeof parsePolicy>[0]["include"], event = lesson({ type: "lesson" })) =>
    parsePolicy({ include }).filter(event)

  test("is everything, unless it names types", () => {
    assert.equal(wants({}), true)
    assert.equal(wants({ types: [] }), true)
    assert.equal(wants({ types: ["lesson"] }), true)
    assert.equal(wants({ types: ["exam"] }), false)
    assert.equal(wants({ types: ["exam"] }, lesson()), false, "an event without type is of no named type")
  })

  test("is never an excluded type, even when it is included too", () => {
    assert.equal(wants({ types: ["lesson"], excludeTypes: ["lesson"] }), false)
    assert.equal(wants({ excludeTypes: ["exam"] }), true)
  })

  const answers = [
    ["event.allDay == false", lesson(), true],
    ["event.allDay == false", holiday(), false],
    ["event.recurring", weekly(), true],
    ["event.location == ''", lesson(), true],
    ["event.location.startsWith('Room') && size(event.location) > 4", lesson({ location: "Room 12" }), true],
    ["'Exam' in event.categories", lesson({ categories: ["Exam"] }), true],
    ["event.categories.exists(c, c.startsWith('E'))", lesson({ categories: ["Exam"] }), true],
    ["event.people.all(p, event.categories.exists(c, c == p))", lesson({ people: ["A"], categories: ["B"] }), false],
    ["event.durationMinutes >= 60", lesson(), true],
    ["event.durationMinutes >= 61", lesson(), false],
    ["event.start.getHours('Europe/Copenhagen') < 9", lesson(), true],
    ["event.start > timestamp('2027-01-01T00:00:00Z')", lesson(), false],
    ["event.showAs != 'Free' || event.sensitivity == 'Private'", lesson({ showAs: "Free" }), false],
  ] as const

  for (const [when, event, expected] of answers) {
    test(`is asked in CEL: ${when} → ${expected}`, () => {
      assert.equal(wants({ when }, event), expected)
    })
  }

  const refused = {
    "a misspelt field": "event.tpye == 'x'",
    "an answer that is no boolean": "event.subject",
    "types that do not fit": "event.subject > 3",
    "a regular expression": "event.subject.matches('(a+)+$')",
    "a binding, which can double a text again and again": "cel.bind(a, event.subject + event.subject, a == '')",
    "three nested macros": "event.people.all(a, event.people.all(b, event.people.all(c, a == c)))",
    "a function that is not on the list": "type(event.subject) == string",
    "a mapping": "event.people.map(p, p + p).size() > 3",
    "an expression without end": Array.from({ length: 200 }, () => "event.allDay").join(" || "),
    "a variable that does not exist": "mailbox == 'x'",
  }

  for (const [what, when] of Object.entries(refused)) {
    test(`may not be ${what}`, () => {
      assert.throws(() => parsePolicy({ include: { when } }), invalid)
    })
  }

  test("an expression that fails for an event says so without repeating the event", () => {
    const filter = parsePolicy({ include: { when: "int(event.subject) > 3" } }).filter

    assert.equal(filter(lesson({ subject: "4" })), true)
    assert.throws(
      () => filter(lesson({ subject: "secret" })),
      error => {
        assert.ok(error instanceof Error)
        assert.equal(error.name, "EventFilterError")
        assert.ok(!`${error.message} ${error.cause}`.includes("secret"))
        return true
      },
    )
  })
})

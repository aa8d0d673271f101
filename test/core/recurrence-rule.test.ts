import assert from "node:assert/strict"
import { test } from "node:test"
import { RecurrenceTooComplexError, UnreadableRuleError } from "../../operator/core/recurrence-errors.ts"
import { formatRule, parseRule } from "../../operator/core/recurrence-rule.ts"

const timed = { zone: "Europe/Copenhagen", allDay: false }
const allDay = { zone: "Europe/Copenhagen", allDay: true }

for (const text of [
  "FREQ=DAILY",
  "FREQ=DAILY;INTERVAL=3;COUNT=10",
  "FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=SU,TU",
  "FREQ=MONTHLY;BYDAY=2TU,-1FR",
  "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
  "FREQ=YEARLY;BYMONTHDAY=29;BYMONTH=2",
  "FREQ=YEARLY;BYDAY=MO;BYWEEKNO=20,-1",
  "FREQ=YEARLY;BYYEARDAY=1,-1",
  "FREQ=MINUTELY;BYSECOND=0,30;BYMINUTE=15;BYHOUR=8,9",
  "FREQ=WEEKLY;UNTIL=20261231T225959Z;BYDAY=TU",
]) {
  test(`${text} is read and written back as it is`, () => {
    assert.equal(formatRule(parseRule(text, timed), timed), text)
  })
}

for (const [what, text, meaning] of [
  ["small letters", "freq=weekly;byday=tu", "FREQ=WEEKLY;BYDAY=TU"],
  ["its own name", "RRULE:FREQ=DAILY", "FREQ=DAILY"],
  ["a semicolon at the end", "FREQ=DAILY;", "FREQ=DAILY"],
  ["blanks and broken lines", "FREQ=WEEKLY; BYDAY=TU, WE\r\n ;COUNT=3", "FREQ=WEEKLY;COUNT=3;BYDAY=TU,WE"],
  ["an empty UNTIL", "FREQ=DAILY;UNTIL=", "FREQ=DAILY"],
  ["an empty place in a list", "FREQ=WEEKLY;BYDAY=TU,,WE", "FREQ=WEEKLY;BYDAY=TU,WE"],
  ["unknown parts", "FREQ=DAILY;X-FOO=1;BYEASTER=0", "FREQ=DAILY"],
  ["an ordinal in a weekly rule", "FREQ=WEEKLY;BYDAY=1MO", "FREQ=WEEKLY;BYDAY=MO"],
  ["an ordinal of a numbered week", "FREQ=YEARLY;BYWEEKNO=3;BYDAY=2MO", "FREQ=YEARLY;BYDAY=MO;BYWEEKNO=3"],
  ["a zeroth Monday", "FREQ=MONTHLY;BYDAY=0MO", "FREQ=MONTHLY;BYDAY=MO"],
  ["plus signs", "FREQ=MONTHLY;BYDAY=+1MO;BYMONTHDAY=+7", "FREQ=MONTHLY;BYDAY=1MO;BYMONTHDAY=7"],
  ["an interval of zero", "FREQ=DAILY;INTERVAL=0", "FREQ=DAILY"],
  ["days no month has", "FREQ=MONTHLY;BYMONTHDAY=15,32,0", "FREQ=MONTHLY;BYMONTHDAY=15"],
  ["the calendar we have", "RSCALE=GREGORIAN;FREQ=DAILY;SKIP=OMIT", "FREQ=DAILY"],
  ["a part twice", "FREQ=DAILY;COUNT=2;COUNT=3", "FREQ=DAILY;COUNT=3"],
] as const) {
  test(`a rule with ${what} is understood`, () => {
    assert.equal(formatRule(parseRule(text, timed), timed), meaning)
  })
}

for (const [what, text] of [
  ["nothing", ""],
  ["no frequency", "BYDAY=TU"],
  ["an unknown frequency", "FREQ=FORTNIGHTLY"],
  ["words for numbers", "FREQ=DAILY;COUNT=three"],
  ["a negative interval", "FREQ=DAILY;INTERVAL=-1"],
  ["a day that is none", "FREQ=WEEKLY;BYDAY=XX"],
  ["a list of words", "FREQ=MONTHLY;BYMONTHDAY=first"],
  ["only days no month has", "FREQ=MONTHLY;BYMONTHDAY=32"],
  ["an end that does not exist", "FREQ=DAILY;UNTIL=20260231"],
  ["an end in words", "FREQ=DAILY;UNTIL=tomorrow"],
  ["the eightieth Monday", "FREQ=YEARLY;BYDAY=80MO"],
  ["no end of text", `FREQ=DAILY;BYSECOND=${"1,".repeat(5_000)}`],
] as const) {
  test(`a rule of ${what} is unreadable`, () => {
    assert.throws(() => parseRule(text, timed), UnreadableRuleError)
  })
}

for (const text of ["RSCALE=CHINESE;FREQ=YEARLY", "RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=FORWARD;BYMONTHDAY=31"]) {
  test(`${text} is refused rather than followed wrongly`, () => {
    assert.throws(() => parseRule(text, timed), RecurrenceTooComplexError)
  })
}

for (const [what, text, context, until] of [
  ["a date is the end of that local day", "20261231", timed, "2026-12-31T23:59:59"],
  ["a time in UTC is put on the wall clock", "20261231T225959Z", timed, "2026-12-31T23:59:59"],
  ["a time without Z is on the wall clock already", "20261231T120000", timed, "2026-12-31T12:00:00"],
  ["dashes and colons do not matter", "2026-12-31T12:00:00", timed, "2026-12-31T12:00:00"],
  ["a date ends an all-day series with that day", "20261231", allDay, "2026-12-31T23:59:59"],
  [
    "local midnight as UTC ends an all-day series with the local day",
    "20261230T230000Z",
    allDay,
    "2026-12-31T23:59:59",
  ],
  ["midnight UTC ends an all-day series with the day it names", "20261231T000000Z", allDay, "2026-12-31T23:59:59"],
  ["the end of a UTC day ends an all-day series with that day", "20261231T235959Z", allDay, "2026-12-31T23:59:59"],
] as const) {
  test(`UNTIL: ${what}`, () => {
    assert.equal(parseRule(`FREQ=DAILY;UNTIL=${text}`, context).until?.toString(), until)
  })
}

test("an all-day series is deaf to hours and cannot recur by them", () => {
  assert.equal(formatRule(parseRule("FREQ=DAILY;BYHOUR=8,9;BYMINUTE=1", allDay), allDay), "FREQ=DAILY")
  assert.throws(() => parseRule("FREQ=HOURLY", allDay), UnreadableRuleError)
})

test("an all-day series is written with a date as its end", () => {
  assert.equal(formatRule(parseRule("FREQ=DAILY;UNTIL=20261231", allDay), allDay), "FREQ=DAILY;UNTIL=20261231")
})

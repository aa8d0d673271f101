import assert from "node:assert/strict"
import { test } from "node:test"
import { type MailboxCalendar, OpenCalendars } from "../../operator/exchange/open-calendars.ts"
import { MemoryCalendar } from "../fakes/memory-calendar.ts"

const hourMs = 3_600_000

function opened() {
  let nowMs = 0
  const calendars = new OpenCalendars({ monotonicMs: () => nowMs }, () => new MemoryCalendar())
  return {
    get: (name: string, which: Partial<MailboxCalendar> = {}) =>
      calendars.get({ address: `${name}@contoso.com`, calendar: { kind: "Default" }, ...which }),
    sleep: (hours: number) => {
      nowMs += hours * hourMs
    },
  }
}

test("a mailbox asked for again is the same one, however its address is written", () => {
  const { get } = opened()

  assert.equal(get("anna"), get("Anna"))
  assert.notEqual(get("anna"), get("bo"))
  assert.notEqual(get("anna"), get("anna", { calendar: { kind: "Named", name: "Timetable" } }))
})

test("one that is asked for every night is kept, one that is bound no more is forgotten", () => {
  const { get, sleep } = opened()
  const anna = get("anna")
  const bo = get("bo")
  for (let night = 0; night < 3; night++) {
    sleep(24)
    assert.equal(get("anna"), anna)
  }

  assert.notEqual(get("bo"), bo)
})

test("one missed night forgets nobody", () => {
  const { get, sleep } = opened()
  const anna = get("anna")
  sleep(48)

  assert.equal(get("anna"), anna)
})

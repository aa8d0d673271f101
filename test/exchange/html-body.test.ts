import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import type { CalendarEvent } from "../../operator/core/event.ts"
import { parsePolicy } from "../../operator/core/policy.ts"
import { runSync, type SyncState } from "../../operator/sync/run-sync.ts"
import { lesson, weekly } from "../fakes/lesson.ts"
import { now, ownership, source } from "../sync/mailbox-story.ts"
import { ownCalendar, type Simulated, simulated } from "./simulated.ts"

let exchange: Simulated

before(async () => {
  exchange = await simulated()
})

after(async () => {
  await exchange.close()
})

const html = {
  contentType: "html",
  content: '<p>Bring <a href="https://school.example/book">the <b>blue</b> book</a></p>',
} as const

test("a body with markup arrives with its links, and the next passes find nothing to do", async () => {
  const address = exchange.newMailbox()
  const events = [
    lesson({ key: "one", body: html }),
    weekly(lesson({ key: "series", start: "2026-12-02T10:00", body: html })),
  ]

  const first = await passes(address, events, 1)
  const again = await passes(address, events, 2, first.state)

  const contents = exchange.admin.events(address).map(event => JSON.stringify(event["body"]))
  assert.equal(contents.length, 2)
  for (const content of contents) assert.match(content, /href=\\"https:\/\/school\.example\/book\\"/)
  assert.deepEqual(again.writes, 0)
})

/** So many passes over these events; what the last one wrote. */
async function passes(
  address: string,
  events: readonly CalendarEvent[],
  count: number,
  state: SyncState = { firstSyncDone: false },
): Promise<{ readonly state: SyncState; readonly writes: number }> {
  // A fresh connection: nothing is known but what Exchange says.
  const mailbox = exchange.reopen().mailbox({ address, calendar: ownCalendar })
  const signal = new AbortController().signal
  let last = { state, writes: 0 }
  for (let pass = 0; pass < count; pass++) {
    const report = await runSync(
      {
        source: source(events),
        mailbox,
        policy: parsePolicy({}),
        ownership: ownership(),
        state: last.state,
        kind: "Incremental",
        now: now.add({ minutes: pass }),
      },
      signal,
    )
    const { skipped: _, ...done } = report.lastPass
    const writes = Object.values(done).reduce((sum, count) => sum + count, 0)
    last = { state: { firstSyncDone: report.firstSyncDone, lastGoodPassAt: report.goodPassAt }, writes }
  }
  return last
}

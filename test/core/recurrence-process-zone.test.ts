import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { test } from "node:test"
import { fileURLToPath } from "node:url"
import { expand } from "../../operator/core/recurrence.ts"
import { normalRecurrence } from "../../operator/core/recurrence-normal.ts"
import { days, series } from "../fakes/series.ts"

/** One line of everything that could depend on where the process believes to be. */
function everything(): string {
  const year = days("2026-01-01", "2027-01-01")
  const events = [
    series({ start: "2026-01-05T21:30[Europe/Copenhagen]", rules: ["FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20261101T203000Z"] }),
    series({ start: "2026-01-31", rules: ["FREQ=MONTHLY;BYMONTHDAY=-1"], excluded: ["20260228"] }),
    series({ start: "2026-01-05T02:30[America/New_York]", rules: ["FREQ=DAILY;COUNT=300"] }),
  ]
  const keys = events.map(event => expand(event, year, { zone: "Europe/Copenhagen", limit: 400 }).map(({ key }) => key))
  return JSON.stringify([keys, events.map(({ recurrence, time }) => normalRecurrence(recurrence, time))])
}

if (process.argv.includes("--tell")) console.log(everything())
else {
  test("what a series means does not depend on the zone of the process", () => {
    const here = fileURLToPath(import.meta.url)
    const elsewhere = execFileSync(process.execPath, [here, "--tell"], {
      env: { ...process.env, TZ: "America/New_York", NODE_TEST_CONTEXT: undefined },
      encoding: "utf8",
    })
    assert.equal(elsewhere.trim(), everything())
    assert.match(elsewhere, /20260105T203000Z/)
  })
}

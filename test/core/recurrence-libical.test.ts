import assert from "node:assert/strict"
import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { fileURLToPath } from "node:url"
import { parseRule } from "../../operator/core/recurrence-rule.ts"
import { wallTimesBetween } from "../../operator/core/recurrence-walk.ts"

/**
 * The cases of libical's own test (https://github.com/libical/libical, test-data/icalrecur_test.txt), which nobody here
 * wrote. They are not part of this repository; where a `data/recurrence` with them lies beside the checkout, they are run.
 */
const besideTheCheckout = fileURLToPath(new URL("../../..", import.meta.url))
const files = globSync("*/data/recurrence/icalrecur-cases.txt", { cwd: besideTheCheckout })

/** Where we go another way, by the case's rule, and why. */
const disputed: ReadonlyMap<string, string> = new Map([
  [
    "FREQ=YEARLY;BYMONTHDAY=29;COUNT=3",
    "RFC 5545 expands BYMONTHDAY in a year to every month, and so does dateutil; libical takes the start's month",
  ],
])

type Case = {
  readonly name: string
  readonly rule: string
  readonly start: string
  readonly instances: readonly string[]
}

function* cases(text: string): Generator<Case> {
  for (const block of text.split(/\n\s*\n/)) {
    const field = (name: string) => new RegExp(`^${name}:(.*)$`, "m").exec(block)?.[1]?.trim()
    const [rule, start] = [field("RRULE"), field("DTSTART")]
    if (rule === undefined || start === undefined) continue
    const name = /^# (.*)$/m.exec(block)?.[1] ?? rule
    yield { name, rule, start, instances: field("INSTANCES")?.split(",") ?? [] }
  }
}

/** libical leaves out a start the rule does not find; RFC 5545 3.8.2.4 counts it, as the first of COUNT. */
function withStart({ start, instances }: Case, count: number | undefined): readonly string[] {
  return instances[0] === start ? instances : [start, ...instances].slice(0, count)
}

function found({ rule: text, start, instances }: Case): { readonly times: readonly string[]; readonly count?: number } {
  const allDay = !start.includes("T")
  const rule = parseRule(text, { zone: "UTC", allDay })
  const from = wall(start)
  const last = wall(instances.at(-1) ?? start)
  const to = rule.until ?? last
  const times = wallTimesBetween({ rule, start: from }, { from, to, limit: 10_000 }).map(time => written(time, start))
  return rule.count === undefined ? { times } : { times, count: rule.count }
}

function wall(text: string): Temporal.PlainDateTime {
  return Temporal.PlainDateTime.from(text.replace("Z", ""))
}

function written(time: Temporal.PlainDateTime, likeThis: string): string {
  const text = time.toString({ smallestUnit: "second" }).replaceAll(/[-:]/g, "")
  return likeThis.includes("T") ? text + (likeThis.endsWith("Z") ? "Z" : "") : text.slice(0, 8)
}

for (const file of files) {
  for (const known of cases(readFileSync(join(besideTheCheckout, file), "utf8"))) {
    const why = disputed.get(known.rule)
    test(`libical: ${known.name}: ${known.rule}${why ? ` (disputed: ${why})` : ""}`, () => {
      const { times, count } = found(known)
      const expected = withStart(known, count)
      if (why) assert.notDeepEqual(times, expected)
      else assert.deepEqual(times, expected)
    })
  }
}

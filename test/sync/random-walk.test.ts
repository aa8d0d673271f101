import assert from "node:assert/strict"
import { test } from "node:test"
import { secondLookAt } from "../../operator/core/absence.ts"
import type { CalendarEvent } from "../../operator/core/event.ts"
import { fingerprint } from "../../operator/core/fingerprint.ts"
import { keyHash, parseMark } from "../../operator/core/origin.ts"
import { holiday, lesson, weekly } from "../fakes/lesson.ts"
import type { MemoryCalendar } from "../fakes/memory-calendar.ts"
import { Random } from "../fakes/random.ts"
import { RandomSource } from "../fakes/random-source.ts"
import { MailboxStory, source } from "./mailbox-story.ts"

/*
 * A machine walks at random over both sides: the source changes, people edit, delete and copy in Outlook, passes run into
 * faults of every kind and are killed half way. Whatever happened, the walk must keep these promises:
 *
 *   always      what people entered themselves is never changed or deleted; no pass takes away what the source wants
 *   when quiet  one good pass brings the mailbox to the state a fresh mailbox would get, and the next writes nothing
 *
 * The seed is printed; WALK_SEED repeats a walk, WALK_STEPS and WALKS make it longer.
 */
// The same walks every time, so that a change is blamed for what it broke; new ground with `WALK_SEED=random`.
const asked = process.env["WALK_SEED"] ?? "20261125"
const seed = asked === "random" ? Math.floor(Math.random() * 2 ** 31) : Number(asked)
const steps = Number(process.env["WALK_STEPS"] ?? 250)
const walks = Number(process.env["WALKS"] ?? 10)

test(`a mailbox finds its way back from anything (WALK_SEED=${seed}, ${walks} walks of ${steps} steps)`, async t => {
  t.diagnostic(`WALK_SEED=${seed}`)
  for (let walk = 0; walk < walks; walk++) await new Walk(seed + walk).run(steps)
})

/** Enough for every kind of meeting; more only makes walks slower. */
const mostEvents = 16
const subjects = ["Mathematics", "Physics", "Art", "Music", "Sports"] as const

class Walk {
  readonly #random: Random
  readonly #seed: number
  readonly #story = new MailboxStory()
  readonly #source = new RandomSource({ make: randomEvent, mostEvents })
  /** What people entered: id and what it must still say. */
  readonly #foreign = new Map<string, string>()

  constructor(seed: number) {
    this.#seed = seed
    this.#random = new Random(seed)
  }

  async run(steps: number): Promise<void> {
    for (let step = 0; step < steps; step++) {
      await this.#step()
      this.#assertForeignUntouched(step)
      if (step % 10 === 9) await this.#assertFindsBack(step)
    }
  }

  async #step(): Promise<void> {
    const { calendar } = this.#story
    const id = this.#random.pick(this.#story.ids) ?? ""
    const isForeign = this.#foreign.has(id)
    const moves: readonly (() => void | Promise<void>)[] = [
      () => this.#source.add(this.#random),
      () => this.#source.add(this.#random),
      () => this.#source.replace(this.#random),
      () => this.#source.rekey(this.#random),
      () => this.#source.remove(this.#random),
      () => this.#userAdds(lesson({ subject: "Dentist", start: `${someDay(this.#random)}T16:00` })),
      () => this.#userDuplicates(id),
      () => (isForeign ? undefined : calendar.userEdits(id, { subject: "My own words" })),
      () =>
        isForeign
          ? undefined
          : calendar.userEdits(id, { time: lesson({ start: `${someDay(this.#random)}T20:00` }).time }),
      () => this.#userDeletes(id),
      () => calendar.touch(id),
      () => calendar.losesToken(),
      () => this.#faultyPass(),
      () => this.#faultyPass(),
      () => this.#pass(),
    ]
    await this.#random.pick(moves)?.()
  }

  #userAdds(event: CalendarEvent): void {
    const id = this.#story.calendar.userAdds(event)
    this.#foreign.set(id, this.#printOf(id))
  }

  #userDuplicates(id: string): void {
    const copy = this.#story.calendar.userDuplicates(id)
    if (copy) this.#foreign.set(copy, this.#printOf(copy))
  }

  #userDeletes(id: string): void {
    this.#story.calendar.userDeletes(id)
    this.#foreign.delete(id)
  }

  async #faultyPass(): Promise<void> {
    const { calendar } = this.#story
    const often = this.#random.next() * 0.4
    calendar.faults = {
      write: () =>
        this.#random.next() < often
          ? this.#random.pick([
              "lostAnswer",
              "refused",
              "invalid",
              "editedJustBefore",
              "gatewayError",
              "crash",
            ] as const)
          : undefined,
      list: () =>
        this.#random.next() < 0.2 ? this.#random.pick(["unreachable", "incomplete", "behind"] as const) : undefined,
    }
    const before = { ...this.#story.state }
    try {
      await this.#pass()
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error
      // A crash or an unreachable mailbox: the status keeps what it said.
      this.#story.state = before
    }
    calendar.faults = {}
  }

  async #pass(): Promise<void> {
    const before = this.#copiedKeys()
    try {
      await this.#passOver()
    } finally {
      const after = this.#copiedKeys()
      const lost = [...before].filter(key => this.#source.keys.includes(key) && !after.has(key))
      assert.deepEqual(lost, [], `WALK_SEED=${this.#seed} WALKS=1: no pass takes away what the source wants`)
    }
  }

  async #passOver(): Promise<void> {
    // People enter things after the first sync here; what it adopts is another story.
    const policy = { firstSync: { matchExisting: false }, deletion: { guard: { maxPercent: 100, maxCount: 10_000 } } }
    const report = await this.#story.pass(source(this.#source.events), {
      policy,
      kind: this.#random.next() < 0.3 ? "Full" : "Incremental",
    })
    if (report.hold) this.#story.state = { ...this.#story.state, approvedToken: report.hold.token }
  }

  /** A pass may wait for an approval, which the one after it has, and for a second look at what is suddenly missing. */
  async #assertFindsBack(step: number): Promise<void> {
    const { calendar } = this.#story
    for (let pass = 0; pass < 4; pass++) {
      await this.#pass()
      const { absence } = this.#story.state
      if (absence) this.#story.clock = secondLookAt(absence)
    }
    const writes = calendar.writes
    await this.#pass()
    assert.equal(calendar.writes, writes, `${this.#at(step)}: a pass over a settled mailbox writes nothing`)

    const fresh = new MailboxStory()
    fresh.clock = this.#story.clock
    await fresh.pass(source(this.#source.events))
    const copies = (of: MemoryCalendar) => of.contents.filter(line => !line.startsWith("- "))
    assert.deepEqual(copies(calendar), copies(fresh.calendar), `${this.#at(step)}: as a fresh mailbox would be`)
  }

  #assertForeignUntouched(step: number): void {
    for (const [id, print] of this.#foreign)
      assert.equal(this.#printOf(id), print, `${this.#at(step)}: ${id} is not ours`)
    const unmarked = this.#story.calendar.items.filter(item => !this.#foreign.has(item.id) && item.mark === undefined)
    assert.deepEqual(unmarked, [], `${this.#at(step)}: our copies keep their mark`)
  }

  /** A duplicate is no copy of ours: it loses its mark and stays. */
  #copiedKeys(): ReadonlySet<string> {
    const copies = this.#story.calendar.items.filter(item => !this.#foreign.has(item.id))
    const hashes = new Set(copies.map(item => parseMark(item.mark ?? "")?.key))
    return new Set(this.#source.keys.filter(key => hashes.has(keyHash(key))))
  }

  #printOf(id: string): string {
    const item = this.#story.calendar.items.find(item => item.id === id)
    return item ? fingerprint(item.event) : "deleted"
  }

  #at(step: number): string {
    return `WALK_SEED=${this.#seed} WALKS=1, step ${step}`
  }
}

function randomEvent(key: string, random: Random): CalendarEvent {
  const timed = lesson({ key, subject: random.pick(subjects), start: `${someDay(random)}T10:00` })
  return random.pick([
    timed,
    timed,
    holiday({ key, date: someDay(random) }),
    weekly(timed),
    weekly(timed, { frequency: "MONTHLY" }),
  ])
}

function someDay(random: Random): string {
  return `2026-12-${String(random.between(1, 20)).padStart(2, "0")}`
}

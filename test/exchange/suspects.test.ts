import assert from "node:assert/strict"
import { beforeEach, describe, test } from "node:test"
import { copyAsWritten } from "../../operator/exchange/graph/copy.ts"
import type { DeltaChange } from "../../operator/exchange/graph/delta.ts"
import { suspects } from "../../operator/exchange/graph/suspects.ts"
import { KnownCopies } from "../../operator/exchange/known-copies.ts"
import { lesson, weekly } from "../fakes/lesson.ts"

let known: KnownCopies

beforeEach(() => {
  known = new KnownCopies()
  known.set(copy("single", "1", lesson()))
  known.set(copy("series", "1", weekly(lesson())))
})

describe("what a round of changes asks to look at", () => {
  const rounds: Record<string, { readonly changes: readonly DeltaChange[]; readonly looks: readonly string[] }> = {
    "nothing when nothing changed": { changes: [], looks: [] },
    "nothing when a copy is as it was": { changes: [changed("single", "1")], looks: [] },
    "a copy that has another version": { changes: [changed("single", "2")], looks: ["single"] },
    "a copy told twice, once": { changes: [changed("single", "2"), changed("single", "3")], looks: ["single"] },
    "a copy said to be removed": { changes: [removed("single")], looks: ["single"] },
    "an item nobody knew": { changes: [changed("unknown", "1")], looks: ["unknown"] },
    "the series of a changed occurrence": { changes: [occurrence("exception", "series")], looks: ["series*"] },
    "no series that is not ours": { changes: [occurrence("occurrence", "theirs")], looks: [] },
    "every series when something unknown was removed": { changes: [removed("unknown")], looks: ["series*"] },
    "an item that became a series, as a series": {
      changes: [changed("single", "2", "seriesMaster")],
      looks: ["single*"],
    },
  }
  for (const [what, { changes, looks }] of Object.entries(rounds)) {
    test(what, () => assert.deepEqual(looksOf(changes), looks))
  }
})

describe("our own traces", () => {
  test("are no news: what we wrote and removed is not looked at", () => {
    known.setWritten(copy("series", "2", weekly(lesson())))
    known.deleteWritten("single")

    const changes = [changed("series", "2", "seriesMaster"), occurrence("exception", "series"), removed("single")]

    assert.deepEqual(looksOf(changes), [])
  })

  test("count once: the same told in a later round is news", () => {
    known.setWritten(copy("series", "2", weekly(lesson())))
    looksOf([occurrence("exception", "series")])

    assert.deepEqual(looksOf([occurrence("exception", "series")]), ["series*"])
  })

  test("do not hide what somebody else did to it meanwhile", () => {
    known.setWritten(copy("single", "2", lesson()))

    assert.deepEqual(looksOf([changed("single", "3")]), ["single"])
  })

  test("what we wrote and nobody tells of may not exist, and is looked at", () => {
    known.setWritten(copy("written", "1", lesson()))

    assert.deepEqual(looksOf([]), ["written"])
  })

  test("what was left half written is looked at whatever is told", () => {
    known.setWritten(copy("series", "2", weekly(lesson())))
    known.doubt("series")

    assert.deepEqual(looksOf([]), ["series*"])
  })
})

function looksOf(changes: readonly DeltaChange[]): readonly string[] {
  return suspects(changes, known).map(({ id, isSeries }) => (isSeries ? `${id}*` : id))
}

function copy(id: string, version: string, event: ReturnType<typeof lesson>) {
  return copyAsWritten({ id, version, markText: "mark", isMeeting: false }, event)
}

function changed(id: string, version: string, kind: "singleInstance" | "seriesMaster" = "singleInstance"): DeltaChange {
  return { id, removed: false, version, kind, seriesMasterId: undefined }
}

function occurrence(kind: "occurrence" | "exception", seriesMasterId: string): DeltaChange {
  return { id: `${seriesMasterId}-${kind}`, removed: false, version: "1", kind, seriesMasterId }
}

function removed(id: string): DeltaChange {
  return { id, removed: true }
}

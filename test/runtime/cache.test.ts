import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { ObjectCache } from "../../operator/runtime/cache.ts"
import { silentLog } from "../../operator/runtime/log.ts"
import { keyOf, refOf } from "../../operator/runtime/objects.ts"
import { changedForUs } from "../../operator/runtime/predicates.ts"
import { type Widget, widget } from "./builders.ts"

const never = new AbortController().signal

function openCache() {
  const errors = { count: 0 }
  const onHandlerError = () => {
    errors.count += 1
  }
  const cache = new ObjectCache<Widget>({ log: silentLog, onHandlerError })
  cache.addIndexes({ size: ({ spec }) => [`${spec.size}`] })
  return { cache, errors, part: cache.openPart() }
}

const names = (objects: readonly Widget[]) => objects.map(({ metadata }) => metadata.name).sort()

test("an index follows its objects as they come, change and go", () => {
  const { cache, part } = openCache()
  part.replace([widget("a", { size: 1 }), widget("b", { size: 2 })])
  assert.deepEqual(names(cache.byIndex("size", "1")), ["a"])

  part.put(widget("a", { size: 2, resourceVersion: "2" }))
  assert.deepEqual(names(cache.byIndex("size", "1")), [])
  assert.deepEqual(names(cache.byIndex("size", "2")), ["a", "b"])

  part.remove(widget("b", { size: 2 }))
  assert.deepEqual(names(cache.byIndex("size", "2")), ["a"])
})

test("an index added later knows what is there already, and one nobody made is an error", () => {
  const { cache, part } = openCache()
  part.replace([widget("a")])
  cache.addIndexes({ name: ({ metadata }) => [metadata.name] })
  assert.deepEqual(names(cache.byIndex("name", "a")), ["a"])
  assert.throws(() => cache.byIndex("colour", "red"))
})

test("an object an index cannot read is missing from that index only", () => {
  const { cache, part, errors } = openCache()
  cache.addIndexes({
    bad: () => {
      throw new Error("x")
    },
  })
  part.replace([widget("a")])
  assert.deepEqual(names(cache.list()), ["a"])
  assert.ok(errors.count > 0)
})

test("a handler that comes late is told what there is, and one taken off is told no more", () => {
  const { cache, part } = openCache()
  part.replace([widget("a")])
  const told: string[] = []
  const off = cache.onChange((_, after, { initial }) => told.push(`${after?.metadata.name} ${initial}`))
  part.put(widget("b"))
  off()
  part.put(widget("c"))
  assert.deepEqual(told, ["a true", "b false"])
})

test("handlers see the cache as it is after the change", () => {
  const { cache, part } = openCache()
  const seen: (readonly string[])[] = []
  cache.onChange(() => seen.push(names(cache.byIndex("size", "1"))))
  part.replace([])
  part.put(widget("a"))
  part.remove(widget("a"))
  assert.deepEqual(seen, [["a"], []])
})

test("a cache of several parts is synced when all are, and one part's list leaves the others alone", async () => {
  const { cache, part } = openCache()
  const other = cache.openPart()
  part.replace([widget("a", { namespace: "n1" })])
  assert.equal(cache.synced, false)
  const synced = cache.whenSynced(never)
  other.replace([widget("b", { namespace: "n2" })])
  await synced
  part.replace([])
  assert.deepEqual(names(cache.list()), ["b"])
})

test("waiting for the sync ends with the signal", async () => {
  const stop = new AbortController()
  const waiting = openCache().cache.whenSynced(stop.signal)
  const reason = new Error("stop")
  stop.abort(reason)
  await assert.rejects(waiting, reason)
})

test("an object known already is not told again", () => {
  const { cache, part } = openCache()
  part.replace([widget("a")])
  let told = -1
  cache.onChange(() => {
    told += 1
  })
  part.put(widget("a"))
  assert.equal(part.replace([widget("a")]), 0)
  assert.equal(told, 0)
})

test("made anew under the same name: the old one goes and a new one comes, also when only the new one is heard of", () => {
  const { cache, part } = openCache()
  part.replace([widget("a", { uid: "first" })])
  const told: string[] = []
  cache.onChange((before, after, { initial }) => {
    if (!initial) told.push(`${before?.metadata.uid} to ${after?.metadata.uid}`)
  })
  part.put(widget("a", { uid: "second" }))
  assert.deepEqual(told, ["first to undefined", "undefined to second"])
})

test("the deletion of an earlier namesake changes nothing", () => {
  const { cache, part } = openCache()
  part.replace([widget("a", { uid: "second" })])
  part.remove(widget("a", { uid: "first" }))
  assert.deepEqual(names(cache.list()), ["a"])
  assert.equal(part.replace([]), 1)
})

test("after any history cache and indexes say the same as the last list", () => {
  const objects = fc.uniqueArray(
    fc.record({
      name: fc.constantFrom("a", "b", "c", "d"),
      uid: fc.constantFrom("u", "v"),
      version: fc.nat(3),
      size: fc.nat(2),
    }),
    { selector: ({ name }) => name },
  )
  const toWidgets = (all: readonly { name: string; uid: string; version: number; size: number }[]) =>
    all.map(({ name, uid, version, size }) => widget(name, { uid, resourceVersion: `${version}-${size}`, size }))
  fc.assert(
    fc.property(fc.array(objects, { maxLength: 6 }), history => {
      const { cache, part } = openCache()
      const alive = new Map<string, Widget>()
      cache.onChange((before, after) => {
        if (before !== undefined) assert.equal(alive.get(before.metadata.uid + before.metadata.name), before)
        if (before !== undefined) alive.delete(before.metadata.uid + before.metadata.name)
        if (after !== undefined) alive.set(after.metadata.uid + after.metadata.name, after)
      })
      for (const list of history) {
        const widgets = toWidgets(list)
        part.replace(widgets)
        assert.deepEqual(names(cache.list()), names(widgets))
        assert.deepEqual(names([...alive.values()]), names(widgets))
        for (const size of [0, 1, 2])
          assert.deepEqual(
            names(cache.byIndex("size", `${size}`)),
            names(widgets.filter(({ spec }) => spec.size === size)),
          )
      }
    }),
  )
})

for (const ref of [{ namespace: "ns", name: "n" }, { name: "cluster-wide" }])
  test(`the key of ${ref.name} leads back to it`, () => assert.deepEqual(refOf(keyOf(ref)), ref))

const base = widget("a", { annotations: { ours: "1", theirs: "1" } })
for (const [what, after, attended] of [
  ["a new generation", widget("a", { generation: 2, annotations: { ours: "1", theirs: "1" } }), true],
  ["a deletion begun", widget("a", { deletionTimestamp: "t", annotations: { ours: "1", theirs: "1" } }), true],
  ["our annotation", widget("a", { annotations: { ours: "2", theirs: "1" } }), true],
  ["another's annotation", widget("a", { annotations: { ours: "1", theirs: "2" } }), false],
  ["a status", widget("a", { phase: "New", resourceVersion: "2", annotations: { ours: "1", theirs: "1" } }), false],
  ["another object of the name", widget("a", { uid: "x", annotations: { ours: "1", theirs: "1" } }), true],
] as const)
  test(`${what} is ${attended ? "" : "not "}for us to see`, () => {
    assert.equal(changedForUs(base, after, { annotations: ["ours"] }), attended)
  })

test("coming and going is for us to see", () => {
  assert.ok(changedForUs(undefined, base))
  assert.ok(changedForUs(base, undefined))
})

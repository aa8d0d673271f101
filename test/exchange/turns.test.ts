import assert from "node:assert/strict"
import { test } from "node:test"
import { setImmediate } from "node:timers/promises"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { Turns } from "../../operator/exchange/turns.ts"

setFlagsFromString("--expose-gc")
const collectGarbage: () => void = runInNewContext("gc")

test("turns are taken one after the other, in the order of asking", async () => {
  const turns = new Turns()
  const story: string[] = []
  const turn = (name: string) => async () => {
    story.push(`${name} begins`)
    await setImmediate()
    story.push(`${name} ends`)
  }

  await Promise.all([turns.take(turn("first")), turns.take(turn("second"))])

  assert.deepEqual(story, ["first begins", "first ends", "second begins", "second ends"])
})

test("a turn that fails is told to whoever took it, and the next one is taken all the same", async () => {
  const turns = new Turns()

  const failing = turns.take(async () => {
    throw new Error("not today")
  })
  const next = turns.take(async () => "done")

  await assert.rejects(failing, /not today/)
  assert.equal(await next, "done")
})

test("what a turn gave is not kept until the next one: a listing is as large as its mailbox", async () => {
  const turns = new Turns()
  const given = new WeakRef(await turns.take(async () => ({ events: [1, 2, 3] })))

  await setImmediate()
  collectGarbage()

  assert.equal(given.deref(), undefined)
})

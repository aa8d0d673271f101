import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { feedOf } from "../world/feed-text.ts"
import { feedSource } from "../world/manifests.ts"
import { startWorld, type World } from "../world/world.ts"

let world: World
before(async () => {
  world = await startWorld()
})
after(() => world.close())

test("a feed comes into a mailbox", async () => {
  world.feeds.set("school", { body: feedOf({ uid: "one" }, { uid: "two", day: 2 }) })
  world.applyBasics()
  world.cluster.apply(feedSource({ url: `${world.feeds.url}/school` }))
  await world.cluster.startOperator()

  await world.cluster.untilCondition("Ready=True/Succeeded", () => world.cluster.sync())

  assert.deepEqual(world.subjects(), ["Subject of one", "Subject of two"])
})

import assert from "node:assert/strict"
import { readdirSync, readFileSync } from "node:fs"
import { test } from "node:test"
import { reasons } from "../../operator/resources/reasons.ts"

/** Reasons that no story can bring about yet, and why. */
const exceptions: Readonly<Record<string, string>> = {
  ConsentRevoked: "the simulated token service has no word for it; the tests of exchange hold its codes to this reason",
}

const stories = new URL("../scenarios/", import.meta.url)
const own = new URL("./", import.meta.url)
/** What stories told on either backend expect of each. */
const backends = new URL("../world/both-backends.ts", import.meta.url)

/** The texts of all stories and of these tests, but not of this file. */
function texts(): string {
  const files = [stories, own].flatMap(folder => readdirSync(folder).map(name => new URL(name, folder)))
  const tests = files.filter(
    file => file.pathname.endsWith(".test.ts") && !file.pathname.endsWith("reasons-provoked.test.ts"),
  )
  return [...tests, backends].map(file => readFileSync(file, "utf8")).join("\n")
}

test("every reason that can be said is provoked in some story", () => {
  const told = texts()
  const isProvoked = (reason: string) => new RegExp(`["/]${reason}["?]`).test(told)
  const missing = Object.keys(reasons).filter(reason => !(reason in exceptions) && !isProvoked(reason))
  assert.deepEqual(missing, [])
})

test("an exception that a story provokes by now is none any more", () => {
  const told = texts()
  for (const reason of Object.keys(exceptions)) assert.ok(!told.includes(`/${reason}"`), reason)
})

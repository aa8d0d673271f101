import assert from "node:assert/strict"
import { test } from "node:test"
import { read, rowsOf } from "./manuals.ts"

type Package = {
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}

const { dependencies, devDependencies }: Package = JSON.parse(read("package.json"))
const text = read("docs/dependencies.md")
const [running = "", developing = ""] = text.split("\nDevelopment only:")

for (const [what, chapter, installed] of [
  ["runs with", running, dependencies],
  ["is developed with", developing, devDependencies],
] as const) {
  test(`every package calsync ${what} has a reason, and no other is named`, () => {
    const named = rowsOf(chapter).flatMap(([cell = ""]) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name))
    assert.deepEqual(named.toSorted(), Object.keys(installed).toSorted())
  })
}

import assert from "node:assert/strict"
import { join } from "node:path"
import { test } from "node:test"
import { read, rowsOf } from "./manuals.ts"

const text = read("docs/security.md")
const promises = rowsOf(text.slice(0, text.indexOf("## Rights in Kubernetes")))

test("every promise is held by tests that exist under that name", () => {
  assert.ok(promises.length > 10)
  for (const [promise = "", heldBy = ""] of promises) {
    const files = [...heldBy.matchAll(/\]\(([^)]+\.test\.ts)\): ((?:"[^"]+"(?:, )?)+)/g)]
    assert.ok(files.length > 0, promise)
    for (const [, file = "", sentences = ""] of files) {
      const source = read(join("docs", file))
      for (const [, sentence = ""] of sentences.matchAll(/"([^"]+)"/g)) {
        assert.ok(source.includes(`"${sentence}"`), `${file}: ${sentence}`)
      }
    }
  }
})

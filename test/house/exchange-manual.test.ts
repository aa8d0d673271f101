import assert from "node:assert/strict"
import { join } from "node:path"
import { describe, test } from "node:test"
import { userAgent } from "../../operator/exchange/wire.ts"
import { isReason } from "../../operator/resources/reasons.ts"
import { readCrds, type Schema } from "../../scripts/crd.ts"
import { read, root, rowsOf } from "./manuals.ts"

const manuals = ["docs/exchange-online.md", "docs/exchange-server.md"]
const spec = readCrds(join(root, "crds")).find(({ spec }) => spec.names.kind === "ExchangeConnection")?.spec.versions[0]
  .schema.openAPIV3Schema.properties?.["spec"]

for (const path of manuals) {
  describe(path, () => {
    const text = read(path)

    test("tells of every step a connection is tried by, in its order, and of reasons that exist", () => {
      const steps = rowsOf(text.slice(text.indexOf("| step | reason |")))
      const told = steps.flatMap(([step = ""]) => step.split(", "))
      const order = ["DNS", "TCP", "TLS", "Authentication", "allowed mailbox", "denied mailbox"]
      assert.deepEqual(
        [...new Set(told)].filter(step => order.includes(step)),
        order,
      )
      for (const [step = "", said = ""] of steps.filter(([step = ""]) => order.includes(step.split(", ")[0] ?? ""))) {
        for (const [reason = ""] of said.matchAll(/\b[A-Z]\w+/g)) assert.ok(isReason(reason), `${step}: ${reason}`)
      }
    })

    test("names no field of a connection that is not there", () => {
      const named = [...text.matchAll(/`spec\.((?:ews|graph)\.[\w.]+)`/g)].map(([, field = ""]) => field)
      assert.ok(named.length > 0)
      assert.deepEqual(
        named.filter(field => fieldAt(spec, field.split(".")) === undefined),
        [],
      )
    })
  })
}

test("the name to put into the server's list of programs is the one that is sent", () => {
  const listed = [...read("docs/exchange-server.md").matchAll(/-EwsAllowList @\{Add="([^"]+)"\}/g)]
  assert.ok(listed.length > 0)
  for (const [, name] of listed) assert.equal(name, userAgent)
})

function fieldAt(schema: Schema | undefined, [name, ...rest]: readonly string[]): Schema | undefined {
  return name === undefined ? schema : fieldAt(schema?.properties?.[name], rest)
}

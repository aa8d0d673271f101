import assert from "node:assert/strict"
import { test } from "node:test"
import type { Crd, Schema } from "../../scripts/crd.ts"
import { kindTypes } from "../../scripts/kind-types.ts"

const text: Schema = { type: "string", description: "A text." }

function crd(spec: Partial<Schema>): Crd {
  const schema: Schema = {
    type: "object",
    properties: { spec: { type: "object", ...spec }, status: { type: "object", properties: {} } },
  }
  return {
    metadata: { name: "things.calsync.dev" },
    spec: {
      group: "calsync.dev",
      scope: "Namespaced",
      names: { kind: "Thing", plural: "things", shortNames: [], categories: [] },
      versions: [{ name: "v1alpha1", schema: { openAPIV3Schema: schema }, additionalPrinterColumns: [] }],
    },
  }
}

function specType(spec: Partial<Schema>): string {
  const [, type = ""] = /export type ThingSpec = ([\s\S]*?)\n\n/.exec(kindTypes(crd(spec))) ?? []
  return type
    .replaceAll(/\/\*\*.*?\*\//g, "")
    .replaceAll(/\s+/g, " ")
    .trim()
}

const rules = (...all: readonly string[]) => ({
  "x-kubernetes-validations": all.map(rule => ({ rule, message: "see the rule" })),
})

test("what must be given is required, all else is optional, and all is readonly", () => {
  assert.equal(
    specType({ properties: { a: text, b: { type: "array", items: text } }, required: ["a"] }),
    "{ readonly a: string readonly b?: readonly string[] }",
  )
})

test("an enum is its words, also in a list and as the values of a map", () => {
  const word: Schema = { type: "string", enum: ["On", "Off"] }
  assert.equal(
    specType({ properties: { a: { type: "array", items: word }, b: { type: "object", additionalProperties: word } } }),
    '{ readonly a?: readonly ("On" | "Off")[] readonly b?: Readonly<Record<string, "On" | "Off">> }',
  )
})

test("a rule for exactly one field becomes a union, with what goes with each", () => {
  assert.equal(
    specType({
      properties: { a: text, b: text, withA: text },
      ...rules("(has(self.a) ? 1 : 0) + (has(self.b) ? 1 : 0) == 1", "has(self.a) == has(self.withA)"),
    }),
    "( | { readonly a: string readonly withA: string readonly b?: never } | { readonly b: string readonly a?: never readonly withA?: never } )",
  )
})

test("the only one of exactly one is simply required", () => {
  assert.equal(
    specType({ properties: { a: text, b: text }, ...rules("(has(self.a) ? 1 : 0) == 1") }),
    "{ readonly b?: string } & { readonly a: string }",
  )
})

test("a field that goes with one word of an enum is told by that word", () => {
  assert.equal(
    specType({
      properties: { from: { type: "string", enum: ["All", "Some"] }, some: text },
      required: ["from"],
      ...rules("(self.from == 'Some') == has(self.some)"),
    }),
    '( | { readonly from: "All" readonly some?: never } | { readonly from: "Some" readonly some: string } )',
  )
})

test("a rule of another form changes no type", () => {
  assert.equal(specType({ properties: { a: text }, ...rules("size(self.a) > 3") }), "{ readonly a?: string }")
})

test("a rule that speaks of a field that does not exist is noticed", () => {
  assert.throws(
    () => kindTypes(crd({ properties: { a: text }, ...rules("(has(self.b) ? 1 : 0) == 1") })),
    /speaks of b/,
  )
})

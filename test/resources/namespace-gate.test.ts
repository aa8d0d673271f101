import assert from "node:assert/strict"
import { test } from "node:test"
import { matchesLabels } from "../../operator/resources/label-selector.ts"
import { admitsNamespace, type NamespaceGate } from "../../operator/resources/namespace-gate.ts"

const schools: NamespaceGate = { from: "Selector", selector: { matchLabels: { tier: "school" } } }
const notGuests: NamespaceGate = {
  from: "Selector",
  selector: { matchExpressions: [{ key: "guest", operator: "DoesNotExist" }] },
}

for (const [name, gate, labels, isAdmitted] of [
  ["a gate for the same namespace is closed to others", { from: "Same" }, {}, false],
  ["a gate for all is open", { from: "All" }, undefined, true],
  ["a selector admits a namespace with the label", schools, { tier: "school" }, true],
  ["a selector does not admit a namespace with another value", schools, { tier: "test" }, false],
  ["a namespace whose labels are not known is not admitted", schools, undefined, false],
  ["nor by a selector that asks for the absence of a label", notGuests, undefined, false],
  ["a known absence of labels is another matter", notGuests, {}, true],
] as const) {
  test(name, () => {
    assert.equal(admitsNamespace(gate, { owner: "calendars", asking: "team-a", labels }), isAdmitted)
  })
}

test("an object's own namespace is always admitted", () => {
  assert.ok(admitsNamespace(schools, { owner: "calendars", asking: "calendars" }))
})

for (const [operator, values, labels, expected] of [
  ["In", ["a", "b"], { team: "b" }, true],
  ["In", ["a", "b"], { team: "c" }, false],
  ["In", ["a", ""], {}, false],
  ["NotIn", ["a"], { team: "b" }, true],
  ["NotIn", ["a"], { team: "a" }, false],
  ["NotIn", ["a"], {}, true],
  ["Exists", undefined, { team: "" }, true],
  ["Exists", undefined, {}, false],
  ["DoesNotExist", undefined, { team: "a" }, false],
  ["DoesNotExist", undefined, undefined, true],
] as const) {
  test(`team ${operator} ${values ?? ""} is ${expected} of ${JSON.stringify(labels)}, as Kubernetes reads it`, () => {
    const expression = values === undefined ? { key: "team", operator } : { key: "team", operator, values }
    assert.equal(matchesLabels({ matchExpressions: [expression] }, labels), expected)
  })
}

test("a label everybody's objects inherit is not mistaken for one of theirs", () => {
  assert.equal(matchesLabels({ matchExpressions: [{ key: "constructor", operator: "Exists" }] }, {}), false)
})

import assert from "node:assert/strict"
import { readdirSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { describe, test } from "node:test"
import { parseDocument } from "yaml"
import { conditionsOf } from "../../operator/resources/reasons.ts"
import { type Crd, readCrds, type Schema } from "../../scripts/crd.ts"
import { rulesOf } from "../../scripts/kind-reference.ts"
import { alternativesOf } from "../../scripts/schema-alternatives.ts"

const folder = join(import.meta.dirname, "../../crds")
const crds = readCrds(folder)

/** Far below what `kubectl apply` can keep in its annotation (262,144 bytes). */
const largestFile = 200_000

/** What an event, an address or a name may cost the API server must be known before it is there. */
type Place = { readonly path: string; readonly schema: Schema; readonly isInList: boolean }

test("there is one file for each kind, named after it", () => {
  assert.deepEqual(
    readdirSync(folder).toSorted(),
    crds.map(({ spec }) => `${spec.group}_${spec.names.plural}.yaml`).toSorted(),
  )
  assert.deepEqual(crds.map(({ spec }) => spec.names.kind).toSorted(), Object.keys(conditionsOf).toSorted())
})

for (const crd of crds) {
  const { kind, plural } = crd.spec.names
  const [version] = crd.spec.versions
  const places = placesOf(crd)

  describe(kind, () => {
    test("its file is YAML without surprises, and small", () => {
      const file = join(folder, `calsync.dev_${plural}.yaml`)
      const document = parseDocument(readFileSync(file, "utf8"), { strict: true, uniqueKeys: true })
      assert.deepEqual([...document.errors, ...document.warnings], [])
      assert.ok(statSync(file).size < largestFile)
    })

    test("every field says in a sentence what it is for", () => {
      for (const { path, schema } of places) assert.match(schema.description ?? "", /^[^\s].*\.$/s, path)
    })

    test("every list says how it is merged, and keys of lists are required", () => {
      for (const { path, schema } of places.filter(({ schema }) => schema.type === "array")) {
        assert.ok(schema["x-kubernetes-list-type"], path)
        for (const key of schema["x-kubernetes-list-map-keys"] ?? [])
          assert.ok(schema.items?.required?.includes(key), path)
      }
    })

    test("every string, list and map has an end", () => {
      for (const { path, schema } of places) assert.ok(isBounded(schema), path)
    })

    test("nothing is defaulted inside a list or map, where GitOps tools would see drift", () => {
      assert.deepEqual(
        places.filter(({ schema, isInList }) => isInList && "default" in schema).map(({ path }) => path),
        [],
      )
    })

    test("nothing is defaulted inside one of several alternatives, where it would outlive a change to another", () => {
      // Nobody who applies a manifest owns a default, so no server-side apply takes it away again.
      const choices = places.flatMap(({ path, schema }) =>
        alternativesOf(schema).flatMap(({ required }) => required.map(name => `${path}.${name}`)),
      )
      const inOne = places.filter(({ path }) => choices.some(choice => `${path}.`.startsWith(`${choice}.`)))
      assert.deepEqual(
        inOne.filter(({ schema }) => "default" in schema).map(({ path }) => path),
        [],
      )
    })

    test("it is namespaced, in the category calsync, has a short name and a status of its own", () => {
      assert.equal(crd.spec.scope, "Namespaced")
      assert.deepEqual(crd.spec.names.categories, ["calsync"])
      assert.equal(crd.spec.names.shortNames.length, 1)
      assert.deepEqual(version.subresources, { status: {} })
    })

    test("a status nobody has written yet says so", () => {
      const status = version.schema.openAPIV3Schema.properties?.["status"]
      assert.deepEqual(status?.default, { observedGeneration: -1 })
      assert.equal(status?.required, undefined)
    })

    test("columns end with the age, point at fields that exist, and never count an age towards the future", () => {
      const shown = version.additionalPrinterColumns.filter(({ priority }) => (priority ?? 0) === 0)
      assert.equal(shown.at(-1)?.name, "Age")
      for (const column of version.additionalPrinterColumns.filter(({ name }) => name !== "Age")) {
        const path = column.jsonPath.slice(1).replace(/\[\?\(@\.type=="\w+"\)\]/, "[]")
        const place = places.find(one => one.path === path)
        assert.ok(place, column.jsonPath)
        if (column.type === "date") assert.match(path, /last\w+Time$/)
        if (column.type === "integer") assert.equal(place.schema.type, "integer")
      }
    })

    test("columns name only conditions this kind has", () => {
      const known: readonly string[] = Object.entries(conditionsOf).flatMap(([of, types]) => (of === kind ? types : []))
      for (const { jsonPath } of version.additionalPrinterColumns) {
        const type = /@\.type=="(\w+)"/.exec(jsonPath)?.[1]
        if (type !== undefined) assert.ok(known.includes(type), jsonPath)
      }
    })

    test("fields to select by are required strings", () => {
      for (const { jsonPath } of version.selectableFields ?? []) {
        assert.equal(places.find(({ path }) => path === jsonPath.slice(1))?.schema.type, "string", jsonPath)
      }
    })

    test("references end in Ref, name an object, and are atomic", () => {
      for (const { path, schema } of places.filter(one => one.path.endsWith("Ref") && !one.path.endsWith("mapRef"))) {
        assert.ok(schema.required?.includes("name"), path)
        assert.equal(schema["x-kubernetes-map-type"], "atomic", path)
      }
    })

    test("durations take a whole number and a unit", () => {
      for (const { path, schema } of places.filter(({ schema }) => schema.pattern?.includes("(d|h|m|s)"))) {
        assert.equal(schema.pattern, "^[0-9]+(d|h|m|s)$", path)
      }
    })

    test("every rule tells a person what to do and a program what is wrong", () => {
      for (const { path, message, reason } of rulesOf("", version.schema.openAPIV3Schema)) {
        assert.ok(message.length > 15 && !message.includes("\n"), path)
        assert.match(reason ?? "", /^FieldValue(Required|Forbidden|Invalid|Duplicate)$/, path)
      }
    })

    test("its conditions are those of every other kind", () => {
      const conditionsSchema = (one: Crd | undefined) =>
        one?.spec.versions[0].schema.openAPIV3Schema.properties?.["status"]?.properties?.["conditions"]
      assert.deepEqual(conditionsSchema(crd), conditionsSchema(crds[0]))
    })
  })
}

function placesOf(crd: Crd): readonly Place[] {
  const { spec, status } = crd.spec.versions[0].schema.openAPIV3Schema.properties ?? {}
  assert.ok(spec && status)
  return [
    ...below({ path: "spec", schema: spec, isInList: false }),
    ...below({ path: "status", schema: status, isInList: false }),
  ]
}

function below(place: Place): readonly Place[] {
  const { path, schema, isInList } = place
  const children: Place[] = Object.entries(schema.properties ?? {}).map(([name, property]) => ({
    path: `${path}.${name}`,
    schema: property,
    isInList,
  }))
  if (schema.items) children.push({ path: `${path}[]`, schema: schema.items, isInList: true })
  if (schema.additionalProperties)
    children.push({ path: `${path}.<name>`, schema: schema.additionalProperties, isInList: true })
  return [place, ...children.flatMap(below)]
}

function isBounded(schema: Schema): boolean {
  switch (schema.type) {
    case "string":
      return schema.enum !== undefined || schema.maxLength !== undefined
    case "array":
      return schema.maxItems !== undefined
    case "object":
      return schema.properties !== undefined || schema.maxProperties !== undefined
    case "integer":
      return schema.minimum !== undefined && schema.format !== undefined
    case "boolean":
      return true
    default:
      return schema.type satisfies never
  }
}

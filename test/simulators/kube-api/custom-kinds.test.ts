import assert from "node:assert/strict"
import { test } from "node:test"
import { parse } from "yaml"
import { at, type Json, listAt, textAt } from "./json.ts"
import { createWidget, startCluster, widget, widgetDefinition, widgets } from "./sample-cluster.ts"

const complaints: readonly { readonly spec: Readonly<Record<string, Json>>; readonly says: string }[] = [
  { spec: { color: "pink" }, says: `spec.color: Unsupported value: "pink": supported values: "red", "green", "blue"` },
  { spec: { size: 0 }, says: "spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1" },
  {
    spec: { size: "x" },
    says: `spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"`,
  },
  { spec: { code: "A1" }, says: `spec.code: Invalid value: "A1": spec.code in body should match '^[a-z]+$'` },
  { spec: { code: "a" }, says: `spec.code: Invalid value: "a": spec.code in body should be at least 2 chars long` },
  { spec: { link: `https://${"x".repeat(64)}` }, says: "spec.link: Too long: may not be more than 64 bytes" },
  { spec: { tags: ["a", "b", "c", "d"] }, says: "spec.tags: Too many: 4: must have at most 3 items" },
  { spec: { tags: ["a", "a"] }, says: `spec.tags[1]: Duplicate value: "a"` },
  { spec: { parts: [{ name: "a" }, { name: "a" }] }, says: `spec.parts[1]: Duplicate value: {"name":"a"}` },
  { spec: { parts: [{ count: 1 }] }, says: "spec.parts[0].name: Required value" },
  {
    spec: { settings: { a: "b" } },
    says: `spec.settings.a: Invalid value: "string": spec.settings.a in body must be of type integer: "string"`,
  },
  {
    spec: { when: "tomorrow" },
    says: `spec.when: Invalid value: "tomorrow": spec.when in body must be of type date-time: "tomorrow"`,
  },
  {
    spec: { port: true },
    says: `spec.port: Invalid value: "boolean": spec.port in body must be of type integer,string: "boolean"`,
  },
  { spec: { size: 9, max: 3 }, says: "spec: Invalid value: size must not exceed 3" },
  { spec: { link: "http://plain" }, says: "spec.link: Forbidden: link must be https" },
]

test("an invalid widget is answered 422 in the words of the real server, and is not stored", async context => {
  const { api, client } = await startCluster(context)
  for (const { spec, says } of complaints) {
    const { code, body } = await client.call(widgets, { method: "POST", body: widget({ spec }) })

    assert.equal(code, 422, says)
    assert.equal(textAt(body, "reason"), "Invalid")
    const causes = listAt(body, "details", "causes").map(
      cause => `${textAt(cause, "field")}: ${textAt(cause, "message")}`,
    )
    assert.ok(causes.includes(says), `${says}\nwas not among\n${causes.join("\n")}`)
    assert.ok(textAt(body, "message")?.startsWith(`Widget.example.org "one" is invalid: `))
  }
  assert.deepEqual(api.admin.stored("widgets.example.org"), [])
})

test("rules are not computed over an object that is broken, and the answer says so", async context => {
  const { client } = await startCluster(context)

  const { body } = await client.call(widgets, { method: "POST", body: widget({ spec: { size: 9, max: "many" } }) })

  const messages = listAt(body, "details", "causes").map(cause => textAt(cause, "message") ?? "")
  assert.ok(messages.some(message => message.includes("some validation rules were not checked")))
  assert.ok(!messages.some(message => message.includes("must not exceed")))
})

test("a valid widget gets its defaults, an identity and the generation 1, and keeps what its schema preserves", async context => {
  const { client } = await startCluster(context)

  const created = await createWidget(client, {
    spec: { port: "http", note: null, extra: { any: [1, { thing: true }] } },
  })

  assert.equal(at(created, "spec", "size"), 1)
  assert.equal(at(created, "spec", "note"), null)
  assert.deepEqual(at(created, "spec", "extra"), { any: [1, { thing: true }] })
  assert.equal(at(created, "metadata", "generation"), 1)
  assert.match(textAt(created, "metadata", "uid") ?? "", /^[0-9a-f-]{36}$/u)
  assert.match(textAt(created, "metadata", "creationTimestamp") ?? "", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/u)
})

test("an unknown field is refused, warned about or silently pruned, as fieldValidation says", async context => {
  const { client } = await startCluster(context)
  const typo = (name: string) => widget({ name, spec: { colour: "red", parts: [{ name: "a", cuont: 1 }] } })

  const strict = await client.call(`${widgets}?fieldValidation=Strict`, { method: "POST", body: typo("strict") })
  const warned = await client.call(widgets, { method: "POST", body: typo("warned") })
  const ignored = await client.call(`${widgets}?fieldValidation=Ignore`, { method: "POST", body: typo("ignored") })

  assert.equal(strict.code, 400)
  assert.equal(
    textAt(strict.body, "message"),
    'Widget in version "v1" cannot be handled as a Widget: strict decoding error: unknown field "spec.colour", unknown field "spec.parts[0].cuont"',
  )
  assert.equal(warned.code, 201)
  assert.deepEqual(
    warned.headers["warning"],
    '299 - "unknown field \\"spec.colour\\"", 299 - "unknown field \\"spec.parts[0].cuont\\""',
  )
  assert.equal(ignored.headers["warning"], undefined)
  assert.equal(at(ignored.body, "spec", "colour"), undefined)
  assert.deepEqual(at(ignored.body, "spec", "parts"), [{ name: "a" }])
})

test("a transition rule compares with the old value, in keyed lists with the item of the same key", async context => {
  const { client } = await startCluster(context)
  const parts = (a: number, b: number) => [
    { name: "b", count: b },
    { name: "a", count: a },
  ]
  await createWidget(client, {
    spec: {
      parts: [
        { name: "a", count: 5 },
        { name: "b", count: 1 },
      ],
    },
  })
  const change = (spec: Json) =>
    client.call(`${widgets}/one`, { method: "PATCH", contentType: "application/merge-patch+json", body: { spec } })

  const recolored = await change({ color: "blue" })
  const shrunk = await change({ parts: parts(4, 1) })
  const grown = await change({ parts: parts(6, 1) })

  assert.equal(
    textAt(recolored.body, "message"),
    `Widget.example.org "one" is invalid: spec.color: Invalid value: color is immutable`,
  )
  assert.equal(
    textAt(shrunk.body, "message"),
    `Widget.example.org "one" is invalid: spec.parts[1].count: Invalid value: 4: count never shrinks`,
  )
  assert.equal(grown.code, 200)
})

test("a value that a later schema forbids is let through while it does not change", async context => {
  const { api, client } = await startCluster(context)
  await createWidget(client, { spec: { code: "longcode" } })
  const definition = api.admin.stored("customresourcedefinitions.apiextensions.k8s.io")[0]
  const stricter = JSON.stringify(definition).replace('"minLength":2', '"minLength":20')
  const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.example.org"
  const updated = await client.call(path, { method: "PUT", body: stricter })
  assert.equal(updated.code, 200, updated.text)
  const change = (spec: Json) =>
    client.call(`${widgets}/one`, { method: "PATCH", contentType: "application/merge-patch+json", body: { spec } })

  assert.equal((await change({ size: 7 })).code, 200)
  assert.equal((await change({ code: "othercode" })).code, 422)
})

test("a kind is served as soon as its definition is stored, and gone with it, objects and all", async context => {
  const { api, client } = await startCluster(context)
  await createWidget(client)
  const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.example.org"
  const { body } = await client.call(path)
  const conditions = listAt(body, "status", "conditions").map(
    each => `${textAt(each, "type")}=${textAt(each, "status")}`,
  )
  assert.deepEqual(conditions, ["NamesAccepted=True", "Established=True"])
  assert.deepEqual(at(body, "status", "storedVersions"), ["v1"])

  await client.call(path, { method: "DELETE" })

  assert.equal((await client.call(path)).code, 404)
  assert.equal((await client.call(widgets)).code, 404)
  assert.equal((await client.call("/apis/example.org/v1")).code, 404)
  assert.equal(api.admin.watches.count("widgets"), 0)
})

test("a definition waits for an object that has a finalizer", async context => {
  const { client } = await startCluster(context)
  await createWidget(client, { metadata: { finalizers: ["example.org/hold"] } })
  const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.example.org"

  await client.call(path, { method: "DELETE" })
  assert.equal((await client.call(path)).code, 200)
  const release = {
    method: "PATCH",
    contentType: "application/merge-patch+json",
    body: { metadata: { finalizers: null } },
  }
  await client.call(`${widgets}/one`, release)

  assert.equal((await client.call(path)).code, 404)
})

test("a definition whose name or scope is wrong is refused", async context => {
  const { client } = await startCluster(context)
  const body = {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "wrong.example.org" },
    spec: { group: "example.org", scope: "World", names: { plural: "gadgets", kind: "Gadget" }, versions: [] },
  }

  const refused = await client.call("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", { method: "POST", body })

  assert.equal(refused.code, 422)
  const fields = listAt(refused.body, "details", "causes").map(cause => textAt(cause, "field"))
  assert.ok(fields.includes("metadata.name"))
  assert.ok(fields.includes("spec.scope"))
})

const badSchemas: readonly { readonly from: string; readonly to: string; readonly says: RegExp }[] = [
  {
    from: "rule: self >= oldSelf",
    to: "rule: self >=",
    says: /x-kubernetes-validations\[0\]\.rule: Invalid value: .*compilation failed/u,
  },
  { from: "!has(self.max) ||", to: "!has(self.maxx) ||", says: /compilation failed: .*undefined field 'maxx'/u },
  { from: "self.color == oldSelf.color", to: `"self.parts.all(p, p.nome != '')"`, says: /undefined field 'nome'/u },
  {
    from: "x-kubernetes-list-type: map\n                  x-kubernetes-list-map-keys: [name]",
    to: "x-kubernetes-list-type: atomic",
    says: /oldSelf cannot be used on the uncorrelatable portion/u,
  },
  {
    from: "items: { type: string } }",
    to: "items: { } }",
    says: /items\.type: Required value: must not be empty for specified object fields/u,
  },
  { from: "required: [name]", to: "required: []", says: /must have a default or be a required property/u },
  { from: "default: 1", to: "default: 0", says: /default: Invalid value: 0: .* should be greater than or equal to 1/u },
  { from: "jsonPath: .spec.size", to: "jsonPath: spec.size", says: /must be a simple json path starting with/u },
  { from: "storage: true", to: "storage: false", says: /must have exactly one version marked as storage version/u },
]

test("a definition that the real server would not take is refused, with the place of the mistake", async context => {
  const { client } = await startCluster(context)
  const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
  await client.call(`${path}/widgets.example.org`, { method: "DELETE" })
  for (const { from, to, says } of badSchemas) {
    const body = widgetDefinition.replace(from, to)
    assert.notEqual(body, widgetDefinition, from)

    const reply = await client.call(path, { method: "POST", contentType: "application/yaml", body })

    assert.equal(reply.code, 422, `${to}: ${reply.text}`)
    assert.match(textAt(reply.body, "message") ?? "", says)
  }
})

const gadgetDefinition = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: gadgets.example.org }
spec:
  group: example.org
  scope: Cluster
  names: { plural: gadgets, kind: Gadget }
  versions:
    - &version
      name: v1beta1
      served: true
      storage: false
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              x-kubernetes-validations:
                - { rule: "!has(self.__namespace__) || self.__namespace__ != 'kube-system'", message: not there }
                - { rule: "oldSelf.hasValue() || self.dash__dash__ed == 'new'", optionalOldSelf: true, message: begins new }
                - { rule: "!has(self.from) || self.from < self.until", message: ends before it begins }
                - { rule: "!has(self.every) || self.every >= duration('1m')", message: too often }
              properties:
                namespace: { type: string }
                dash-ed: { type: string, default: new }
                from: { type: string, format: date-time }
                until: { type: string, format: date-time }
                every: { type: string, format: duration }
    - { <<: *version, name: v1, storage: true }
`

test("an object is one and the same in all versions of its kind, and the stable version is preferred", async context => {
  const { client } = await startCluster(context)
  const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
  const body = JSON.stringify(parse(gadgetDefinition, { merge: true }))
  assert.equal((await client.call(definitions, { method: "POST", body })).code, 201)
  const gadget = { apiVersion: "example.org/v1beta1", kind: "Gadget", metadata: { name: "one" }, spec: {} }

  await client.call("/apis/example.org/v1beta1/gadgets", { method: "POST", body: gadget })
  const stable = await client.call("/apis/example.org/v1/gadgets/one")

  assert.equal(at(stable.body, "apiVersion"), "example.org/v1")
  const group = await client.call("/apis/example.org")
  assert.equal(textAt(group.body, "preferredVersion", "version"), "v1")
})

test("rules know escaped names, times, durations and objects that were not there before", async context => {
  const { client } = await startCluster(context)
  const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
  await client.call(definitions, { method: "POST", body: JSON.stringify(parse(gadgetDefinition, { merge: true })) })
  const problem = async (spec: Json) => {
    const body = { apiVersion: "example.org/v1", kind: "Gadget", metadata: { name: "one" }, spec }
    const reply = await client.call("/apis/example.org/v1/gadgets?dryRun=All", { method: "POST", body })
    return reply.code === 201 ? "none" : /Invalid value: (.*)$/u.exec(textAt(reply.body, "message") ?? "")?.[1]
  }

  assert.equal(await problem({ namespace: "default" }), "none")
  assert.equal(await problem({ namespace: "kube-system" }), "not there")
  assert.equal(await problem({ "dash-ed": "old" }), "begins new")
  assert.equal(
    await problem({ from: "2026-01-01T00:00:00Z", until: "2026-01-01T01:00:00+02:00" }),
    "ends before it begins",
  )
  assert.equal(await problem({ every: "30s" }), "too often")
  assert.equal(await problem({ every: "2m" }), "none")
})

import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import { widgetDefinition } from "../simulators/kube-api/sample-cluster.ts"
import { type Output, openSession, rowsOf, type Session } from "./session.ts"

async function widgetSession(context: TestContext): Promise<Session> {
  const session = await openSession(context)
  ok(await session.kubectl("apply -f -", widgetDefinition))
  return session
}

function widget(spec: string, { name = "one", metadata = "" } = {}): string {
  return `apiVersion: example.org/v1\nkind: Widget\nmetadata: { name: ${name}${metadata} }\nspec: { ${spec} }\n`
}

function ok(output: Output): string {
  assert.equal(output.code, 0, `${output.stdout}\n${output.stderr}`)
  return output.stdout
}

function failed(output: Output): string {
  assert.notEqual(output.code, 0, output.stdout)
  return output.stderr
}

test("apply creates, leaves alone and changes", async context => {
  const { kubectl } = await widgetSession(context)

  assert.equal(ok(await kubectl("apply -f -", widget("color: red, max: 9"))), "widget.example.org/one created\n")
  assert.equal(ok(await kubectl("apply -f -", widget("color: red, max: 9"))), "widget.example.org/one unchanged\n")
  assert.equal(ok(await kubectl("apply -f -", widget("color: red, size: 3"))), "widget.example.org/one configured\n")

  assert.equal(ok(await kubectl(["get", "widget", "one", "-o", "jsonpath={.spec}"])), '{"color":"red","size":3}')
})

test("a definition is established and its kind is known by all its names", async context => {
  const { kubectl } = await widgetSession(context)

  const waited = await kubectl("wait --for=condition=Established crd/widgets.example.org --timeout=5s")
  const known = ok(await kubectl("api-resources --api-group=example.org"))

  assert.equal(ok(waited), "customresourcedefinition.apiextensions.k8s.io/widgets.example.org condition met\n")
  assert.match(known, /^widgets\s+wd\s+example.org\/v1\s+true\s+Widget$/mu)
  for (const name of ["widgets", "widget", "wd", "samples", "widgets.v1.example.org"]) {
    assert.match((await kubectl(["get", name])).stderr, /No resources found in default namespace/u)
  }
})

test("server-side apply names owners in a conflict, and --force-conflicts takes over", async context => {
  const { kubectl } = await widgetSession(context)
  ok(await kubectl("apply --server-side -f -", widget("color: red, size: 3")))

  const conflict = failed(
    await kubectl("apply --server-side --field-manager=other -f -", widget("color: red, size: 4")),
  )
  const forced = ok(
    await kubectl("apply --server-side --field-manager=other --force-conflicts -f -", widget("color: red, size: 4")),
  )

  assert.match(conflict, /Apply failed with 1 conflict: conflict with "kubectl": .spec.size/u)
  assert.equal(forced, "widget.example.org/one serverside-applied\n")
})

test("an object that was applied by the client moves over to server-side apply", async context => {
  const { kubectl } = await widgetSession(context)
  ok(await kubectl("apply -f -", widget("color: red, size: 3, code: ab")))

  ok(await kubectl("apply --server-side -f -", widget("color: red, size: 4")))

  assert.equal(ok(await kubectl(["get", "wd", "one", "-o", "jsonpath={.spec}"])), '{"color":"red","size":4}')
  const managers = ok(
    await kubectl(["get", "wd", "one", "--show-managed-fields", "-o", "jsonpath={.metadata.managedFields[*].manager}"]),
  )
  assert.ok(!managers.includes("kubectl-client-side-apply"), managers)
})

test("get prints the definition's columns, the wide ones and all namespaces when asked", async context => {
  const { kubectl } = await widgetSession(context)
  ok(await kubectl("apply -f -", widget("color: red")))
  ok(
    await kubectl([
      "patch",
      "wd",
      "one",
      "--subresource=status",
      "--type=merge",
      "-p",
      '{"status":{"conditions":[{"type":"Ready","status":"True"}]}}',
    ]),
  )

  const plain = rowsOf(await kubectl("get wd"))
  const wide = rowsOf(await kubectl("get samples -o wide"))
  const all = rowsOf(await kubectl("get wd -A"))

  assert.deepEqual(plain[0], ["NAME", "COLOR", "READY", "AGE"])
  assert.deepEqual(plain[1]?.slice(0, 3), ["one", "red", "True"])
  assert.match(plain[1]?.[3] ?? "", /^\d+s$/u)
  assert.deepEqual(wide[0], ["NAME", "COLOR", "READY", "SIZE", "AGE"])
  assert.deepEqual(wide[1]?.slice(0, 4), ["one", "red", "True", "1"])
  assert.deepEqual(all[1]?.slice(0, 2), ["default", "one"])
})

test("get selects by labels and by selectable fields", async context => {
  const { kubectl } = await widgetSession(context)
  ok(await kubectl("apply -f -", `${widget("color: red")}---\n${widget("color: blue", { name: "two" })}`))
  ok(await kubectl("label wd two tier=web"))

  assert.equal(ok(await kubectl("get wd --field-selector spec.color=blue -o name")), "widget.example.org/two\n")
  assert.equal(ok(await kubectl("get wd -l tier=web -o name")), "widget.example.org/two\n")
  assert.equal(ok(await kubectl("get wd -l !tier -o name")), "widget.example.org/one\n")
  assert.match(failed(await kubectl("get wd --field-selector spec.size=1")), /field label not supported: spec.size/u)
})

test("get --watch prints a line for each change", async context => {
  const { api, kubectl } = await widgetSession(context)
  ok(await kubectl("apply -f -", widget("color: red")))

  const watching = kubectl("get wd -w --output-watch-events")
  while (api.admin.watches.count("widgets") === 0) await new Promise(resolve => setTimeout(resolve, 20))
  ok(await kubectl("annotate wd one a=b"))
  ok(await kubectl("delete wd one"))
  api.admin.watches.close()
  const lines = rowsOf(await watching).map(cells => cells.slice(0, 3))

  assert.deepEqual(lines, [
    ["EVENT", "NAME", "COLOR"],
    ["ADDED", "one", "red"],
    ["MODIFIED", "one", "red"],
    ["DELETED", "one", "red"],
  ])
})

test("wait returns when the condition comes, and gives up when it does not", async context => {
  const { kubectl, api } = await widgetSession(context)
  ok(await kubectl("apply -f -", widget("color: red")))

  const hopeless = await kubectl("wait --for=condition=Ready wd/one --timeout=1s")
  const waiting = kubectl("wait --for=condition=Ready wd/one --timeout=10s")
  while (api.admin.watches.count("widgets") === 0) await new Promise(resolve => setTimeout(resolve, 20))
  ok(
    await kubectl([
      "patch",
      "wd",
      "one",
      "--subresource=status",
      "--type=merge",
      "-p",
      '{"status":{"conditions":[{"type":"Ready","status":"True"}]}}',
    ]),
  )

  assert.match(failed(hopeless), /timed out waiting for the condition/u)
  assert.equal(ok(await waiting), "widget.example.org/one condition met\n")
})

test("describe shows the object and the events about it", async context => {
  const { kubectl, api } = await widgetSession(context)
  ok(await kubectl("apply -f -", widget("color: red")))
  const uid = ok(await kubectl(["get", "wd", "one", "-o", "jsonpath={.metadata.uid}"]))
  api.admin.load(`
apiVersion: events.k8s.io/v1
kind: Event
metadata: { name: one.1, namespace: default }
regarding: { apiVersion: example.org/v1, kind: Widget, name: one, namespace: default, uid: ${uid} }
eventTime: "${Temporal.Now.instant().toString({ smallestUnit: "microsecond" })}"
reason: Synced
action: Sync
note: all is well
type: Normal
reportingController: example.org/controller
reportingInstance: pod-1
`)

  const described = ok(await kubectl("describe wd one"))
  const events = ok(await kubectl("get events"))

  assert.match(described, /^Spec:\n {2}Color: +red$/mu)
  assert.match(described, /Normal +Synced +\S+ +example.org\/controller.* +all is well/u)
  assert.match(events, /Normal +Synced +widget\/one +all is well/u)
})

test("explain knows the fields, their types and what they are for", async context => {
  const { kubectl } = await widgetSession(context)

  const spec = ok(await kubectl("explain widget.spec"))
  const color = ok(await kubectl("explain wd.spec.color"))

  assert.match(spec, /KIND: +Widget/u)
  assert.match(spec, /color\s+<string> -required-/u)
  assert.match(spec, /tags\s+<\[\]string>/u)
  assert.match(color, /Its color\./u)
  assert.match(ok(await kubectl("explain wd.metadata.ownerReferences")), /uid\s+<string> -required-/u)
})

test("labels and annotations come and go", async context => {
  const { kubectl } = await widgetSession(context)
  ok(await kubectl("apply -f -", widget("color: red")))

  ok(await kubectl("label wd one a=b"))
  ok(await kubectl("annotate wd one c=d"))
  ok(await kubectl("label wd one a-"))

  const metadata = ok(
    await kubectl(["get", "wd", "one", "-o", "jsonpath={.metadata.labels} {.metadata.annotations.c}"]),
  )
  assert.equal(metadata, "{} d".replace("{}", metadata.split(" ")[0] ?? ""))
  assert.ok(!metadata.includes('"a"'))
})

test("delete waits for finalizers", async context => {
  const { kubectl } = await widgetSession(context)
  ok(await kubectl("apply -f -", widget("color: red", { metadata: ", finalizers: [example.org/hold]" })))

  const patient = await kubectl("delete wd one --timeout=1s")
  ok(await kubectl(["patch", "wd", "one", "--type=json", "-p", '[{"op":"remove","path":"/metadata/finalizers"}]']))

  assert.match(failed(patient), /timed out waiting for the condition/u)
  assert.match((await kubectl("get wd")).stderr, /No resources found/u)
})

test("diff tells what an apply would change, and changes nothing", async context => {
  const { kubectl } = await widgetSession(context)
  ok(await kubectl("apply -f -", widget("color: red, size: 1")))

  const same = await kubectl("diff -f -", widget("color: red, size: 1"))
  const other = await kubectl("diff -f -", widget("color: red, size: 5"))

  assert.equal(same.code, 0, same.stderr)
  assert.equal(other.code, 1)
  assert.match(other.stdout, /^- {2}size: 1$/mu)
  assert.match(other.stdout, /^\+ {2}size: 5$/mu)
  assert.equal(ok(await kubectl(["get", "wd", "one", "-o", "jsonpath={.spec.size}"])), "1")
})

test("what is wrong with a manifest is said in the words of the real server", async context => {
  const { kubectl } = await widgetSession(context)

  const typo = failed(await kubectl("apply -f -", widget("color: red, sise: 3")))
  const invalid = failed(await kubectl("apply -f -", widget("color: pink, size: 0")))
  const untyped = failed(await kubectl("apply --server-side -f -", widget("color: red, sise: 3")))
  ok(await kubectl("apply -f -", widget("color: red")))
  const immutable = failed(await kubectl("apply -f -", widget("color: blue")))

  assert.match(typo, /Error from server \(BadRequest\): .*strict decoding error: unknown field "spec.sise"/u)
  assert.match(invalid, /The Widget "one" is invalid:/u)
  assert.match(invalid, /\* spec.color: Unsupported value: "pink": supported values: "red", "green", "blue"/u)
  assert.match(invalid, /\* spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1/u)
  assert.match(untyped, /\.spec\.sise: field not declared in schema/u)
  assert.match(immutable, /spec.color: Invalid value: color is immutable/u)
})

test("typed commands speak protobuf, which is refused cleanly; the same as a manifest is taken", async context => {
  const { kubectl } = await openSession(context)

  const typed = failed(await kubectl("create secret generic s --from-literal=a=b"))
  const manifest = await kubectl(
    "apply -f -",
    "apiVersion: v1\nkind: Secret\nmetadata: { name: s }\nstringData: { a: b }\n",
  )

  assert.match(typed, /the body of the request was in an unknown format/u)
  assert.equal(ok(manifest), "secret/s created\n")
  assert.deepEqual(rowsOf(await kubectl("get secrets"))[1]?.slice(0, 3), ["s", "Opaque", "1"])
})

test("a namespace is deleted with what is in it, and a definition with its objects", async context => {
  const { kubectl } = await widgetSession(context)
  ok(await kubectl("apply -f -", "apiVersion: v1\nkind: Namespace\nmetadata: { name: team }\n"))
  ok(await kubectl("apply -n team -f -", widget("color: red")))

  ok(await kubectl("delete namespace team --timeout=5s"))
  assert.match((await kubectl("get wd -A")).stderr, /No resources found/u)
  ok(await kubectl("apply -f -", widget("color: red")))
  ok(await kubectl("delete crd widgets.example.org --timeout=5s"))

  assert.match(
    failed(await kubectl("get wd")),
    /the server could not find the requested resource|doesn't have a resource type/u,
  )
})

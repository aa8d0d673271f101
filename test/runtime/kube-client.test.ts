import assert from "node:assert/strict"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, test } from "node:test"
import { inspect } from "node:util"
import { KubeClient } from "../../operator/runtime/kube-client.ts"
import { isAlreadyExists, isConflict, isGone, isNotFound, KubeApiError } from "../../operator/runtime/kube-error.ts"
import type { ResourceKind } from "../../operator/runtime/objects.ts"
import { makeAuthority } from "../simulators/certificates.ts"
import { ApiStub, gone, statusReply } from "./api-stub.ts"
import { type Widget, widget, widgetKind } from "./builders.ts"
import { eventually, VirtualClock } from "./virtual-clock.ts"

const never = new AbortController().signal
const ref = { namespace: "default", name: "w" }
const path = "/apis/test.dev/v1/namespaces/default/widgets/w"

let api: ApiStub
let clock: VirtualClock
let client: KubeClient

beforeEach(async () => {
  api = await new ApiStub().listen()
  clock = new VirtualClock()
  client = new KubeClient({ kubeConfig: api.kubeConfig(), clock })
})

afterEach(async () => {
  await client.close()
  await api.close()
})

/** Lets virtual time pass while a request pauses between attempts. */
async function pausing<T>(work: Promise<T>): Promise<T> {
  let done = false
  const settled = work.finally(() => {
    done = true
  })
  settled.catch(() => undefined)
  while (!done) await clock.advance(100)
  return settled
}

async function failure(work: Promise<unknown>): Promise<KubeApiError> {
  const error = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  assert.ok(error instanceof KubeApiError, `it ended with ${error}`)
  return error
}

test("objects come back of the kind asked for and without managedFields and last-applied", async () => {
  const annotations = { "kubectl.kubernetes.io/last-applied-configuration": "{…}", mine: "1" }
  api.put({ ...widget("w", { annotations }), metadata: { ...widget("w").metadata, annotations, managedFields: [{}] } })

  const object = await client.get<Widget>(widgetKind, ref, never)

  assert.deepEqual(object.metadata.annotations, { mine: "1" })
  assert.ok(!("managedFields" in object.metadata))
  assert.equal(object.kind, "Widget")
})

test("core kinds and cluster-scoped kinds have their own paths", async () => {
  const secrets: ResourceKind = { group: "", version: "v1", plural: "secrets", kind: "Secret" }
  await failure(client.get(secrets, { namespace: "a b", name: "s" }, never))
  await failure(client.get({ ...secrets, plural: "namespaces", kind: "Namespace" }, { name: "n" }, never))
  assert.deepEqual(
    api.requests.map(request => request.path),
    ["/api/v1/namespaces/a%20b/secrets/s", "/api/v1/namespaces/n"],
  )
})

test("a name leads nowhere but to its own place", async () => {
  await failure(client.get(widgetKind, { namespace: "default/../x", name: "../../secrets/s?watch=1#" }, never))
  assert.match(api.requests[0]?.path ?? "", /\/namespaces\/default%2F\.\.%2Fx\/widgets\/[^/?#]+$/)
})

test("a list asks for pages of 500 and follows them to the end", async () => {
  const page = (name: string, next?: string) => ({
    body: { metadata: { resourceVersion: "7", ...(next && { continue: next }) }, items: [widget(name)] },
  })
  api.script("list", page("a", "n1"), page("b", "n2"), page("c"))

  const items = await client.list<Widget>(widgetKind, { labelSelector: "x=y" }, never)

  assert.deepEqual(
    items.map(({ metadata }) => metadata.name),
    ["a", "b", "c"],
  )
  assert.deepEqual(
    api.requests.map(({ query }) => query.get("continue")),
    [null, "n1", "n2"],
  )
  assert.ok(api.requests.every(({ query }) => query.get("limit") === "500" && query.get("labelSelector") === "x=y"))
})

test("items of a list know their kind though the server leaves it out", async () => {
  const { apiVersion: _, kind: __, ...bare } = widget("w")
  api.script("list", { body: { metadata: { resourceVersion: "1" }, items: [bare] } })
  const [item] = await client.list<Widget>(widgetKind, {}, never)
  assert.deepEqual([item?.apiVersion, item?.kind], ["test.dev/v1", "Widget"])
})

for (const [name, send, contentType] of [
  ["merge patch", () => client.mergePatch(widgetKind, ref, { spec: { size: 2 } }, {}, never), "merge-patch+json"],
  ["JSON patch", () => client.jsonPatch(widgetKind, ref, [{ op: "remove", path: "/x" }], never), "json-patch+json"],
  ["apply", () => client.apply(widgetKind, { metadata: ref }, { fieldManager: "me" }, never), "apply-patch+yaml"],
] as const)
  test(`${name}: the content type says so`, async () => {
    api.put(widget("w"))
    await send()
    assert.equal(api.requests.at(-1)?.headers["content-type"], `application/${contentType}`)
  })

test("apply names its field manager and forces only when told to", async () => {
  api.put(widget("w"))
  await client.apply(widgetKind, { metadata: ref }, { fieldManager: "me" }, never)
  await client.apply(widgetKind, { metadata: ref }, { fieldManager: "me", force: true }, never)
  assert.deepEqual(
    api.requests.map(({ query }) => [query.get("fieldManager"), query.get("force")]),
    [
      ["me", null],
      ["me", "true"],
    ],
  )
})

test("deleting what is gone is fine, and a uid makes it that very object", async () => {
  await client.delete(widgetKind, ref, { uid: "u1" }, never)
  assert.deepEqual(api.requests.at(-1)?.body["preconditions"], { uid: "u1" })
})

for (const [code, reason, claim] of [
  [404, "NotFound", isNotFound],
  [409, "Conflict", isConflict],
  [409, "AlreadyExists", isAlreadyExists],
  [410, "Expired", isGone],
] as const)
  test(`${code} ${reason} is told apart`, async () => {
    api.script("get", statusReply(code, reason))
    const error = await failure(client.get(widgetKind, ref, never))
    assert.ok(claim(error))
    assert.equal(error.reason, reason)
    const others = [isNotFound, isConflict, isAlreadyExists, isGone].filter(other => other !== claim)
    assert.ok(others.every(other => !other(error)))
  })

test("a 429 is waited out as long as the server asks", async () => {
  api.put(widget("w"))
  api.script("get", statusReply(429, "TooManyRequests", { "retry-after": "3" }))
  const work = client.get(widgetKind, ref, never)
  await eventually(() => clock.pending === 1 && api.count("get") === 1, "a pause")

  await clock.advance(2_900)
  assert.equal(api.count("get"), 1)
  await pausing(work)
  assert.equal(api.count("get"), 2)
})

test("a pause longer than ten seconds is left to the queue", async () => {
  api.script("get", statusReply(429, "TooManyRequests", { "retry-after": "60" }))
  const error = await failure(client.get(widgetKind, ref, never))
  assert.equal(error.retryAfterMs, 60_000)
  assert.equal(api.count("get"), 1)
})

for (const reply of [statusReply(503, "ServiceUnavailable"), statusReply(504, "Timeout"), "reset"] as const)
  test(`a get meets ${typeof reply === "string" ? "a reset" : reply.code} twice and succeeds`, async () => {
    api.put(widget("w"))
    api.script("get", reply, reply)
    const object = await pausing(client.get(widgetKind, ref, never))
    assert.equal(object.metadata.name, "w")
  })

test("trouble that stays is given up after four attempts", async () => {
  api.rule = () => statusReply(503, "ServiceUnavailable")
  assert.equal((await failure(pausing(client.get(widgetKind, ref, never)))).code, 503)
  assert.equal(api.count("get"), 4)
})

test("a create whose answer was lost is not sent again: it may have been done", async () => {
  api.script("create", "reset")
  const error = await failure(pausing(client.create(widgetKind, { metadata: ref }, never)))
  assert.equal(error.reason, "Unreachable")
  assert.equal(api.count("create"), 1)
})

test("a create refused with 429 was not done and is sent again", async () => {
  api.script("create", statusReply(429, "TooManyRequests", { "retry-after": "1" }))
  await pausing(client.create(widgetKind, { metadata: ref }, never))
  assert.ok(api.object(path))
})

test("an HTML page from a proxy is an error with its code, not a parse failure", async () => {
  api.rule = () => ({ code: 502, body: "<html>bad gateway</html>" })
  const error = await failure(pausing(client.get(widgetKind, ref, never)))
  assert.equal(error.code, 502)
})

test("half an answer is an error", async () => {
  api.rule = () => ({ body: '{"metadata":{"na' })
  assert.equal((await failure(client.get(widgetKind, ref, never))).reason, "InvalidAnswer")
})

test("an answer that is no JSON is not repeated in the error: it may be a Secret", async () => {
  api.rule = () => ({ body: '{"data":{"password":aGlkZGVu}}' })
  const error = await failure(client.get(widgetKind, ref, never))
  assert.doesNotMatch(inspect(error), /aGl|password/)
})

test("a server that does not answer costs the time limit and leaves no timer", async () => {
  api.rule = () => "silence"
  const work = failure(client.get(widgetKind, ref, never))
  await eventually(() => api.count("get") === 1)
  await clock.advance(30_000)
  assert.equal((await work).reason, "Timeout")
  assert.equal(clock.pending, 0)
})

test("an abort ends a request with the reason given, in flight and while it pauses", async () => {
  const reason = new Error("stop")
  for (const reply of ["silence", statusReply(429, "TooManyRequests", { "retry-after": "5" })] as const) {
    const stop = new AbortController()
    api.script("get", reply)
    const asked = api.count("get")
    const work = client.get(widgetKind, ref, stop.signal)
    await eventually(() => api.count("get") > asked)
    stop.abort(reason)
    await assert.rejects(work, reason)
  }
  assert.equal(clock.pending, 0)
})

test("a hundred requests share a few connections", async () => {
  api.put(widget("w"))
  for (let i = 0; i < 25; i++) await Promise.all([1, 2, 3, 4].map(() => client.get(widgetKind, ref, never)))
  assert.ok(api.handshakes <= 10, `${api.handshakes} connections`)
})

test("looking at the credentials again does not mean shaking hands again", async () => {
  api.put(widget("w"))
  for (let minute = 0; minute < 10; minute++) {
    await client.get(widgetKind, ref, never)
    await clock.advance(60_000)
  }
  assert.ok(api.handshakes <= 2, `${api.handshakes} connections`)
})

test("requests say who asks", async () => {
  const named = new KubeClient({ kubeConfig: api.kubeConfig(), clock, userAgent: "operator/1.2" })
  await named.list(widgetKind, {}, never)
  assert.equal(api.requests.at(-1)?.headers["user-agent"], "operator/1.2")
  await named.close()
})

test("a token rotated on disk is read again after a 401", async () => {
  const folder = await mkdtemp(join(tmpdir(), "token-"))
  const tokenFile = join(folder, "token")
  const user = { authProvider: { name: "tokenFile", config: { tokenFile } } }
  await writeFile(tokenFile, "old")
  api.put(widget("w"))
  api.rule = ({ headers }) => (headers.authorization === "Bearer new" ? undefined : statusReply(401, "Unauthorized"))
  const rotating = new KubeClient({ kubeConfig: api.kubeConfig(user), clock })
  assert.equal((await failure(rotating.get(widgetKind, ref, never))).code, 401)
  assert.equal(api.count("get"), 2)

  await writeFile(tokenFile, "new")
  assert.equal((await rotating.get(widgetKind, ref, never)).metadata.name, "w")

  await rotating.close()
  await rm(folder, { recursive: true })
})

test("TLS: the server is believed by the kubeconfig's CA and knows us by our certificate", async () => {
  const authority = makeAuthority("test CA")
  const server = authority.issue({ hosts: ["127.0.0.1"] })
  const ours = authority.issue({ hosts: ["tester"] })
  const secure = await new ApiStub({ cert: server.certPem, key: server.keyPem }).listen()
  secure.put(widget("w"))
  const user = { certData: btoa(ours.certPem), keyData: btoa(ours.keyPem) }
  const trusting = new KubeClient({ kubeConfig: secure.kubeConfig(user, { caData: btoa(authority.caPem) }), clock })
  const doubting = new KubeClient({ kubeConfig: secure.kubeConfig(user), clock })

  for (let i = 0; i < 5; i++) await trusting.get(widgetKind, ref, never)
  assert.ok(secure.handshakes <= 2, `${secure.handshakes} handshakes for five requests`)
  assert.equal(secure.peerName, "tester")
  assert.equal((await failure(pausing(doubting.get(widgetKind, ref, never)))).reason, "Unreachable")

  await Promise.all([trusting.close(), doubting.close()])
  await secure.close()
})

test("metadata-only asks for PartialObjectMetadata", async () => {
  await client.list(widgetKind, { metadataOnly: true }, never)
  assert.match(api.requests.at(-1)?.headers.accept ?? "", /as=PartialObjectMetadataList;g=meta\.k8s\.io;v=v1/)
})

test("410 while paging reaches the caller", async () => {
  api.script("list", { body: { metadata: { resourceVersion: "7", continue: "n" }, items: [] } }, gone)
  assert.ok(isGone(await failure(client.list(widgetKind, {}, never))))
})

import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { parseAllDocuments } from "yaml"
import type { LoggedRequest } from "../simulators/kube-api/kube-api.ts"
import { binding, calendarEvent, connection, eventsSource, namespace, policy } from "../world/manifests.ts"
import { basics, startWorld, type World } from "../world/world.ts"
import { blocksOf, read } from "./manuals.ts"

/** `group/resource[/subresource] verb`, the group of the core being empty. */
type Right = string

type Role = {
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly rules?: readonly {
    readonly apiGroups: readonly string[]
    readonly resources: readonly string[]
    readonly verbs: readonly string[]
  }[]
}

const roles = blocksOf(read("docs/security.md"), "yaml")
  .flatMap(block => parseAllDocuments(block).map((document): Role => document.toJS()))
  .filter(({ kind }) => kind === "ClusterRole" || kind === "Role")

/** The operator's own namespace, where the Role holds; everywhere else it is the ClusterRole. */
const ownNamespace = "calsync-system"
const asked = { everywhere: new Set<Right>(), atHome: new Set<Right>() }
let world: World

before(async () => {
  world = await startWorld()
  await liveThroughEverything()
  for (const request of world.cluster.kube.admin.requests.find()) {
    if (request.user !== "operator") continue
    const { place, what, verbs } = questionOf(request)
    for (const verb of verbs) asked[place === ownNamespace ? "atHome" : "everywhere"].add(`${what} ${verb}`)
  }
})
after(() => world.close())

test("the rights in the manual are enough for everything the operator asks", () => {
  const [everywhere, atHome] = [granted("ClusterRole"), granted("Role")]
  assert.deepEqual([...asked.everywhere].filter(right => !everywhere.has(right)).toSorted(), [])
  assert.deepEqual([...asked.atHome].filter(right => !atHome.has(right)).toSorted(), [])
})

test("no right in the manual is there for nothing", () => {
  const excused = new Set(Object.keys(askedRarely))
  const used = new Set([...asked.everywhere, ...asked.atHome, ...excused])
  assert.deepEqual([...granted("ClusterRole"), ...granted("Role")].filter(right => !used.has(right)).toSorted(), [])
})

/** What only unlucky or long-lived operators ask for. */
const askedRarely: Readonly<Record<Right, string>> = {
  "events.k8s.io/events patch": "an Event that repeats, a minute later at the earliest",
  "calsync.dev/mailboxbindings/finalizers update":
    "asked by the API server itself for blockOwnerDeletion, where that is enforced",
  "calsync.dev/exchangeconnections get": "after a conflict with another writer",
  "calsync.dev/calendarsources get": "the same",
  "calsync.dev/calendarsyncpolicies get": "the same",
  "calsync.dev/mailboxbindings get": "the same",
  "calsync.dev/calendarevents get": "the same",
}

/** A life with all that needs a right of its own: Lease, made id, memory, permission by label, and the end of a binding. */
async function liveThroughEverything(): Promise<void> {
  const { cluster, exchange } = world
  const shared = { from: "Selector" as const, selector: { matchLabels: { calendars: "yes" } } }
  cluster.apply(
    namespace("team", { calendars: "yes" }),
    ...basics(exchange),
    connection(exchange.url, { allowedNamespaces: shared }),
    policy({ onExchangeDelete: "Respect", deletion: { onUnbind: "Purge" } }, { namespace: "team" }),
    eventsSource({}, { namespace: "team" }),
    calendarEvent("drill", {}, { namespace: "team" }),
    binding({ connectionRef: { name: "main", namespace: "calendars" } }, { namespace: "team" }),
  )
  const operator = await cluster.startOperator({ "leader-election": "true" })
  await cluster.untilCondition("Ready=True/Succeeded", () => cluster.sync(undefined, undefined, "team"))
  await cluster.until(
    "the connection is held",
    () => cluster.find("ExchangeConnection")?.metadata.finalizers?.length === 1,
  )
  await cluster.remove("MailboxBinding", "main", "team")
  await cluster.until("the binding is gone", () => cluster.find("MailboxBinding", "main", "team") === undefined)
  await operator.stop()
}

type Question = { readonly place: string | undefined; readonly what: string; readonly verbs: readonly string[] }

/** What the API server would ask its authorizer about a request. */
function questionOf({ method, path, contentType }: LoggedRequest): Question {
  const url = new URL(path, "http://localhost")
  const match =
    /^\/(?:api|apis\/([^/]+))\/[^/]+(?:\/namespaces\/([^/]+)(?=\/.))?\/([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?$/.exec(
      url.pathname,
    )
  assert.ok(match, path)
  const [, group = "", place, resource = "", name, subresource] = match
  const what = `${group}/${resource}${subresource === undefined ? "" : `/${subresource}`}`
  // To apply is to patch, and to create where there is nothing yet.
  const verbs = contentType.startsWith("application/apply-patch") ? ["patch", "create"] : [verbOf(method, name, url)]
  return { place, what, verbs }
}

function verbOf(method: string, name: string | undefined, url: URL): string {
  switch (method) {
    case "GET":
      if (name !== undefined) return "get"
      return url.searchParams.has("watch") ? "watch" : "list"
    case "POST":
      return "create"
    case "PUT":
      return "update"
    default:
      return method.toLowerCase()
  }
}

function granted(kind: "ClusterRole" | "Role"): ReadonlySet<Right> {
  const rules = roles.filter(role => role.kind === kind).flatMap(role => role.rules ?? [])
  return new Set(
    rules.flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap(group => resources.flatMap(resource => verbs.map(verb => `${group}/${resource} ${verb}`))),
    ),
  )
}

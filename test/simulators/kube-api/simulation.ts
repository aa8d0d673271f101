import { serveDefinitions } from "./definitions.ts"
import { Denials } from "./denials.ts"
import { Failure } from "./failure.ts"
import { Faults } from "./faults.ts"
import { collectGarbage } from "./garbage-collector.ts"
import { Lister } from "./list.ts"
import { finalizeNamespaces } from "./namespaces.ts"
import { Registry } from "./registry.ts"
import { RequestLog } from "./request-log.ts"
import { Store } from "./store.ts"
import { Watches } from "./watches.ts"
import { Clock, type World } from "./world.ts"

/** Bearer tokens and the names of their users. */
export type Tokens = Readonly<Record<string, string>>

const nobody = ""
const anonymous = "system:anonymous"
const openPaths = /^\/(healthz|livez|readyz|version)(\/|$)/u
const firstNamespaces = ["default", "kube-node-lease", "kube-public", "kube-system"]

/** One simulated cluster: its world, its controllers and the ways to trouble it. */
export class Simulation {
  readonly world: World
  readonly lister: Lister
  readonly watches: Watches
  readonly faults = new Faults()
  readonly denials = new Denials()
  readonly requests = new RequestLog()
  readonly #tokens: Tokens
  readonly #stops: (() => void)[]

  constructor(tokens: Tokens) {
    this.world = { store: new Store(), registry: new Registry(), clock: new Clock() }
    this.lister = new Lister(this.world)
    this.watches = new Watches(this.world.store)
    this.#tokens = tokens
    this.#stops = [
      serveDefinitions(this.world, this.watches),
      finalizeNamespaces(this.world),
      collectGarbage(this.world),
    ]
    for (const name of firstNamespaces) this.#addNamespace(name)
  }

  /** Name of the user; nobody for a token that is not known, the anonymous user without a token. */
  userOf(authorization: string | undefined): string {
    if (authorization === undefined) return anonymous
    const token = /^Bearer (.+)$/u.exec(authorization)?.[1] ?? ""
    return Object.hasOwn(this.#tokens, token) ? (this.#tokens[token] ?? nobody) : nobody
  }

  /** Throws 401 for nobody; the anonymous user may ask for health and version, and nothing else. */
  requireUser(user: string, method: string, pathname: string): void {
    if (user === nobody) throw new Failure(401, "Unauthorized", "Unauthorized")
    if (user !== anonymous || openPaths.test(pathname)) return
    throw new Failure(
      403,
      "Forbidden",
      `forbidden: User "${anonymous}" cannot ${method.toLowerCase()} path "${pathname}"`,
      {},
    )
  }

  /** Forgets the past: old watches and unfinished paged lists answer 410 from now on. */
  compact(): void {
    this.world.store.compact()
    this.lister.expire()
  }

  stop(): void {
    for (const stop of this.#stops) stop()
    this.watches.reset()
  }

  #addNamespace(name: string): void {
    const { store, clock } = this.world
    store.put("/namespaces", {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: {
        name,
        uid: crypto.randomUUID(),
        creationTimestamp: clock.timestamp(),
        labels: { "kubernetes.io/metadata.name": name },
      },
      spec: { finalizers: ["kubernetes"] },
      status: { phase: "Active" },
    })
  }
}

import { readdirSync, readFileSync } from "node:fs"
import { KubeConfig } from "@kubernetes/client-node"
import { type RunningOperator, startOperator } from "../../operator/operator.ts"
import type { Clock } from "../../operator/runtime/clock.ts"
import type { Condition } from "../../operator/runtime/conditions.ts"
import { KubeClient } from "../../operator/runtime/kube-client.ts"
import { createLog, type LogLevel } from "../../operator/runtime/log.ts"
import type { ResourceKind } from "../../operator/runtime/objects.ts"
import { readSettings } from "../../operator/settings.ts"
import { type KubeApi, startKubeApi } from "../simulators/kube-api/kube-api.ts"
import { home, namespace as namespaceManifest } from "./manifests.ts"
import { type OperatorProcess, spawnOperator } from "./operator-process.ts"
import { until } from "./until.ts"

/** Our kinds and those that stories touch besides. */
const kinds = {
  ExchangeConnection: ["calsync.dev", "v1alpha1", "exchangeconnections"],
  CalendarSource: ["calsync.dev", "v1alpha1", "calendarsources"],
  CalendarSyncPolicy: ["calsync.dev", "v1alpha1", "calendarsyncpolicies"],
  MailboxBinding: ["calsync.dev", "v1alpha1", "mailboxbindings"],
  CalendarSync: ["calsync.dev", "v1alpha1", "calendarsyncs"],
  CalendarEvent: ["calsync.dev", "v1alpha1", "calendarevents"],
  Secret: ["", "v1", "secrets"],
  ConfigMap: ["", "v1", "configmaps"],
  Namespace: ["", "v1", "namespaces"],
} as const satisfies Readonly<Record<string, readonly [string, string, string]>>
export type KindName = keyof typeof kinds

/** What a story reads of an object: as it is stored, with the fields that tests ask for. */
export type Seen = {
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly uid: string
    readonly resourceVersion: string
    readonly generation?: number
    readonly annotations?: Readonly<Record<string, string>>
    readonly finalizers?: readonly string[]
    readonly deletionTimestamp?: string
  }
  // biome-ignore lint/suspicious/noExplicitAny: stories read whatever the kinds have.
  readonly spec: any
  // biome-ignore lint/suspicious/noExplicitAny: the same.
  readonly status: any
}

export type OperatorHandle = RunningOperator & {
  /** Ends it as SIGTERM does, with its drain. */
  stop(): Promise<void>
}

export type OperatorFlags = Readonly<Record<string, string>>

/** One Kubernetes cluster with calsync's kinds in it, and the hands of the people who work on it. */
export class Cluster {
  readonly kube: KubeApi
  /** One JSON line each, newest last: what the operators logged. */
  readonly logLines: string[] = []
  readonly #client: KubeClient
  readonly #operators = new Set<OperatorHandle>()
  readonly #processes: OperatorProcess[] = []
  readonly #clock: Clock | undefined
  readonly #logLevel: LogLevel

  constructor(kube: KubeApi, { clock, logLevel = "info" }: ClusterOptions) {
    this.kube = kube
    this.#clock = clock
    this.#logLevel = logLevel
    this.#client = new KubeClient({ kubeConfig: this.#config("person") })
  }

  /** Starts (another) operator; several may run at once when `leader-election` is "true". */
  async startOperator(flags: OperatorFlags = {}): Promise<OperatorHandle> {
    const log = createLog({ level: this.#logLevel, write: line => this.logLines.push(line) })
    const stop = new AbortController()
    const settings = readSettings(argvOf(flags), {}, "test")
    const clock = this.#clock
    const running = await startOperator(
      { settings, kubeConfig: this.#config("operator"), log, ...(clock && { clock }) },
      stop.signal,
    )
    running.finished.catch(() => undefined) // a lost lease is looked at by the story that took it
    const handle: OperatorHandle = {
      ...running,
      stop: async () => {
        this.#operators.delete(handle)
        stop.abort()
        await running.finished
      },
    }
    this.#operators.add(handle)
    return handle
  }

  /** The same as a process of its own, which can be killed. */
  async spawnOperator(flags: OperatorFlags = {}): Promise<OperatorProcess> {
    const spawned = await spawnOperator(this.kube.kubeconfig("operator"), argvOf(flags))
    this.#processes.push(spawned)
    return spawned
  }

  async stopOperators(): Promise<void> {
    await Promise.all([...this.#operators].map(operator => operator.stop().catch(() => undefined)))
    await Promise.all(this.#processes.map(operator => operator.kill()))
  }

  /** Applies manifests as server-side apply would. */
  apply(...manifests: readonly string[]): void {
    this.kube.admin.load(manifests.join("\n---\n"))
  }

  /** The objects of a kind as they are stored now. */
  all(kind: KindName, namespace = home): readonly Seen[] {
    const [group, , plural] = kinds[kind]
    const found: unknown = this.kube.admin.stored(group === "" ? plural : `${plural}.${group}`, namespace)
    return found as readonly Seen[]
  }

  find(kind: KindName, name = "main", namespace = home): Seen | undefined {
    return this.all(kind, namespace).find(object => object.metadata.name === name)
  }

  /** The sync of a mailbox, by binding. */
  sync(mailbox = "anna@contoso.com", binding = "main", namespace = home): Seen | undefined {
    return this.all("CalendarSync", namespace).find(
      ({ spec }) => spec.mailbox === mailbox && spec.bindingRef.name === binding,
    )
  }

  async annotate(object: Seen | undefined, annotations: Readonly<Record<string, string | null>>): Promise<void> {
    if (object === undefined) throw new Error("there is no such object to annotate")
    await this.#client.mergePatch(kindOf(object.kind), object.metadata, { metadata: { annotations } }, {}, never)
  }

  async patch(kind: KindName, patch: object, name = "main", namespace = home): Promise<void> {
    const ref = kind === "Namespace" ? { name } : { name, namespace }
    await this.#client.mergePatch(kindOf(kind), ref, patch, {}, never)
  }

  async remove(kind: KindName, name = "main", namespace = home): Promise<void> {
    await this.#client.delete(kindOf(kind), kind === "Namespace" ? { name } : { name, namespace }, {}, never)
  }

  /** Asks for a pass (or a reading, or a probe) now, and waits until it was done. */
  async request(object: Seen | undefined, kind: "requestedAt" | "fullResyncAt" = "requestedAt"): Promise<Seen> {
    const token = `${Temporal.Now.instant()}`
    await this.annotate(object, { [`calsync.dev/${kind}`]: token })
    const handled = kind === "requestedAt" ? "lastHandledReconcileAt" : "lastHandledFullResyncAt"
    return await this.until(`${object?.kind} ${object?.metadata.name} handles a request`, () => {
      const now = this.#again(object)
      return now?.status?.[handled] === token && now
    })
  }

  /** Waits until a condition of an object stands as said, `Ready=False/Expired` or without the reason; gives the object. */
  async untilCondition(said: string, look: () => Seen | undefined): Promise<Seen> {
    return await this.until(said, () => {
      const object = look()
      return object !== undefined && says(object, said) && object
    })
  }

  async until<T>(claim: string, look: () => T | undefined | false, withinMs?: number): Promise<T> {
    return await until(claim, look, { ...(withinMs && { withinMs }), tell: () => this.tell() })
  }

  /** Everything there is to say about the objects, for the message of a failed test. */
  tell(): string {
    const names = Object.keys(kinds).filter(kind => kinds[kind as KindName][0] === "calsync.dev") as KindName[]
    const objects = names.flatMap(kind => this.all(kind, ""))
    const told = objects.map(object => `${object.kind} ${object.metadata.name}: ${conditionsOf(object).join(" · ")}`)
    const logged = this.logLines.slice(-12).map(line =>
      line
        .replace(/"stack":"[^"]*",?/g, "")
        .trim()
        .slice(0, 400),
    )
    return [...told, ...logged].join("\n")
  }

  async close(): Promise<void> {
    await this.stopOperators()
    await this.#client.close()
    await this.kube.close()
  }

  #again({ kind, metadata }: Seen = {} as Seen): Seen | undefined {
    return this.find(kind as KindName, metadata.name, metadata.namespace)
  }

  #config(user: string): KubeConfig {
    const config = new KubeConfig()
    config.loadFromString(this.kube.kubeconfig(user))
    return config
  }
}

function argvOf(flags: OperatorFlags): readonly string[] {
  const given = { "leader-election": "false", listen: "127.0.0.1:0", ...flags }
  return Object.entries(given).flatMap(([name, value]) => [`--${name}`, value])
}

export type ClusterOptions = { readonly clock?: Clock; readonly logLevel?: LogLevel }

const crdFolder = new URL("../../crds/", import.meta.url)
const never = new AbortController().signal

/** A fresh cluster: calsync's kinds, the operator's namespace, and the one of the stories. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const kube = await startKubeApi({ tokens: { "person-token": "person", "operator-token": "operator" } })
  const cluster = new Cluster(kube, options)
  cluster.apply(...readdirSync(crdFolder).map(file => readFileSync(new URL(file, crdFolder), "utf8")))
  cluster.apply(namespaceManifest("calsync-system"), namespaceManifest(home))
  return cluster
}

export function condition(object: Seen | undefined, type: string): Condition | undefined {
  return object?.status?.conditions?.find((one: Condition) => one.type === type)
}

/** All conditions as `Ready=True/Succeeded`, with messages. */
function conditionsOf(object: Seen): readonly string[] {
  const conditions: readonly Condition[] = object.status?.conditions ?? []
  return conditions.map(({ type, status, reason, message }) => `${type}=${status}/${reason} (${message})`)
}

/** Whether a condition stands as said; `Stalled` alone asks that it is there, `!Stalled` that it is not. */
export function says(object: Seen | undefined, said: string): boolean {
  const [, not = "", type = "", status, reason] = /^(!?)(\w+)(?:=(\w+))?(?:\/(\w+))?$/.exec(said) ?? []
  const found = condition(object, type)
  if (not !== "") return found === undefined
  return (
    found !== undefined &&
    (status === undefined || found.status === status) &&
    (reason === undefined || found.reason === reason)
  )
}

function kindOf(name: string): ResourceKind {
  const [group, version, plural] = kinds[name as KindName]
  return { group, version, plural, kind: name }
}

import { AsyncLocalStorage } from "node:async_hooks"
import { readFile } from "node:fs/promises"
import type { KubeConfig } from "@kubernetes/client-node"
import type { ControllerDeps, Controllers } from "./controllers/deps.ts"
import { Hub } from "./controllers/hub.ts"
import { DomainMetrics } from "./controllers/metrics.ts"
import { Owners } from "./controllers/owners.ts"
import { References } from "./controllers/references.ts"
import { StatusBook } from "./controllers/status-book.ts"
import { openCaches, openControllers } from "./controllers/wiring.ts"
import { openConnection } from "./exchange/index.ts"
import { findInstallation } from "./installation.ts"
import { openMemory } from "./memory/in-cluster.ts"
import { clusterRecords } from "./memory-records.ts"
import { type Clock, systemClock } from "./runtime/clock.ts"
import { KubeClient } from "./runtime/kube-client.ts"
import type { Log } from "./runtime/log.ts"
import { Manager } from "./runtime/manager.ts"
import type { Settings } from "./settings.ts"
import { openSource } from "./sources/index.ts"

const leaseName = "calsync-operator"
const reportingController = "calsync.dev/operator"

export type RunningOperator = {
  /** Where /livez, /readyz and /metrics are; known once started. */
  readonly probePort: () => number | undefined
  /** Rejects when the lease is lost; otherwise resolves when the drain after the abort is over. */
  readonly finished: Promise<void>
}

export type OperatorOptions = {
  readonly settings: Settings
  readonly kubeConfig: KubeConfig
  readonly log: Log
  /** The machine's own when absent. */
  readonly clock?: Clock
}

/** Builds the whole operator from its settings and runs it until the signal. */
export async function startOperator(
  { settings, kubeConfig, log, clock = systemClock }: OperatorOptions,
  signal: AbortSignal,
): Promise<RunningOperator> {
  const client = new KubeClient({ kubeConfig, clock })
  const installation = await findInstallation(client, settings, signal)
  tellInstallation(log, installation)
  const manager = openManager({ client, settings, log, clock })
  const metrics = new DomainMetrics(manager.registry)
  const requests = new AsyncLocalStorage<{ count: number }>()
  const hub = new Hub()
  const caches = openCaches(manager, settings.watchNamespaces)
  let controllers: Controllers | undefined
  const deps: ControllerDeps = {
    manager,
    caches,
    hub,
    references: new References(manager),
    status: new StatusBook(client),
    namespaces: new Map(),
    openConnection: openConnection({
      clock,
      random: clock.random,
      proxy: settings.proxy,
      mayWrite: manager.mayWrite,
      observe: request => {
        const store = requests.getStore()
        if (store !== undefined) store.count += 1
        metrics.requested(request)
      },
      log,
    }),
    openSource: openSource({ proxy: settings.proxy, now: clock.now }),
    installation,
    readFederatedToken: federatedToken(settings.federatedTokenFile),
    now: clock.now,
    random: clock.random,
    owners: new Owners({ caches, hub, seesAll: settings.watchNamespaces === undefined }),
    memory: openMemory(clusterRecords(client)),
    metrics,
    countRequests: async work => {
      const counter = { count: 0 }
      const result = await requests.run(counter, work)
      return { result, requests: counter.count }
    },
    controllers: () => {
      if (controllers === undefined) throw new Error("the controllers are not built yet")
      return controllers
    },
  }
  controllers = openControllers(deps, settings.concurrency)
  return { probePort: () => manager.probePort, finished: runThenClose(manager, [hub, client], signal) }
}

async function runThenClose(
  manager: Manager,
  opened: readonly { close(): Promise<void> }[],
  signal: AbortSignal,
): Promise<void> {
  try {
    await manager.start(signal)
  } finally {
    for (const one of opened) await one.close()
  }
}

function openManager({
  client,
  settings,
  log,
  clock,
}: Pick<OperatorOptions, "settings" | "log"> & { readonly client: KubeClient; readonly clock: Clock }): Manager {
  const { namespace, identity, leaderElection, listen } = settings
  const { leaseDurationMs, renewDeadlineMs, retryPeriodMs } = leaderElection
  return new Manager({
    client,
    log,
    clock,
    reportingController,
    identity,
    metricsPrefix: "calsync_",
    ...(leaderElection.enabled
      ? {
          leaderElection: {
            namespace,
            name: leaseName,
            timing: { durationMs: leaseDurationMs, renewDeadlineMs, retryMs: retryPeriodMs },
          },
        }
      : {}),
    probes: listen,
  })
}

function tellInstallation(log: Log, { id, cluster, isGiven }: { id: string; cluster: string; isGiven: boolean }): void {
  const fields = { installation: id, cluster }
  if (isGiven) log.info(fields, "copies are marked with this installation")
  else
    log.warn(
      fields,
      "the installation id was made here and lives in this cluster only: put it into Git as --installation-id",
    )
}

/** Read anew every time: the kubelet replaces the file before the token ends. */
function federatedToken(file: string | undefined): (() => Promise<string>) | undefined {
  return file === undefined ? undefined : () => readFile(file, "utf8")
}

import { readdirSync, readFileSync } from "node:fs"
import { KubeConfig } from "@kubernetes/client-node"
import { type RunningOperator, startOperator } from "../../operator/operator.ts"
import { createLog, type LogLevel } from "../../operator/runtime/log.ts"
import { readSettings } from "../../operator/settings.ts"
import { type RunningExchange, type StartOptions, startExchange } from "../simulators/exchange/start-exchange.ts"
import { type KubeApi, startKubeApi } from "../simulators/kube-api/kube-api.ts"
import { type FeedServer, startFeedServer } from "./feed-server.ts"

/**
 * The whole of calsync in one process, with a simulated Kubernetes API, a simulated Exchange Online and a web server for
 * feeds: what scenarios, the demo and the benchmarks stand on. The operator reaches all of them by URL only.
 */
export type World = {
  readonly kube: KubeApi
  readonly exchange: RunningExchange
  readonly feeds: FeedServer
  /** One JSON line each, newest last: what the operator logged. */
  readonly logLines: string[]
  /** Starts (another) operator; several may run at once when `leaderElection` is "true". */
  startOperator(flags?: Readonly<Record<string, string>>): Promise<OperatorHandle>
  /** Applies manifests as server-side apply would. */
  apply(manifests: string): void
  close(): Promise<void>
}

export type OperatorHandle = RunningOperator & {
  /** Ends it as SIGTERM does, with its drain. */
  stop(): Promise<void>
}

export const world = {
  tenantId: "11111111-1111-4111-8111-111111111111",
  clientId: "22222222-2222-4222-8222-222222222222",
  secret: "a-client-secret-of-the-simulated-tenant",
} as const

const crdFolder = new URL("../../crds/", import.meta.url)

export async function startWorld(options: StartOptions & { readonly logLevel?: LogLevel } = {}): Promise<World> {
  const { logLevel = "info", ...exchangeOptions } = options
  const [kube, exchange, feeds] = await Promise.all([
    startKubeApi(),
    startExchange({
      tenantId: world.tenantId,
      apps: [{ clientId: world.clientId, secret: world.secret }],
      ...exchangeOptions,
    }),
    startFeedServer(),
  ])
  for (const file of readdirSync(crdFolder)) kube.admin.load(readFileSync(new URL(file, crdFolder), "utf8"))
  kube.admin.load("apiVersion: v1\nkind: Namespace\nmetadata: { name: calsync-system }")
  const logLines: string[] = []
  const operators = new Set<OperatorHandle>()
  return {
    kube,
    exchange,
    feeds,
    logLines,
    apply: manifests => void kube.admin.load(manifests),
    startOperator: async (flags = {}) => {
      const argv = Object.entries({ "leader-election": "false", listen: "127.0.0.1:0", ...flags }).flatMap(
        ([name, value]) => [`--${name}`, value],
      )
      const kubeConfig = new KubeConfig()
      kubeConfig.loadFromString(kube.kubeconfig())
      const log = createLog({ level: logLevel, write: line => logLines.push(line) })
      const stop = new AbortController()
      const running = await startOperator({ settings: readSettings(argv, {}, "test"), kubeConfig, log }, stop.signal)
      const handle: OperatorHandle = {
        ...running,
        stop: async () => {
          operators.delete(handle)
          stop.abort()
          await running.finished
        },
      }
      operators.add(handle)
      return handle
    },
    close: async () => {
      await Promise.all([...operators].map(operator => operator.stop()))
      await Promise.all([kube.close(), exchange.close(), feeds.close()])
    },
  }
}

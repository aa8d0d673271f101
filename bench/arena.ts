import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type RunningExchange, startExchange } from "../test/simulators/exchange/start-exchange.ts"
import { Client } from "../test/simulators/kube-api/client.ts"
import { at, listAt, textAt } from "../test/simulators/kube-api/json.ts"
import { type KubeApi, startKubeApi } from "../test/simulators/kube-api/kube-api.ts"
import type { KubeObject } from "../test/simulators/kube-api/kube-object.ts"
import { type FeedServer, startFeedServer } from "../test/world/feed-server.ts"
import { type OperatorProgram, startProgram } from "../test/world/operator-program.ts"

export const tenant = {
  tenantId: "11111111-1111-4111-8111-111111111111",
  clientId: "22222222-2222-4222-8222-222222222222",
  secret: "bench-only-client-secret",
} as const

const namespace = "bench"
const crds = new URL("../crds/", import.meta.url)

/** Simulators here, the operator in a process of its own, so that what it uses can be told apart. */
export type Arena = {
  readonly kube: KubeApi
  readonly exchange: RunningExchange
  readonly feeds: FeedServer
  readonly operator: OperatorProgram
  syncs(): readonly KubeObject[]
  /** Asks all syncs, those of one mailbox, or the source for a pass now; resolves when it is in the API. */
  request(resource: "calendarsyncs" | "calendarsources", token: string, mailbox?: string): Promise<void>
  close(): Promise<void>
}

export async function openArena(options: {
  readonly latencyMs: number
  readonly mailboxes: readonly string[]
  /** Passes at once. */
  readonly concurrency: number
}): Promise<Arena> {
  const folder = mkdtempSync(join(tmpdir(), "calsync-bench-"))
  const [kube, exchange, feeds] = await Promise.all([
    startKubeApi(),
    startExchange({
      tenantId: tenant.tenantId,
      latencyMs: options.latencyMs,
      apps: [{ clientId: tenant.clientId, secret: tenant.secret }],
      mailboxes: options.mailboxes.map(address => ({ address, timeZone: "Romance Standard Time" })),
    }),
    startFeedServer(),
  ])
  const kubeconfigFile = join(folder, "kubeconfig")
  writeFileSync(kubeconfigFile, kube.kubeconfig(), { mode: 0o600 })
  for (const file of readdirSync(crds)) kube.admin.load(readFileSync(new URL(file, crds), "utf8"))
  kube.admin.load(manifests({ exchange, feeds, mailboxes: options.mailboxes }))
  const operator = await startProgram({
    kubeconfigFile,
    logFile: join(folder, "operator.log"),
    flags: { "leader-election": "false", "installation-id": "bench", concurrency: String(options.concurrency) },
  })
  const api = new Client(kube, kube.token())
  const syncs = () => kube.admin.stored("calendarsyncs.calsync.dev", namespace)
  return {
    kube,
    exchange,
    feeds,
    operator,
    syncs,
    request: async (resource, token, mailbox) => {
      for (const object of kube.admin.stored(`${resource}.calsync.dev`, namespace)) {
        const { metadata } = object
        if (mailbox !== undefined && mailboxOf(object) !== mailbox) continue
        await api.call(`/apis/calsync.dev/v1alpha1/namespaces/${namespace}/${resource}/${metadata.name}`, {
          method: "PATCH",
          contentType: "application/merge-patch+json",
          body: JSON.stringify({ metadata: { annotations: { "calsync.dev/requestedAt": token } } }),
        })
      }
    },
    close: async () => {
      await operator.stop()
      api.close()
      await Promise.all([kube.close(), exchange.close(), feeds.close()])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export function mailboxOf(sync: KubeObject): string | undefined {
  return textAt(sync, "spec", "mailbox")
}

export function isReady(sync: KubeObject): boolean {
  const conditions = listAt(sync, "status", "conditions") ?? []
  return conditions.some(one => textAt(one, "type") === "Ready" && textAt(one, "status") === "True")
}

export function inSync(sync: KubeObject): number {
  return Number(at(sync, "status", "events", "inSync") ?? 0)
}

/** Seconds until it is so; throws after the limit. */
export async function secondsUntil(isSo: () => boolean, limitSeconds: number, what: string): Promise<number> {
  const startedAt = performance.now()
  while (!isSo()) {
    if (performance.now() - startedAt > limitSeconds * 1000) throw new Error(`not within ${limitSeconds} s: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 25))
  }
  return (performance.now() - startedAt) / 1000
}

function manifests({
  exchange,
  feeds,
  mailboxes,
}: {
  readonly exchange: RunningExchange
  readonly feeds: FeedServer
  readonly mailboxes: readonly string[]
}): string {
  const meta = (name: string) => `metadata: { name: ${name}, namespace: ${namespace} }`
  return `
apiVersion: v1
kind: Namespace
metadata: { name: ${namespace} }
---
apiVersion: v1
kind: Namespace
metadata: { name: calsync-system }
---
apiVersion: v1
kind: Secret
${meta("app")}
stringData: { clientSecret: ${tenant.secret} }
---
apiVersion: v1
kind: ConfigMap
${meta("ca")}
data: { ca.crt: ${JSON.stringify(exchange.caPem)} }
---
apiVersion: calsync.dev/v1alpha1
kind: ExchangeConnection
${meta("exchange")}
spec:
  graph:
    tenantId: ${tenant.tenantId}
    clientId: ${tenant.clientId}
    endpoints: { login: "${exchange.url}", graph: "${exchange.url}" }
    credentials: { clientSecretRef: { name: app } }
  tls: { caBundle: { configMapRef: { name: ca } } }
  accessPolicy: { domains: [bench.example] }
  limits: { requestsPerSecond: 1000 }
---
apiVersion: calsync.dev/v1alpha1
kind: CalendarSource
${meta("feeds")}
spec: { ical: { urlTemplate: "${feeds.url}/{identity}.ics" }, timeZone: Europe/Copenhagen, interval: 7d }
---
apiVersion: calsync.dev/v1alpha1
kind: CalendarSyncPolicy
${meta("standard")}
spec: { window: { past: 7d, future: 300d }, schedule: { interval: 7d } }
---
apiVersion: calsync.dev/v1alpha1
kind: MailboxBinding
${meta("everyone")}
spec:
  connectionRef: { name: exchange }
  sourceRef: { name: feeds }
  policyRef: { name: standard }
  mailboxes:
${mailboxes.map(address => `    - { address: ${address}, identity: ${address.split("@")[0]} }`).join("\n")}
`
}

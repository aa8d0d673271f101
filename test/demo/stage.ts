import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseAllDocuments, stringify } from "yaml"
import { type RunningExchange, startExchange } from "../simulators/exchange/start-exchange.ts"
import { Client } from "../simulators/kube-api/client.ts"
import { type KubeApi, startKubeApi } from "../simulators/kube-api/kube-api.ts"
import { type FeedServer, startFeedServer } from "../world/feed-server.ts"
import { startProgram } from "../world/operator-program.ts"

const root = new URL("../../", import.meta.url)

/** The ids that examples/quickstart names. */
const tenantId = "11111111-1111-4111-8111-111111111111"
const clientId = "22222222-2222-4222-8222-222222222222"
const secret = "demo-only-client-secret"
/** The account that examples/exchange-server names. */
const account = { domain: "CONTOSO", username: "svc-calsync", password: "demo-only-password" }

/** What every Graph request takes in the demo: as far away as a real tenant feels. */
const latencyMs = 25

/** Two simulators, a web server for feeds, and the operator as a process of its own, which knows of none of them. */
export type Stage = {
  readonly kube: KubeApi
  readonly exchange: RunningExchange
  readonly feeds: FeedServer
  readonly api: Client
  readonly kubeconfigFile: string
  readonly operatorLogFile: string
  readonly probesUrl: string
  /** Applies a folder of examples/, with the addresses of this stage in place of the real ones. */
  applyExample(folder: string): void
  close(): Promise<void>
}

export async function openStage(): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), "calsync-demo-"))
  const [kube, exchange, feeds] = await Promise.all([startKubeApi(), startTenant(), startFeedServer()])
  const kubeconfigFile = join(folder, "kubeconfig")
  writeFileSync(kubeconfigFile, kube.kubeconfig(), { mode: 0o600 })
  for (const file of yamlFiles(new URL("crds/", root))) kube.admin.load(file)
  kube.admin.load("apiVersion: v1\nkind: Namespace\nmetadata: { name: calsync-system }")
  const flags = { "installation-id": "demo" }
  const operator = await startProgram({ kubeconfigFile, logFile: join(folder, "operator.log"), flags })
  const api = new Client(kube, kube.token())
  return {
    kube,
    exchange,
    feeds,
    api,
    kubeconfigFile,
    operatorLogFile: operator.logFile,
    probesUrl: operator.probesUrl,
    applyExample: name => {
      for (const text of yamlFiles(new URL(`examples/${name}/`, root))) {
        for (const document of parseAllDocuments(text))
          kube.admin.load(stringify(onStage(document.toJSON(), exchange, feeds)))
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

/**
 * An organisation half way to the cloud. Its application may touch three mailboxes of Exchange Online, by RBAC for
 * Applications, and its account two on Exchange Server, by a management scope; the director's neither.
 */
async function startTenant(): Promise<RunningExchange> {
  const people = [
    ["anna@contoso.com", "Anna Berg"],
    ["bo@contoso.com", "Bo Lind"],
    ["room-12@contoso.com", "Room 12"],
    ["ceo@contoso.com", "The Director"],
  ] as const
  const atHome = [
    ["eva@contoso.com", "Eva Holm"],
    ["hall@contoso.com", "The Hall"],
  ] as const
  const timeZone = "Romance Standard Time"
  const exchange = await startExchange({
    tenantId,
    latencyMs,
    apps: [{ clientId, secret, permissions: [] }],
    mailboxes: [
      ...people.map(([address, displayName]) => ({ address, displayName, timeZone })),
      ...atHome.map(([address, displayName]) => ({ address, displayName, timeZone, state: "onPremises" as const })),
    ],
    accounts: [
      {
        name: `${account.domain}\\${account.username}`,
        password: account.password,
        impersonates: atHome.map(([address]) => address),
      },
    ],
  })
  const scope = ["anna@contoso.com", "bo@contoso.com", "room-12@contoso.com"]
  exchange.admin.setRoleAssignments([{ appId: clientId, role: "Application Calendars.ReadWrite", scope }])
  return exchange
}

type Manifest = { readonly kind?: string; readonly spec?: Record<string, unknown>; readonly [field: string]: unknown }

/** The example as it is in Git, but for addresses, trust and the secret: nobody can ship those. */
function onStage(manifest: Manifest, exchange: RunningExchange, feeds: FeedServer): Manifest {
  switch (manifest.kind) {
    case "Secret":
      return { ...manifest, stringData: { clientSecret: secret, ...account } }
    case "ExchangeConnection": {
      const { graph, ews } = manifest.spec as { readonly graph?: object; readonly ews?: object }
      const endpoints = { login: exchange.url, graph: exchange.url }
      const backend = graph ? { graph: { ...graph, endpoints } } : { ews: { ...ews, url: exchange.ewsUrl } }
      const tls = { caBundle: { configMapRef: { name: "demo-ca" } } }
      return { ...manifest, spec: { ...manifest.spec, ...backend, tls } }
    }
    case "CalendarSource": {
      const ical = manifest.spec?.["ical"] as { readonly url?: string } | undefined
      if (ical?.url === undefined) return manifest
      const url = `${feeds.url}/${ical.url.split("/").at(-1)}`
      return { ...manifest, spec: { ...manifest.spec, ical: { ...ical, url }, interval: "10s" } }
    }
    default:
      return manifest
  }
}

function yamlFiles(folder: URL): readonly string[] {
  return readdirSync(folder)
    .filter(name => name.endsWith(".yaml"))
    .toSorted()
    .map(name => readFileSync(new URL(name, folder), "utf8"))
}

import {
  type StartOptions as ExchangeOptions,
  type RunningExchange,
  startExchange,
} from "../simulators/exchange/start-exchange.ts"
import { type Cluster, type ClusterOptions, startCluster } from "./cluster.ts"
import { type FeedServer, startFeedServer } from "./feed-server.ts"
import {
  account,
  binding,
  type CommonSpec,
  configMap,
  connection,
  ewsConnection,
  home,
  policy,
  secret,
  tenant,
} from "./manifests.ts"

/**
 * The whole of calsync in one process, with simulated Kubernetes APIs, a simulated Exchange and a web server for feeds:
 * what scenarios and the benchmarks stand on. The operator reaches all of them by URL only.
 */
export type World = {
  /** The cluster most stories play in. */
  readonly cluster: Cluster
  readonly exchange: RunningExchange
  /** Through which of its faces the operator reaches Exchange, unless a story says otherwise. */
  readonly backend: Backend
  readonly feeds: FeedServer
  /** Another cluster beside it, before the same Exchange. */
  addCluster(options?: ClusterOptions): Promise<Cluster>
  /** Puts Secret, authority, connection, policy and binding into a cluster; the source is the story's. */
  applyBasics(cluster?: Cluster): void
  /** The manifest of another connection to the same Exchange, through the same face. */
  anotherConnection(spec: CommonSpec, name?: string): string
  /** Subjects in a mailbox's calendar, sorted: what a person sees. */
  subjects(mailbox?: string, calendar?: string): readonly string[]
  /** Ends everything, and throws when a promise was broken that holds in every story: see `brokenPromises`. */
  close(): Promise<void>
}

/** Microsoft Graph as in Exchange Online, or the web services of Exchange Server. */
export type Backend = "graph" | "ews"

export type WorldOptions = ClusterOptions &
  ExchangeOptions & { readonly mailboxNames?: readonly string[]; readonly backend?: Backend }

export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const { clock, logLevel, mailboxNames = ["anna"], backend = "graph", ...exchangeOptions } = options
  const clusterOptions = { ...(clock && { clock }), ...(logLevel && { logLevel }) }
  const [cluster, exchange, feeds] = await Promise.all([
    startCluster(clusterOptions),
    startExchange({
      tenantId: tenant.tenantId,
      apps: [{ clientId: tenant.clientId, secret: tenant.secret }],
      accounts: [{ name: account.username, password: account.password, impersonates: "everything" }],
      mailboxes: mailboxNames.map(name => ({ address: `${name}@contoso.com` })),
      ...exchangeOptions,
    }),
    startFeedServer(),
  ])
  const clusters = [cluster]
  return {
    cluster,
    exchange,
    backend,
    feeds,
    addCluster: async (more = {}) => {
      const another = await startCluster({ ...clusterOptions, ...more })
      clusters.push(another)
      return another
    },
    anotherConnection: (spec, name = "main") => connectionTo(exchange, backend, spec, { name }),
    applyBasics: (where = cluster) => where.apply(...basics(exchange, { backend }), policy(), binding()),
    subjects: (mailbox = "anna@contoso.com", calendar) =>
      exchange.admin
        .events(mailbox, calendar)
        .map(({ subject }) => `${subject}`)
        .toSorted(),
    close: async () => {
      const broken = brokenPromises(exchange, clusters)
      await Promise.all([...clusters.map(one => one.close()), exchange.close(), feeds.close()])
      if (broken.length > 0) throw new Error(broken.join("\n"))
    },
  }
}

/** The credentials, the authority of the simulated Exchange, and a connection to it. */
export function basics(
  exchange: RunningExchange,
  { namespace = home, backend = "graph" }: { readonly namespace?: string; readonly backend?: Backend } = {},
): readonly string[] {
  return [
    secret({ clientSecret: tenant.secret }, { namespace }),
    secret(account, { name: "svc", namespace }),
    configMap({ "ca.crt": exchange.caPem }, { name: "exchange-ca", namespace }),
    connectionTo(exchange, backend, {}, { namespace }),
  ]
}

function connectionTo(
  { url, ewsUrl }: RunningExchange,
  backend: Backend,
  spec: CommonSpec,
  meta: { readonly name?: string; readonly namespace?: string },
): string {
  return backend === "graph" ? connection(url, spec, meta) : ewsConnection(ewsUrl, {}, spec, meta)
}

/** What no story may ever bring about. */
function brokenPromises(exchange: RunningExchange, clusters: readonly Cluster[]): readonly string[] {
  const mails = exchange.admin.outbox()
  const log = clusters.flatMap(({ logLines }) => logLines).join("\n")
  return [
    ...(mails.length > 0 ? [`${mails.length} mails went out; nobody is ever mailed`] : []),
    ...clusters.flatMap(({ kube }) => listedSecrets(kube)),
    ...(log.includes(tenant.secret) ? ["the log holds the client secret"] : []),
    ...(log.includes(account.password) ? ["the log holds the account's password"] : []),
    ...(log.includes("Subject of ") ? ["the log holds the subject of an event"] : []),
  ]
}

function listedSecrets(kube: Cluster["kube"]): readonly string[] {
  const lists = kube.admin.requests.find({ method: "GET", path: /\/secrets(\?|$)/ })
  return lists
    .filter(({ user, path }) => user === "operator" && !/fieldSelector=metadata\.name(%3D|=)/.test(path))
    .map(({ path }) => `Secrets were listed: ${path}`)
}

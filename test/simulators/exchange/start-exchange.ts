import { createServer as createHttp, type Server } from "node:http"
import { createServer as createHttps } from "node:https"
import type { AddressInfo } from "node:net"
import { makeAuthority } from "../certificates.ts"
import { Admin } from "./admin.ts"
import { Autodiscover } from "./autodiscover/autodiscover.ts"
import { Directory } from "./directory/directory.ts"
import { type AccountSeed, Accounts } from "./ews/accounts.ts"
import { EwsFace } from "./ews/ews-face.ts"
import { Faults } from "./faults.ts"
import { Counters } from "./graph/counters.ts"
import { GraphFace, type GraphParts } from "./graph/graph-face.ts"
import { Subscriptions } from "./graph/subscriptions.ts"
import { Throttle } from "./graph/throttle.ts"
import { serve } from "./http-face.ts"
import { BearerLogin } from "./iis/bearer-login.ts"
import { channelBinding } from "./iis/channel-binding.ts"
import { FrontDoor } from "./iis/front-door.ts"
import { ServerDoor } from "./iis/server-door.ts"
import { ExchangeServer, type ServerSettings } from "./iis/server-settings.ts"
import { AccessTokens } from "./login/access-tokens.ts"
import { TokenEndpoint } from "./login/token-endpoint.ts"
import { WeekPage } from "./page/week-page.ts"
import type { AppSeed, MailboxSeed } from "./seeds.ts"
import { Store } from "./store/store.ts"
import type { Switches } from "./store/switches.ts"

export type StartOptions = {
  /** 0, which is the default, takes any free one. */
  readonly port?: number
  readonly pagePort?: number
  /** Graph and Exchange Server take at least this long for every request, steps of a batch and legs of a login included. */
  readonly latencyMs?: number
  readonly tenantId?: string
  readonly mailboxes?: readonly MailboxSeed[]
  readonly apps?: readonly AppSeed[]
  /** Who may log in to Exchange Server. */
  readonly accounts?: readonly AccountSeed[]
  /** How Exchange Server is set up, where it is not as usual: 15.2, with Negotiate, NTLM and Basic. */
  readonly server?: Partial<ServerSettings>
  /** Whether every answer of EWS is held against its schema before it goes out, and fails loudly; it is, when absent. */
  readonly checkAnswers?: boolean
  readonly switches?: Partial<Switches>
}

export type RunningExchange = {
  /** Origin of login and Graph, over TLS. */
  readonly url: string
  /** Where Exchange Server answers, `/EWS/Exchange.asmx` of the same origin. */
  readonly ewsUrl: string
  /** The page for people and `/_sim/`, over plain HTTP. */
  readonly pageUrl: string
  readonly caPem: string
  readonly admin: Admin
  close(): Promise<void>
}

/** Exchange Online and Exchange Server on 127.0.0.1: token endpoint, Graph, EWS, admin and a page to watch it. */
export async function startExchange(options: StartOptions = {}): Promise<RunningExchange> {
  const authority = makeAuthority("exchange simulator")
  const { certPem, keyPem } = authority.issue({ hosts: ["127.0.0.1", "localhost"] })
  const { admin, faces } = build(options, certPem)
  const secure = createHttps({ cert: certPem, key: keyPem, keepAliveTimeout: KEEP_ALIVE_MS }, serve(faces, "https"))
  const plain = createHttp(serve(faces, "http"))
  const [port, pagePort] = [await listen(secure, options.port), await listen(plain, options.pagePort)]
  return {
    url: `https://127.0.0.1:${port}`,
    ewsUrl: `https://127.0.0.1:${port}/EWS/Exchange.asmx`,
    pageUrl: `http://127.0.0.1:${pagePort}`,
    caPem: authority.caPem,
    admin,
    async close() {
      faces.page.close()
      await Promise.all([secure, plain].map(stop))
    },
  }
}

const KEEP_ALIVE_MS = 60_000

function build(
  options: StartOptions,
  certPem: string,
): { readonly admin: Admin; readonly faces: Parameters<typeof serve>[0] } {
  const store = new Store()
  const directory = new Directory(options.tenantId)
  const tokens = new AccessTokens(store.clock)
  const [faults, counters, throttle] = [new Faults(), new Counters(), new Throttle(store)]
  const subscriptions = new Subscriptions(store, directory.tenantId)
  const graphParts: GraphParts = {
    store,
    directory,
    tokens,
    faults,
    counters,
    throttle,
    subscriptions,
    latencyMs: options.latencyMs ?? 0,
  }
  const graph = new GraphFace(graphParts)
  const accounts = new Accounts()
  const server = new ExchangeServer(options.server)
  const admin = new Admin({ store, directory, accounts, server, faults, counters, throttle, tokens, graph, graphParts })
  admin.setSwitches(options.switches ?? {})
  for (const seed of options.apps ?? []) admin.addApp(seed)
  for (const seed of options.mailboxes ?? []) admin.addMailbox(seed)
  for (const seed of options.accounts ?? []) admin.addAccount(seed)
  const login = new TokenEndpoint({ directory, tokens, clock: store.clock })
  const bearer = new BearerLogin(tokens, directory.tenantId)
  const door = new ServerDoor({
    store,
    server,
    front: new FrontDoor({ accounts, bearer, now: () => store.clock.now() }),
    ews: new EwsFace({ store, server, directory, faults, counters, checkAnswers: options.checkAnswers ?? true }),
    autodiscover: new Autodiscover(store, server),
    binding: channelBinding(certPem),
    latencyMs: options.latencyMs ?? 0,
  })
  return { admin, faces: { graph, server: door, login, admin, counters, faults, page: new WeekPage(store) } }
}

async function listen(server: Server, port = 0): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once("error", reject)
  server.listen(port, "127.0.0.1", resolve)
  await promise
  return portOf(server.address())
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === "string") throw new Error("the server has no port")
  return address.port
}

async function stop(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  server.close(() => resolve())
  server.closeAllConnections()
  await promise
}

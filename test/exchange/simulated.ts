import type { AppCredential, EwsSettings, GraphSettings } from "../../operator/core/exchange-settings.ts"
import type { CalendarChoice, ExchangeConnection } from "../../operator/core/ports.ts"
import type { RequestObservation } from "../../operator/exchange/deps.ts"
import { openConnection } from "../../operator/exchange/index.ts"
import { type RunningExchange, type StartOptions, startExchange } from "../simulators/exchange/start-exchange.ts"
import { hurriedClock } from "./hurried-clock.ts"

/** The adapter over the simulator: one tenant, one app, and as many mailboxes as asked for. */
export type Simulated = RunningExchange & {
  readonly connection: ExchangeConnection
  readonly settings: GraphSettings
  readonly requests: RequestObservation[]
  /** Called with every request from now on, before its answer is used: the moment for others to act. */
  onRequest(hook: (request: RequestObservation) => void): void
  /** What the fence does from now on. */
  setFence(fence: () => void): void
  /** Another connection with the same settings: a restart. */
  reopen(changes?: Partial<GraphSettings>): ExchangeConnection
  /** A new mailbox with nothing in it. */
  newMailbox(): string
}

export async function simulated(options: StartOptions = {}): Promise<Simulated> {
  const exchange = await startExchange(options)
  const { clientId, secret } = exchange.admin.addApp()
  const settings = settingsFor(exchange, clientId, { kind: "secret", secret })
  const requests: RequestObservation[] = []
  const opened: ExchangeConnection[] = []
  let fence = () => {}
  let hook: (request: RequestObservation) => void = () => {}
  let mailboxes = 0
  const open = openConnection({
    clock: hurriedClock,
    random: () => 0.5,
    proxy: {},
    mayWrite: () => fence(),
    observe: request => {
      requests.push(request)
      hook(request)
    },
    log: { debug() {}, warn() {} },
  })
  const reopen: Simulated["reopen"] = changes => {
    const connection = open({ ...settings, ...changes })
    opened.push(connection)
    return connection
  }
  return {
    ...exchange,
    connection: reopen(),
    settings,
    requests,
    onRequest: next => {
      hook = next
    },
    setFence: next => {
      fence = next
    },
    reopen,
    newMailbox: () => {
      mailboxes += 1
      return exchange.admin.addMailbox({ address: `person-${mailboxes}@contoso.example` }).address
    },
    close: async () => {
      await Promise.all(opened.map(connection => connection.close()))
      await exchange.close()
    },
  }
}

export function settingsFor(exchange: RunningExchange, clientId: string, credential: AppCredential): GraphSettings {
  return {
    kind: "graph",
    name: "calendars/contoso",
    tenantId: exchange.admin.tenantId,
    clientId,
    endpoints: { login: exchange.url, graph: exchange.url },
    credential,
    caBundlePem: exchange.caPem,
    limits: { concurrencyPerMailbox: 4, requestsPerSecond: 500 },
  }
}

/** Who logs in to the simulated Exchange Server; it may act for every mailbox. */
export const serviceAccount = { domain: "CONTOSO", username: "svc-calsync", password: "pa&ss wörd" } as const

/** The account must be there: `addServiceAccount`. */
export function ewsSettingsFor(exchange: RunningExchange, changes: Partial<EwsSettings> = {}): EwsSettings {
  return {
    kind: "ews",
    name: "calendars/contoso-server",
    url: exchange.ewsUrl,
    access: "Impersonation",
    credential: { kind: "basic", ...serviceAccount },
    timeZone: "Europe/Copenhagen",
    caBundlePem: exchange.caPem,
    limits: { concurrencyPerMailbox: 4, requestsPerSecond: 500 },
    ...changes,
  }
}

export function addServiceAccount({ admin }: RunningExchange): void {
  const { domain, username, password } = serviceAccount
  admin.addAccount({ name: `${domain}\\${username}`, password, impersonates: "everything" })
}

export const ownCalendar: CalendarChoice = { kind: "Default" }

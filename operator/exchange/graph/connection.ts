import type { Dispatcher } from "undici"
import type { GraphSettings } from "../../core/exchange-settings.ts"
import type { Calendar, CalendarChoice, ExchangeConnection, ProbeReport, ProbeRequest } from "../../core/ports.ts"
import { openDispatcher } from "../../http/client.ts"
import { AccessToken } from "../access-token.ts"
import type { ExchangeDeps } from "../deps.ts"
import { observed, tokenSeen } from "../observed.ts"
import { OpenCalendars } from "../open-calendars.ts"
import { Throttle } from "../throttle.ts"
import { Batches } from "./batch.ts"
import { GraphCalendar } from "./calendar.ts"
import { GraphClient } from "./client.ts"
import { type ProbeDeps, probe } from "./probe.ts"

/** Sockets per host: the pace, not the pool, is what limits; a socket carries one request at a time. */
const connections = 64
const connectTimeoutMs = 10_000
/** Shorter than the time limit of a request, so that the wire says what was wrong. */
const answerTimeoutMs = 75_000

/**
 * One organisation behind Microsoft Graph: one credential, one pool of connections, one pace. Throws a
 * NeedsAttentionError when the certificate cannot be read.
 */
export function openGraphConnection(deps: ExchangeDeps, settings: GraphSettings): ExchangeConnection {
  const { caBundlePem } = settings
  const dispatcher = openDispatcher({
    proxy: deps.proxy,
    caBundlePem,
    connections,
    connectTimeoutMs,
    answerTimeoutMs,
  })
  return new GraphConnection(deps, settings, dispatcher)
}

class GraphConnection implements ExchangeConnection {
  readonly #dispatcher: Dispatcher
  readonly #client: GraphClient
  readonly #probe: ProbeDeps
  readonly #calendars: OpenCalendars<GraphCalendar>

  constructor(deps: ExchangeDeps, settings: GraphSettings, dispatcher: Dispatcher) {
    const { clock, random, mayWrite, proxy } = deps
    const observe = observed(deps)
    const { name: connection, endpoints, limits } = settings
    const throttle = new Throttle({ clock, random, limits })
    const token = openToken({ ...deps, observe }, settings, dispatcher)
    this.#dispatcher = dispatcher
    this.#client = new GraphClient(endpoints.graph, {
      clock,
      mayWrite,
      observe,
      connection,
      dispatcher,
      token,
      throttle,
    })
    const { concurrencyPerMailbox } = limits
    const batches = new Batches({ client: this.#client, throttle, clock, concurrencyPerMailbox })
    this.#calendars = new OpenCalendars(clock, which => new GraphCalendar({ client: this.#client, batches, ...which }))
    this.#probe = { client: this.#client, token, dispatcher, proxy, endpoints }
  }

  mailbox(request: { readonly address: string; readonly calendar: CalendarChoice }): Calendar {
    return this.#calendars.get(request)
  }

  probe(request: ProbeRequest, signal: AbortSignal): Promise<ProbeReport> {
    return probe(this.#probe, request, signal)
  }

  async close(): Promise<void> {
    this.#calendars.clear()
    await this.#dispatcher.destroy()
  }
}

function openToken({ clock, observe }: ExchangeDeps, settings: GraphSettings, dispatcher: Dispatcher): AccessToken {
  const { name: connection, endpoints, tenantId, clientId, credential } = settings
  const seen = tokenSeen(observe, connection)
  const resource = endpoints.graph
  return new AccessToken(
    { clock, dispatcher, seen },
    { login: endpoints.login, tenantId, clientId, resource, credential },
  )
}

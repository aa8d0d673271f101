import type { EwsSettings } from "../../core/exchange-settings.ts"
import type { Calendar, CalendarChoice, ExchangeConnection, ProbeReport, ProbeRequest } from "../../core/ports.ts"
import type { ExchangeDeps } from "../deps.ts"
import { observed } from "../observed.ts"
import { type MailboxCalendar, OpenCalendars } from "../open-calendars.ts"
import { EwsCalendar } from "./calendar.ts"
import { openPlaces } from "./places.ts"
import { type ProbeDeps, probe } from "./probe.ts"
import { refuseExchangeOnline } from "./wire/exchange-online.ts"
import { type Login, openLogin } from "./wire/login.ts"
import { EwsTransport } from "./wire/transport.ts"

/**
 * One organisation behind Exchange Server: one account, one pace. Throws a NeedsAttentionError when the CA bundle or a
 * certificate cannot be read, or the address is that of Exchange Online.
 */
export function openEwsConnection(deps: ExchangeDeps, settings: EwsSettings): ExchangeConnection {
  refuseExchangeOnline(settings)
  return new EwsConnection({ ...deps, observe: observed(deps) }, settings)
}

class EwsConnection implements ExchangeConnection {
  readonly #login: Login
  readonly #transport: EwsTransport
  readonly #probe: ProbeDeps
  readonly #calendars: OpenCalendars<EwsCalendar>

  constructor(deps: ExchangeDeps, settings: EwsSettings) {
    const login = openLogin(deps, settings)
    const transport = new EwsTransport(deps, { ...settings, credential: login.credential })
    this.#login = login
    this.#transport = transport
    this.#probe = { settings, proxy: deps.proxy, login, transport }
    this.#calendars = new OpenCalendars(deps.clock, ({ address, calendar }: MailboxCalendar) => {
      const mailbox = { transport, address }
      const places = openPlaces({ mailbox, calendar, clock: deps.clock, timeZone: settings.timeZone })
      return new EwsCalendar({ mailbox, places })
    })
  }

  mailbox(request: { readonly address: string; readonly calendar: CalendarChoice }): Calendar {
    return this.#calendars.get(request)
  }

  probe(request: ProbeRequest, signal: AbortSignal): Promise<ProbeReport> {
    return probe(this.#probe, request, signal)
  }

  async close(): Promise<void> {
    this.#calendars.clear()
    await Promise.all([this.#transport.close(), this.#login.close()])
  }
}

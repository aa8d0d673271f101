import type { Calendar, CalendarChoice, EwsSettings, ExchangeConnection, ProbeReport } from "../../core/ports.ts"
import { openDispatcher } from "../../http/client.ts"
import { AccessToken } from "../access-token.ts"
import type { ExchangeDeps } from "../deps.ts"
import { OpenCalendars } from "../open-calendars.ts"
import { EwsCalendar } from "./calendar.ts"
import type { MailboxPlaces } from "./mailbox.ts"
import type { WireCredential } from "./settings.ts"
import { EwsTransport } from "./transport.ts"

/** One organisation behind Exchange Server: one account, one pace. Throws a NeedsAttentionError when the CA bundle cannot be read. */
export function openEwsConnection(deps: ExchangeDeps, settings: EwsSettings): ExchangeConnection {
  return new EwsConnection(deps, settings)
}

class EwsConnection implements ExchangeConnection {
  readonly #transport: EwsTransport
  readonly #calendars: OpenCalendars<EwsCalendar>

  constructor(deps: ExchangeDeps, settings: EwsSettings) {
    const transport = new EwsTransport(deps, { ...settings, credential: openCredential(deps, settings) })
    this.#transport = transport
    this.#calendars = new OpenCalendars(deps.clock, ({ address }) => {
      const folder = { kind: "Default" } as const
      const places: MailboxPlaces = {
        findFolder: async () => folder,
        makeFolder: async () => folder,
        forget: () => {},
        zone: async () => settings.timeZone,
      }
      return new EwsCalendar({ mailbox: { transport, address }, places })
    })
  }

  mailbox(request: { readonly address: string; readonly calendar: CalendarChoice }): Calendar {
    return this.#calendars.get(request)
  }

  async probe(): Promise<ProbeReport> {
    return { steps: [] }
  }

  async close(): Promise<void> {
    this.#calendars.clear()
    await this.#transport.close()
  }
}

function openCredential({ clock, proxy }: ExchangeDeps, settings: EwsSettings): WireCredential {
  const { credential, caBundlePem, url } = settings
  if (credential.kind !== "oauth") return credential
  const { login, tenantId, clientId, app } = credential
  const ca = caBundlePem === undefined ? {} : { caBundlePem }
  const dispatcher = openDispatcher({ proxy, connections: 2, connectTimeoutMs: 10_000, answerTimeoutMs: 75_000, ...ca })
  const resource = new URL(url).origin
  const token = new AccessToken(
    { clock, dispatcher, seen: () => {} },
    { login, tenantId, clientId, resource, credential: app },
  )
  return { kind: "oauth", token }
}

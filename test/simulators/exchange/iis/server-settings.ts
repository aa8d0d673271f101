import type { Redirect } from "../autodiscover/users.ts"
import type { ServerVersion } from "../ews/server-version.ts"
import type { Scheme } from "./front-door.ts"
import type { ExtendedProtection, LoginRefusal } from "./ntlm-login.ts"

/** How Exchange Server is set up: what its administrators decide, as opposed to what is unknown of it (switches). */
export type ServerSettings = {
  readonly version: ServerVersion
  /** What the virtual directory offers, in the order of its 401. */
  readonly schemes: readonly Scheme[]
  /** `Set-WebServicesVirtualDirectory -ExtendedProtectionTokenChecking`; `require` is what setup makes of 2019 CU14 and SE. */
  readonly extendedProtection: ExtendedProtection
  /** TLS ends before IIS, so that no client can know the certificate IIS has. */
  readonly tlsEndsAtProxy: boolean
  /** `offForOrganisation`: EwsEnabled is false. `offInExchangeOnline`: the service has switched it off for good. Both are a bare 403. */
  readonly webServices: "on" | "offForOrganisation" | "offInExchangeOnline"
  /** EWSMaxConcurrency: requests at a time for one account, or for one person it impersonates. */
  readonly maxConcurrency: number
  /** Names of the servers mailboxes live on. */
  readonly backEnds: readonly string[]
  /** Where Autodiscover sends people on to, by address or by `@domain`; nothing keeps it from going in circles. */
  readonly redirects: Readonly<Record<string, Redirect>>
  /** Where Autodiscover over plain HTTP points; nobody is there when absent. */
  readonly httpRedirect: string | undefined
}

export const defaultSettings: ServerSettings = {
  version: "15.2",
  schemes: ["Negotiate", "NTLM", "Basic"],
  extendedProtection: "off",
  tlsEndsAtProxy: false,
  webServices: "on",
  maxConcurrency: 27,
  backEnds: ["EX01"],
  redirects: {},
  httpRedirect: undefined,
}

/** One Exchange Server as it is now, and what its log would say. */
export class ExchangeServer {
  settings: ServerSettings
  readonly #refused: LoginRefusal[] = []

  constructor(settings: Partial<ServerSettings> = {}) {
    this.settings = { ...defaultSettings, ...settings }
  }

  /** Why logins failed, oldest first. */
  get refusedLogins(): readonly LoginRefusal[] {
    return [...this.#refused]
  }

  noteRefusal(why: LoginRefusal): void {
    this.#refused.push(why)
  }
}

/** What a connection to Exchange is opened with: plain data, made by the controllers from an object and its Secrets. */

/** How an application registered in Entra ID proves who it is. */
export type AppCredential =
  | { readonly kind: "secret"; readonly secret: string }
  | { readonly kind: "certificate"; readonly certificatePem: string; readonly privateKeyPem: string }
  | {
      readonly kind: "workloadIdentity" /** Read anew for every token request. */
      readonly readAssertion: () => Promise<string>
    }

/** What a backend needs to be opened: plain data made by the controllers from the object and its Secrets. */
export type GraphSettings = {
  readonly kind: "graph"
  /** For log fields and metric labels: `namespace/name`. */
  readonly name: string
  readonly tenantId: string
  readonly clientId: string
  readonly endpoints: { readonly login: string; readonly graph: string }
  readonly credential: AppCredential
  readonly caBundlePem?: string
  readonly limits: { readonly concurrencyPerMailbox: number; readonly requestsPerSecond: number }
}

/** A user of the domain. `domain` is the NetBIOS one; names with an `@` need none. */
export type UserCredential = {
  readonly username: string
  readonly password: string
  readonly domain?: string | undefined
}

export type EwsCredential =
  | ({ readonly kind: "basic" } & UserCredential)
  | ({ readonly kind: "ntlm" } & UserCredential)
  /** Hybrid modern authentication: tokens of Entra ID for the server's own address. */
  | {
      readonly kind: "oauth"
      readonly login: string
      readonly tenantId: string
      readonly clientId: string
      readonly app: AppCredential
    }

/** What a request says it was written for; older servers know fewer fields. */
export type EwsVersion = "Exchange2007_SP1" | "Exchange2010_SP2" | "Exchange2013" | "Exchange2013_SP1" | "Exchange2016"

/** One Exchange Server organisation, already resolved: no secret is looked up behind it. */
export type EwsSettings = {
  readonly kind: "ews"
  /** For log fields and metric labels: `namespace/name`. */
  readonly name: string
  /** `https://…/EWS/Exchange.asmx` */
  readonly url: string
  /** Connect here instead of where the name leads; the URL's name stays for TLS. */
  readonly resolveTo?: string
  /** Absent means: found out with the first answer. */
  readonly version?: EwsVersion
  /** `Delegate`: the account has rights on the folders. `Impersonation`: it acts as the mailbox's owner. */
  readonly access: "Impersonation" | "Delegate"
  readonly credential: EwsCredential
  /** IANA name: where days begin for mailboxes that do not say it themselves. */
  readonly timeZone?: string
  readonly caBundlePem?: string
  readonly limits: { readonly concurrencyPerMailbox: number; readonly requestsPerSecond: number }
}

export type ConnectionSettings = GraphSettings | EwsSettings

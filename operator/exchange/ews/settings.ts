import type { AccessToken } from "../access-token.ts"
import type { NtlmCredential } from "./ntlm-message.ts"

/** How to log in. A domain is the NetBIOS one; users with a UPN need none. */
type EwsCredential =
  | ({ readonly kind: "basic" } & NtlmCredential)
  | ({ readonly kind: "ntlm" } & NtlmCredential)
  /** Hybrid modern authentication. */
  | { readonly kind: "oauth"; readonly token: Pick<AccessToken, "get" | "getInsteadOf"> }

/** One Exchange Server organisation, already resolved: no secret is looked up behind it. */
export type EwsSettings = {
  /** `namespace/name`, for logs and metrics. */
  readonly name: string
  /** `https://…/EWS/Exchange.asmx` */
  readonly url: string
  /** Connect here instead of where the name leads. */
  readonly resolveTo?: string | undefined
  readonly caBundlePem?: string | undefined
  /** `Delegate`: the account has rights on the folders. `Impersonation`: it acts as the mailbox's owner. */
  readonly access: "Impersonation" | "Delegate"
  readonly credential: EwsCredential
  readonly limits: { readonly concurrencyPerMailbox: number; readonly requestsPerSecond: number }
}

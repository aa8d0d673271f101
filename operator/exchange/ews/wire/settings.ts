import type { EwsSettings, UserCredential } from "../../../core/exchange-settings.ts"
import type { AccessToken } from "../../access-token.ts"

/** How requests log in: what the settings say, with tokens opened. */
export type WireCredential =
  | ({ readonly kind: "basic" } & UserCredential)
  | ({ readonly kind: "ntlm" } & UserCredential)
  | { readonly kind: "oauth"; readonly token: Pick<AccessToken, "get" | "getInsteadOf"> }

/** What the transport needs to know of a connection. */
export type WireSettings = Omit<EwsSettings, "credential" | "kind" | "timeZone"> & {
  readonly credential: WireCredential
}

import type { EwsCredential, EwsSettings } from "../../../core/exchange-settings.ts"
import { openDispatcher } from "../../../http/client.ts"
import { AccessToken } from "../../access-token.ts"
import type { ExchangeDeps } from "../../deps.ts"
import { tokenSeen } from "../../observed.ts"
import type { WireCredential } from "./settings.ts"

/** What requests log in with, and the connections to the token service behind it, where there is one. */
export type Login = {
  readonly credential: WireCredential
  /** When the application's certificate ends, where it has one. */
  readonly expiresAt?: Temporal.Instant
  close(): Promise<void>
}

/** A token is asked for once an hour. */
const connections = 2
const connectTimeoutMs = 10_000
const answerTimeoutMs = 75_000

/** Throws a NeedsAttentionError when the CA bundle or a certificate cannot be read. Sends nothing. */
export function openLogin(deps: Pick<ExchangeDeps, "clock" | "proxy" | "observe">, settings: EwsSettings): Login {
  const { credential } = settings
  return credential.kind === "oauth" ? openOAuth(deps, settings, credential) : { credential, close: async () => {} }
}

/** Hybrid modern authentication: Entra ID gives tokens for the server's own address. */
function openOAuth(
  { clock, proxy, observe }: Pick<ExchangeDeps, "clock" | "proxy" | "observe">,
  { name: connection, url, caBundlePem }: EwsSettings,
  { login, tenantId, clientId, app }: Extract<EwsCredential, { kind: "oauth" }>,
): Login {
  const dispatcher = openDispatcher({ proxy, caBundlePem, connections, connectTimeoutMs, answerTimeoutMs })
  const seen = tokenSeen(observe, connection)
  const { origin: resource } = new URL(url)
  const token = new AccessToken({ clock, dispatcher, seen }, { login, tenantId, clientId, resource, credential: app })
  const { expiresAt } = token.credential
  return {
    credential: { kind: "oauth", token },
    ...(expiresAt && { expiresAt }),
    close: () => dispatcher.destroy(),
  }
}

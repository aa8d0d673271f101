import { NeedsAttentionError } from "../core/errors.ts"
import type { ExchangeBackend } from "../resources/exchange-backend.ts"

/** A connection that works is proved again this often. */
const usualMs = 15 * 60_000
/** One that waits for a person: often enough to notice a mended permission soon, seldom enough not to hammer. */
const attentionMs = 5 * 60_000
/**
 * An account that is refused: domains count refused log-ins for half an hour, mostly, and lock the account after a few. A
 * changed Secret is noticed at once, and whoever mends the account itself can ask for a proof.
 */
const refusedAccountMs = 30 * 60_000

/** How long after a proof that came to this the next one is due, where nothing changes. */
export function proofIntervalMs(backend: ExchangeBackend, error: unknown): number {
  if (error === undefined) return usualMs
  return isRefusedAccount(backend, error) ? refusedAccountMs : attentionMs
}

/**
 * How long a proof stands whatever happens elsewhere: mailboxes that come and go change a number, not the credential. For
 * a refused account that is until shortly before the next one is due.
 */
export function proofStandsMs(backend: ExchangeBackend, error: unknown): number {
  return isRefusedAccount(backend, error) ? refusedAccountMs / 2 : 60_000
}

function isRefusedAccount(backend: ExchangeBackend, error: unknown): boolean {
  const isAccount = backend.kind === "ews" && backend.credential.kind !== "oauth"
  return isAccount && error instanceof NeedsAttentionError && error.reason === "InvalidClient"
}

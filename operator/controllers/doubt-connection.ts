import { NeedsAttentionError } from "../core/errors.ts"
import type { ObjectKey } from "../runtime/objects.ts"
import type { ControllerDeps } from "./deps.ts"

/** What concerns every mailbox behind a connection, whichever was asked for. */
const refusals: ReadonlySet<string> = new Set(["InvalidClient", "Expired", "ConsentRevoked", "UnsupportedServer"])

/**
 * After a pass that was refused for no fault of its mailbox the connection is proved again at once, and the others need
 * not find out one by one: each would be another failed log-in, and a domain locks accounts after a few.
 */
export function doubtConnection(
  { hub, controllers }: Pick<ControllerDeps, "hub" | "controllers">,
  key: ObjectKey,
  error: unknown,
): void {
  if (!(error instanceof NeedsAttentionError) || !refusals.has(error.reason)) return
  if (hub.forgetProof(key)) controllers().connections.enqueue(key)
}

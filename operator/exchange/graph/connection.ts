import type { ExchangeConnection, GraphSettings } from "../../core/ports.ts"
import type { ExchangeDeps } from "../deps.ts"

/** One organisation behind Microsoft Graph: one credential, one pool of connections, one pace. */
export function openGraphConnection(_deps: ExchangeDeps, settings: GraphSettings): ExchangeConnection {
  throw new Error(`the connection ${settings.name} cannot be opened yet`)
}

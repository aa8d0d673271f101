import type { ConnectionSettings } from "../core/exchange-settings.ts"
import type { ExchangeConnection } from "../core/ports.ts"
import type { ExchangeDeps } from "./deps.ts"
import { openEwsConnection } from "./ews/connection.ts"
import { openGraphConnection } from "./graph/connection.ts"

/** The catalogue of backends. Opening sends nothing; the first call does. The caller closes what it opened. */
export function openConnection(deps: ExchangeDeps): (settings: ConnectionSettings) => ExchangeConnection {
  return settings => {
    switch (settings.kind) {
      case "graph":
        return openGraphConnection(deps, settings)
      case "ews":
        return openEwsConnection(deps, settings)
      default:
        return settings satisfies never
    }
  }
}

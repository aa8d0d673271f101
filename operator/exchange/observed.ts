import type { AccessTokenDeps } from "./access-token.ts"
import type { ExchangeDeps } from "./deps.ts"

/** What is asked of Exchange is told to the log as well as to metrics: neither mailbox nor url is in it. */
export function observed({ observe, log }: Pick<ExchangeDeps, "observe" | "log">): ExchangeDeps["observe"] {
  return request => {
    log.debug(request, "Exchange was asked")
    observe(request)
  }
}

/** A request for a token counts like any other, under one name for every backend. */
export function tokenSeen(observe: ExchangeDeps["observe"], connection: string): AccessTokenDeps["seen"] {
  return ({ status }) => observe({ connection, operation: "token", status, durationMs: 0, cost: 1 })
}

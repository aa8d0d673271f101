import type { ExchangeDeps } from "./deps.ts"

/** What is asked of Exchange is told to the log as well as to metrics: neither mailbox nor url is in it. */
export function observed({ observe, log }: Pick<ExchangeDeps, "observe" | "log">): ExchangeDeps["observe"] {
  return request => {
    log.debug(request, "Exchange was asked")
    observe(request)
  }
}

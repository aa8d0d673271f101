import type { Switches } from "../store/switches.ts"
import { EwsFault } from "./ews-error.ts"
import { messageXml } from "./xml-reply.ts"

/**
 * Requests at a time, for each account or for each person it acts as.
 * https://learn.microsoft.com/exchange/client-developer/exchange-web-services/ews-throttling-in-exchange
 */
export class Budgets {
  readonly #taken = new Map<string, number>()

  /** Takes a place or throws the fault for one request too many; the caller gives the place back. */
  enter(budget: string, limit: number, code: Switches["tooManyConnections"]): () => void {
    const taken = this.#taken.get(budget) ?? 0
    if (taken >= limit) throw new EwsFault(code, messages[code], [messageXml(details(limit))])
    this.#taken.set(budget, taken + 1)
    return () => this.#taken.set(budget, (this.#taken.get(budget) ?? 1) - 1)
  }
}

const messages = {
  ErrorExceededConnectionCount:
    "You have exceeded the available concurrent connections for your account. Try again once your other requests have completed.",
  ErrorServerBusy: "The server cannot service this request right now. Try again later.",
}

/** OfficeDev/ews-managed-api#293 shows all of it. */
function details(limit: number): Readonly<Record<string, string>> {
  return {
    BackOffMilliseconds: "0",
    Policy: "MaxConcurrency",
    MaxConcurrencyLimit: String(limit),
    ErrorMessage: `This operation exceeds the throttling budget for policy part 'MaxConcurrency', policy value '${limit}',  Budget type: 'Ews'.  Suggested backoff time 0 ms.`,
  }
}

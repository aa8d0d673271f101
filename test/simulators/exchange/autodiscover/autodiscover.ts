import type { Reply } from "../graph/call.ts"
import type { ExchangeServer } from "../iis/server-settings.ts"
import type { Store } from "../store/store.ts"
import { answerPox } from "./pox.ts"
import { answerSoap } from "./soap.ts"
import { type Found, findUser } from "./users.ts"

/** What both protocols of Autodiscover are asked: where a person's mailbox is. */
export type Lookup = {
  readonly server: ExchangeServer
  /** `https://host:port`, as the client called it. */
  readonly origin: string
  readonly find: (address: string) => Found
}

type Received = { readonly pathname: string; readonly origin: string; readonly method: string; readonly text: string }

/**
 * https://learn.microsoft.com/exchange/client-developer/exchange-web-services/autodiscover-for-exchange
 * Whoever is logged in may ask about anybody.
 */
export class Autodiscover {
  readonly #store: Store
  readonly #server: ExchangeServer

  constructor(store: Store, server: ExchangeServer) {
    this.#store = store
    this.#server = server
  }

  answer({ pathname, origin, method, text }: Received): Reply {
    const server = this.#server
    const lookup: Lookup = { server, origin, find: address => findUser(this.#store, server, address) }
    if (pathname.toLowerCase().endsWith(".xml")) return answerPox(lookup, method === "POST" ? text : "")
    // The SOAP service came with Exchange 2010.
    if (server.settings.version === "8") return { status: 404 }
    return method === "POST" ? answerSoap(lookup, text) : { status: 405, headers: { allow: "POST" } }
  }
}

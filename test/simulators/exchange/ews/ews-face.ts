import { randomUUID } from "node:crypto"
import { setTimeout as wait } from "node:timers/promises"
import type { ActiveFault, Faults } from "../faults.ts"
import type { Reply } from "../graph/call.ts"
import type { Counters } from "../graph/counters.ts"
import type { Store } from "../store/store.ts"
import type { AccountSeed, Accounts } from "./accounts.ts"
import { getUserAvailability } from "./availability.ts"
import { convertIds } from "./convert-ids.ts"
import { envelope, faultEnvelope, namespaces, responses, type ServerVersion } from "./envelope.ts"
import { EwsError, EwsFault } from "./ews-error.ts"
import { findItems } from "./find-items.ts"
import { createFolder, deleteFolder, findFolders, getFolder } from "./folders.ts"
import { getItems } from "./get-items.ts"
import { el, type Markup } from "./markup.ts"
import { getOofSettings, type OutOfOffice, setOofSettings } from "./out-of-office.ts"
import { resolveNames } from "./people.ts"
import { checkOrder, schemaViolation } from "./schema-order.ts"
import { openSession, type Session } from "./session.ts"
import { syncItems } from "./sync-items.ts"
import { getServerTimeZones } from "./time-zone-definitions.ts"
import { getUserConfiguration } from "./user-configuration.ts"
import { createItems, deleteItems, updateItems } from "./write-items.ts"
import { childOf, parseXml, textOf, type XmlElement } from "./xml.ts"

export type EwsParts = {
  readonly store: Store
  readonly accounts: Accounts
  readonly faults: Faults
  readonly counters: Counters
  serverVersion: ServerVersion
}

type Request = {
  readonly method: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

const operations: Readonly<Record<string, (session: Session, request: XmlElement) => Markup>> = {
  ConvertId: convertIds,
  CreateFolder: createFolder,
  CreateItem: createItems,
  DeleteFolder: deleteFolder,
  DeleteItem: deleteItems,
  FindFolder: findFolders,
  FindItem: findItems,
  GetFolder: getFolder,
  GetItem: getItems,
  GetServerTimeZones: getServerTimeZones,
  GetUserAvailabilityRequest: getUserAvailability,
  GetUserConfiguration: getUserConfiguration,
  GetUserOofSettingsRequest: getOofSettings,
  ResolveNames: resolveNames,
  SetUserOofSettingsRequest: setOofSettings,
  SyncFolderItems: syncItems,
  UpdateItem: updateItems,
}

/** Exchange Server's SOAP endpoint over the store. https://learn.microsoft.com/exchange/client-developer/exchange-web-services/ */
export class EwsFace {
  readonly #parts: EwsParts
  readonly #outOfOffice: OutOfOffice = new Map()

  constructor(parts: EwsParts) {
    this.#parts = parts
  }

  async handle(request: Request): Promise<Reply> {
    const { accounts } = this.#parts
    const account = accounts.logIn(String(request.headers["authorization"] ?? ""))
    if (!account)
      return { status: 401, headers: { "www-authenticate": 'Basic realm="exchange.contoso.example"' }, body: "" }
    if (request.method !== "POST") return { status: 405, headers: { allow: "POST" }, body: "" }
    const reply = await this.#answer(request.text, account).catch(refused)
    return { ...reply, headers: { "request-id": randomUUID(), ...reply.headers } }
  }

  async #answer(text: string, account: AccountSeed): Promise<Reply> {
    const { header, operation } = opened(text)
    const fault = this.#meet(operation, header, account)
    return underFault(fault, operation.name, this.#parts.serverVersion, async () => {
      checkOrder(operation)
      const run = operations[operation.name]
      if (!run) throw schemaViolation(operation, `The element '${operation.name}' is no operation.`)
      const { store } = this.#parts
      const session = openSession(header, { store, account, outOfOffice: this.#outOfOffice })
      return xmlReply(200, envelope(run(session, operation), this.#parts.serverVersion))
    })
  }

  /** Counts the request and finds the fault that strikes it. */
  #meet(operation: XmlElement, header: XmlElement | undefined, account: AccountSeed): ActiveFault | undefined {
    const { store, faults, counters } = this.#parts
    const sid = childOf(childOf(header, "ExchangeImpersonation"), "ConnectingSID")?.children[0]?.text.trim()
    const named = store.findMailbox(sid ?? firstAddress(operation) ?? account.mailbox ?? "")
    const name = `ews.${operation.name.replace(/Request$/, "")}`
    counters.count(name, named?.address)
    const mailboxNames = named ? [named.id, named.address, ...named.aliases].map(text => text.toLowerCase()) : []
    return faults.strike({ operation: name, mailboxNames })
  }
}

/** The first mailbox a request names, in whatever element. */
function firstAddress(element: XmlElement): string | undefined {
  const own = textOf(element, "EmailAddress")
  if (own !== undefined) return own
  for (const child of element.children) {
    const found = firstAddress(child)
    if (found !== undefined) return found
  }
  return undefined
}

function opened(text: string): { readonly header: XmlElement | undefined; readonly operation: XmlElement } {
  const root = parseXml(text)
  if (root?.name !== "Envelope" || root.namespace !== namespaces.soap)
    throw schemaViolation({ line: 1, column: 1 }, "The request is no SOAP envelope.")
  const operation = childOf(root, "Body")?.children[0]
  if (operation?.namespace !== namespaces.messages)
    throw schemaViolation(operation ?? root, "The body has no operation.")
  return { header: childOf(root, "Header"), operation }
}

function xmlReply(status: number, body: string): Reply {
  return { status, headers: { "content-type": "text/xml; charset=utf-8" }, body }
}

function refused(error: unknown): Reply {
  if (error instanceof EwsFault) return xmlReply(500, faultEnvelope(error))
  if (error instanceof EwsError) return xmlReply(500, faultEnvelope(new EwsFault(error.code, error.message)))
  throw error
}

/** A bad day in the shapes EWS has for it: a proxy's status, a fault, or an error inside a 200. */
async function underFault(
  fault: ActiveFault | undefined,
  operation: string,
  version: ServerVersion,
  run: () => Promise<Reply>,
): Promise<Reply> {
  if (!fault) return run()
  switch (fault.kind) {
    case "status":
      return statusReply(fault, operation, version)
    case "drop": {
      if (fault.when === "before") return { status: 0, dropped: "silently" }
      const reply = await run().catch(refused)
      return { ...reply, dropped: fault.when === "midBody" ? "midBody" : "silently" }
    }
    case "slow":
      await wait(fault.delayMs)
      return run()
    case "delayedCommit":
      void wait(fault.delayMs).then(run).catch(refused)
      return { status: 504, body: "" }
    default:
      return fault satisfies never
  }
}

type StatusFault = Extract<ActiveFault, { kind: "status" }>

const BUSY = "The server cannot service this request right now. Try again later."

function statusReply(fault: StatusFault, operation: string, version: ServerVersion): Reply {
  const { status, code, message = BUSY, retryAfter } = fault
  if (status === 200) {
    const failing = responses(operation.replace(/Request$/, ""), [code], of => {
      throw new EwsError(of ?? "ErrorInternalServerError", message)
    })
    return xmlReply(200, envelope(failing, version))
  }
  if (code !== undefined && status === 500) {
    const value = retryAfter === undefined ? [] : [backOff(retryAfter * 1000)]
    return xmlReply(500, faultEnvelope(new EwsFault(code, message, value)))
  }
  const headers: Record<string, string> = retryAfter === undefined ? {} : { "retry-after": String(retryAfter) }
  return { status, headers, body: fault.text ?? "" }
}

function backOff(ms: number): Markup {
  return el("t:MessageXml", { "xmlns:t": namespaces.types }, el("t:Value", { Name: "BackOffMilliseconds" }, ms))
}

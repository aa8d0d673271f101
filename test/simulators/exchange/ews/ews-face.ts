import type { IncomingHttpHeaders } from "node:http"
import type { Directory } from "../directory/directory.ts"
import type { ActiveFault, Faults } from "../faults.ts"
import type { Reply } from "../graph/call.ts"
import type { Counters } from "../graph/counters.ts"
import type { ExchangeServer } from "../iis/server-settings.ts"
import type { Store } from "../store/store.ts"
import type { AccountSeed } from "./accounts.ts"
import { getUserAvailability } from "./availability.ts"
import { Budgets } from "./budgets.ts"
import { convertIds } from "./convert-ids.ts"
import { envelope, faultEnvelope, namespaces } from "./envelope.ts"
import { type OpenStreams, openStream, type Sink } from "./event-stream.ts"
import { EwsError, EwsFault, EwsForbidden } from "./ews-error.ts"
import { findItems } from "./find-items.ts"
import { createFolder, deleteFolder, findFolders, getFolder } from "./folders.ts"
import { getItems } from "./get-items.ts"
import type { Markup } from "./markup.ts"
import { getOofSettings, type OutOfOffice, setOofSettings } from "./out-of-office.ts"
import { expandList, getRoomLists, getRooms, resolveNames } from "./people.ts"
import { checkVersion, heardHeader, inSchema } from "./schema-versions.ts"
import { checkAnswer, checkSchema, schemaViolation } from "./schema-violation.ts"
import { openSession, requestedSchema, type Session } from "./session.ts"
import { getEvents, subscribe, unsubscribe } from "./subscribe.ts"
import { EwsSubscriptions } from "./subscriptions.ts"
import { syncItems } from "./sync-items.ts"
import { getServerTimeZones } from "./time-zone-definitions.ts"
import { underFault } from "./under-fault.ts"
import { getUserConfiguration } from "./user-configuration.ts"
import { createItems, deleteItems, updateItems } from "./write-items.ts"
import { childOf, parseXml, textOf, type XmlElement } from "./xml.ts"
import { xmlReply } from "./xml-reply.ts"

export type EwsParts = {
  readonly store: Store
  readonly server: ExchangeServer
  readonly directory: Directory
  readonly faults: Faults
  readonly counters: Counters
  /** Whether every answer is held against its schema. */
  readonly checkAnswers: boolean
}

/** A POST that was let in. */
type Request = { readonly headers: IncomingHttpHeaders; readonly text: string; readonly account: AccountSeed }

const operations: Readonly<Record<string, (session: Session, request: XmlElement) => Markup>> = {
  ConvertId: convertIds,
  CreateFolder: createFolder,
  CreateItem: createItems,
  DeleteFolder: deleteFolder,
  DeleteItem: deleteItems,
  ExpandDL: expandList,
  FindFolder: findFolders,
  FindItem: findItems,
  GetEvents: getEvents,
  GetFolder: getFolder,
  GetItem: getItems,
  GetRoomLists: getRoomLists,
  GetRooms: getRooms,
  GetServerTimeZones: getServerTimeZones,
  GetUserAvailabilityRequest: getUserAvailability,
  GetUserConfiguration: getUserConfiguration,
  GetUserOofSettingsRequest: getOofSettings,
  ResolveNames: resolveNames,
  SetUserOofSettingsRequest: setOofSettings,
  Subscribe: subscribe,
  SyncFolderItems: syncItems,
  Unsubscribe: unsubscribe,
  UpdateItem: updateItems,
}

/** Exchange Server's SOAP endpoint over the store. https://learn.microsoft.com/exchange/client-developer/exchange-web-services/ */
export class EwsFace {
  readonly #parts: EwsParts
  readonly #outOfOffice: OutOfOffice = new Map()
  readonly #budgets = new Budgets()
  readonly #subscriptions: EwsSubscriptions
  readonly #streams: OpenStreams = new Map()

  constructor(parts: EwsParts) {
    this.#parts = parts
    this.#subscriptions = new EwsSubscriptions(parts.store)
  }

  async handle(request: Request): Promise<Reply> {
    return this.#answer(request).catch(refused)
  }

  async #answer({ text, headers, account }: Request): Promise<Reply> {
    const { header: sent, operation } = opened(text)
    const { version } = this.#parts.server.settings
    const leave = this.#enter(sent, account)
    try {
      const fault = this.#meet(operation, sent, account)
      return await underFault({ fault, operation, version, refused }, async batch => {
        const requested = requestedSchema(sent, version)
        const header = heardHeader(sent, requested, this.#parts.store.switches.timeZoneContextIn2007)
        checkVersion(operation, requested)
        checkSchema(text)
        if (operation.name === "GetStreamingEvents")
          return this.#stream(this.#open(header, headers, account), operation)
        const run = operations[operation.name]
        if (!run) throw schemaViolation(operation, `The element '${operation.name}' is no operation.`)
        const body = batch.finish(run(this.#open(header, headers, account), batch.operation))
        const answer = envelope(inSchema(body, requested), version)
        if (this.#parts.checkAnswers) checkAnswer(answer)
        return xmlReply(200, answer)
      })
    } finally {
      leave()
    }
  }

  #open(header: XmlElement | undefined, headers: IncomingHttpHeaders, account: AccountSeed): Session {
    const { store, server, directory } = this.#parts
    const { version } = server.settings
    const [outOfOffice, subscriptions] = [this.#outOfOffice, this.#subscriptions]
    const session = openSession(header, { store, account, outOfOffice, subscriptions, directory, version })
    const { missingAnchor } = store.switches
    if (session.impersonating && headers["x-anchormailbox"] === undefined && missingAnchor !== "served")
      throw new UnanchoredRequest(missingAnchor)
    return session
  }

  #stream(session: Session, request: XmlElement): Reply {
    const start = openStream({ session, request, version: this.#parts.server.settings.version }, this.#streams)
    const checked = (sink: Sink): Sink => ({
      ...sink,
      write: text => {
        if (this.#parts.checkAnswers) checkAnswer(text)
        sink.write(text)
      },
    })
    return { ...xmlReply(200, ""), stream: sink => start(checked(sink)) }
  }

  /** Takes a place in the budget of the account, or of the person it acts as. */
  #enter(header: XmlElement | undefined, account: AccountSeed): () => void {
    const { server, store } = this.#parts
    const budget = `${account.name} ${impersonatedName(header) ?? ""}`
    return this.#budgets.enter(budget, server.settings.maxConcurrency, store.switches.tooManyConnections)
  }

  /** Counts the request and finds the fault that strikes it. */
  #meet(operation: XmlElement, header: XmlElement | undefined, account: AccountSeed): ActiveFault | undefined {
    const { store, faults, counters } = this.#parts
    const named = store.findMailbox(impersonatedName(header) ?? firstAddress(operation) ?? account.mailbox ?? "")
    const name = `ews.${operation.name.replace(/Request$/, "")}`
    counters.count(name, named?.address)
    const mailboxNames = named ? [named.id, named.address, ...named.aliases].map(text => text.toLowerCase()) : []
    return faults.strike({ operation: name, mailboxNames })
  }
}

/** A request that says nowhere whose mailbox it is for, where the front end cannot do without. */
class UnanchoredRequest extends Error {
  readonly status: number

  constructor(status: number) {
    super("no X-AnchorMailbox")
    this.status = status
  }
}

function impersonatedName(header: XmlElement | undefined): string | undefined {
  return childOf(childOf(header, "ExchangeImpersonation"), "ConnectingSID")?.children[0]?.text.trim().toLowerCase()
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

function refused(error: unknown): Reply {
  if (error instanceof EwsForbidden) return { status: 403 }
  if (error instanceof UnanchoredRequest) return { status: error.status }
  if (error instanceof EwsFault) return xmlReply(500, faultEnvelope(error))
  if (error instanceof EwsError) return xmlReply(500, faultEnvelope(new EwsFault(error.code, error.message)))
  throw error
}

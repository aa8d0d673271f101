import type { BatchSize } from "../wire/batch-size.ts"
import type { EwsRequest, EwsTransport } from "../wire/transport.ts"
import type { XmlElement } from "../wire/xml-read.ts"
import { element, textElement, type XmlNode } from "../wire/xml-write.ts"

/** A mailbox as operations see it. */
export type EwsMailbox = {
  readonly transport: Pick<EwsTransport, "ask" | "version">
  readonly address: string
}

/** A mailbox whose items are read and written; how many at a time is learned from call to call. */
export type ItemMailbox = EwsMailbox & { readonly batchSize: BatchSize }

/** What is known of a mailbox beside its items. */
export interface MailboxPlaces {
  /** Undefined when a named calendar is not there (yet). */
  findFolder(signal: AbortSignal): Promise<FolderRef | undefined>
  /** Finds or creates it; asked by the first write. */
  makeFolder(signal: AbortSignal): Promise<FolderRef>
  /** Forget what was found: the folder may be gone. */
  forget(): void
  /** IANA zone in which the mailbox's days begin; undefined when neither the mailbox nor the connection says. */
  zone(signal: AbortSignal): Promise<string | undefined>
}

/** The mailbox's own calendar, or a folder whose id is known. */
export type FolderRef = { readonly kind: "Default" } | { readonly kind: "Id"; readonly id: string }

/** Changes nothing and is asked again when the answer gets lost. `operation` is for metrics. */
export function askToRead(
  { transport, address }: EwsMailbox,
  { request, operation }: { readonly request: XmlNode; readonly operation: string },
  signal: AbortSignal,
): Promise<XmlElement> {
  return transport.ask({ request, mailbox: address, operation, writes: false, retry: true }, signal)
}

/** The same for several items at once: trouble with one of them is in its message, and for the caller to read. */
export function askForItems(
  { transport, address }: EwsMailbox,
  request: EwsRequest,
  signal: AbortSignal,
): Promise<XmlElement> {
  const call = { request, mailbox: address, operation: "read", writes: false, retry: true, isPerItem: true }
  return transport.ask(call, signal)
}

/** Changes something; sent once, because only the caller knows what a lost answer means. */
export function askToWrite(
  { transport, address }: EwsMailbox,
  request: EwsRequest,
  signal: AbortSignal,
): Promise<XmlElement> {
  return transport.ask({ request, mailbox: address, operation: "write", writes: true, retry: false }, signal)
}

/** Where items are, as requests say it. */
export function folderId(folder: FolderRef, mailbox: EwsMailbox): XmlNode {
  return folder.kind === "Id" ? element("t:FolderId", { Id: folder.id }) : wellKnownFolder("calendar", mailbox)
}

/** Says whose it is: an account without a mailbox has no folders of its own, and those are meant without an address. */
export function wellKnownFolder(
  name: "calendar" | "msgfolderroot" | "root",
  { address }: { readonly address: string | undefined },
): XmlNode {
  const owner = address === undefined ? undefined : element("t:Mailbox", {}, textElement("t:EmailAddress", address))
  return element("t:DistinguishedFolderId", { Id: name }, owner)
}

/**
 * An item by its id, one occurrence of a series by its place in the pattern, from 1, deleted ones counted, or the series
 * of an occurrence.
 */
export type ItemTarget =
  | { readonly kind: "Item"; readonly id: string; readonly version?: string }
  | { readonly kind: "Occurrence"; readonly masterId: string; readonly version?: string; readonly index: number }
  | { readonly kind: "MasterOf"; readonly occurrenceId: string }

export function itemId(target: ItemTarget): XmlNode {
  switch (target.kind) {
    case "Item":
      return element("t:ItemId", { Id: target.id, ChangeKey: target.version })
    case "Occurrence": {
      const { masterId: RecurringMasterId, version: ChangeKey, index } = target
      return element("t:OccurrenceItemId", { RecurringMasterId, ChangeKey, InstanceIndex: String(index) })
    }
    case "MasterOf":
      return element("t:RecurringMasterItemId", { OccurrenceId: target.occurrenceId })
    default:
      return target satisfies never
  }
}

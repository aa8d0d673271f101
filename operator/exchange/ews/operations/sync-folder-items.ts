import { TemporaryError } from "../../../core/errors.ts"
import { listShape } from "../event/item-fields.ts"
import { headOf, type ItemHead, readItem } from "../event/read-event.ts"
import { isSyncStateLost, problemError, readMessageProblem } from "../wire/problem.ts"
import { messagesIn } from "../wire/response.ts"
import { childOf, textIn, type XmlElement } from "../wire/xml-read.ts"
import { element, textElement, type XmlNode } from "../wire/xml-write.ts"
import { askToRead, type EwsMailbox, type FolderRef, folderId } from "./mailbox.ts"

/** More is refused. */
const mostChanges = 512

/** A change since the state asked from. Changed occurrences come as a change of their master. */
export type ItemChanged =
  | { readonly kind: "Present"; readonly head: ItemHead }
  /** Deleted, or moved to another folder. */
  | { readonly kind: "Gone"; readonly id: string }

export type SyncPage =
  | {
      readonly kind: "Changes"
      readonly changes: readonly ItemChanged[]
      /** Where to go on, now or later. */
      readonly syncState: string
      readonly isLast: boolean
    }
  /** The server does not know the state (any more): begin without one. */
  | { readonly kind: "StateLost" }

/**
 * The next changes in a calendar since a state, or, without one, of all there is: consistent however much changes
 * meanwhile. Throws a core error when there is no page.
 * https://learn.microsoft.com/exchange/client-developer/web-service-reference/syncfolderitems-operation
 */
export async function syncFolderItems(
  mailbox: EwsMailbox,
  { folder, syncState }: { readonly folder: FolderRef; readonly syncState?: string | undefined },
  signal: AbortSignal,
): Promise<SyncPage> {
  const request = writeSync(folderId(folder, mailbox), syncState)
  const [message] = messagesIn(await askToRead(mailbox, { request, operation: "delta" }, signal))
  const problem = message && readMessageProblem(message)
  if (problem && syncState !== undefined && isSyncStateLost(problem)) return { kind: "StateLost" }
  if (problem) throw problemError(problem)
  const next = textIn(message, "m:SyncState")
  const isLast = textIn(message, "m:IncludesLastItemInRange") === "true"
  if (next === undefined) throw broken("has no state")
  if (!isLast && next === syncState) throw broken("leads in a circle")
  return { kind: "Changes", changes: changesIn(message), syncState: next, isLast }
}

function broken(how: string): TemporaryError {
  return new TemporaryError(`Exchange's list of changes ${how}`, { reason: "Unreachable" })
}

function writeSync(folder: XmlNode, state: string | undefined): XmlNode {
  return element(
    "m:SyncFolderItems",
    {},
    listShape(),
    element("m:SyncFolderId", {}, folder),
    state === undefined ? undefined : textElement("m:SyncState", state),
    textElement("m:MaxChangesReturned", String(mostChanges)),
  )
}

function changesIn(message: XmlElement | undefined): readonly ItemChanged[] {
  return (childOf(message, "m:Changes")?.children ?? []).flatMap(change => changeOf(change) ?? [])
}

function changeOf(change: XmlElement): ItemChanged | undefined {
  if (change.name === "t:Delete") {
    const id = childOf(change, "t:ItemId")?.attributes["Id"]
    return id === undefined ? undefined : { kind: "Gone", id }
  }
  if (change.name !== "t:Create" && change.name !== "t:Update") return undefined
  const [found] = change.children
  const item = found && readItem(found)
  return item && { kind: "Present", head: headOf(item) }
}

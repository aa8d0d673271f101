import { TemporaryError } from "../../core/errors.ts"
import { listShape } from "./item-fields.ts"
import { askToRead, type EwsMailbox, type FolderRef, folderId } from "./mailbox.ts"
import { isSyncStateLost, problemError, readMessageProblem } from "./problem.ts"
import { type EwsItem, readItem } from "./read-event.ts"
import { messagesIn } from "./response.ts"
import { childOf, textIn, type XmlElement } from "./xml-read.ts"
import { element, textElement, type XmlNode } from "./xml-write.ts"

/** More is refused. */
const mostChanges = 512

/** A change since the state asked from. Changed occurrences come as a change of their master. */
type ItemChanged =
  | { readonly kind: "Present"; readonly item: EwsItem }
  /** Deleted, or moved to another folder. */
  | { readonly kind: "Gone"; readonly id: string }

export type SyncRound =
  | { readonly kind: "Changes"; readonly changes: readonly ItemChanged[]; readonly syncState: string }
  /** The server does not know the state (any more): begin without one. */
  | { readonly kind: "StateLost" }

/**
 * Everything that changed in a calendar since a state, or all there is without one. Throws a core error when the round
 * cannot be finished: half a round is none.
 * https://learn.microsoft.com/exchange/client-developer/web-service-reference/syncfolderitems-operation
 */
export async function syncFolderItems(
  mailbox: EwsMailbox,
  { folder, syncState }: { readonly folder: FolderRef; readonly syncState?: string | undefined },
  signal: AbortSignal,
): Promise<SyncRound> {
  const changes: ItemChanged[] = []
  for (let state = syncState; ; ) {
    const request = writeSync(folderId(folder, mailbox), state)
    const [message] = messagesIn(await askToRead(mailbox, { request, operation: "delta" }, signal))
    const problem = message && readMessageProblem(message)
    if (problem && isSyncStateLost(problem)) return { kind: "StateLost" }
    if (problem) throw problemError(problem)
    const next = textIn(message, "m:SyncState")
    if (next === undefined) throw broken("has no state")
    changes.push(...changesIn(message))
    if (textIn(message, "m:IncludesLastItemInRange") === "true") return { kind: "Changes", changes, syncState: next }
    if (next === state) throw broken("leads in a circle")
    state = next
  }
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
  return item && { kind: "Present", item }
}

import type { Item } from "../store/item.ts"
import { entryOf } from "../store/series.ts"
import { itemsOf } from "../store/store.ts"
import { responses } from "./envelope.ts"
import { EwsError } from "./ews-error.ts"
import { removedIdElement } from "./ews-ids.ts"
import { type Folder, findFolder } from "./folder-tree.ts"
import { parseShape } from "./item-shape.ts"
import { el, type Markup } from "./markup.ts"
import { calendarItemElement, type Rendering } from "./render-calendar-item.ts"
import { schemaViolation } from "./schema-violation.ts"
import type { Session } from "./session.ts"
import { childOf, textOf, type XmlElement } from "./xml.ts"

/**
 * Singles and masters only; what happens to an occurrence is an Update of its master.
 * https://learn.microsoft.com/exchange/client-developer/web-service-reference/syncfolderitems-operation
 */

const MAXIMUM_CHANGES = 512

/** What a client knows: everything up to a version, of items with numbers below one. */
type State = { readonly version: number; readonly number: number; readonly between: boolean }
type ItemChange = { readonly version: number; readonly item: Item; readonly kind: "Create" | "Update" | "Delete" }

export function syncItems(session: Session, request: XmlElement): Markup {
  const limit = limitOf(request)
  return responses("SyncFolderItems", [request], () => {
    const folder = findFolder(session, childOf(request, "SyncFolderId")?.children[0])
    const since = readState(folder, textOf(request, "SyncState") ?? "")
    const all = [...changes(folder, since)].sort((a, b) => a.version - b.version)
    const page = all.slice(0, limit)
    const isLast = page.length === all.length
    const state = isLast
      ? { version: session.store.version, number: folder.mailbox.nextNumber, between: false }
      : { version: page.at(-1)?.version ?? since.version, number: since.number, between: true }
    const rendering = {
      session,
      mailbox: folder.mailbox,
      shape: parseShape(childOf(request, "ItemShape")),
      listing: true,
    }
    return [
      el("m:SyncState", {}, writeState(folder, state)),
      el("m:IncludesLastItemInRange", {}, isLast),
      el(
        "m:Changes",
        {},
        page.map(change => changeElement(change, rendering)),
      ),
    ]
  })
}

/** The schema itself limits what may be asked for. */
function limitOf(request: XmlElement): number {
  const element = childOf(request, "MaxChangesReturned")
  const limit = Number(element?.text)
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAXIMUM_CHANGES) return limit
  throw schemaViolation(element ?? request, "The 'MaxChangesReturned' element is invalid.")
}

function* changes({ mailbox, number }: Folder, since: State): Generator<ItemChange> {
  const gone = mailbox.tombstones.filter(({ version }) => version > since.version)
  const cameIn = new Set(gone.filter(({ folder }) => folder !== number).map(({ item }) => item.number))
  for (const item of itemsOf(mailbox, number)) {
    if (item.version <= since.version) continue
    const isKnown = item.number < since.number && !cameIn.has(item.number)
    yield { version: item.version, item, kind: isKnown ? "Update" : "Create" }
  }
  for (const { version, folder, item } of gone) {
    if (folder !== number || mailbox.items.get(item.number)?.folder === number) continue
    if (item.number < since.number || since.between) yield { version, item, kind: "Delete" }
  }
}

function changeElement({ kind, item }: ItemChange, rendering: Rendering): Markup {
  if (kind === "Delete") return el("t:Delete", {}, removedIdElement(rendering.mailbox, item))
  return el(`t:${kind}`, {}, calendarItemElement(entryOf(item), rendering))
}

function writeState({ mailbox, number }: Folder, state: State): string {
  const parts = ["H4sI", mailbox.id, number, state.version, state.number, state.between]
  return Buffer.from(parts.join("|")).toString("base64")
}

function readState({ mailbox, number }: Folder, text: string): State {
  if (text === "") return { version: 0, number: 0, between: false }
  const parts = Buffer.from(text, "base64").toString("latin1").split("|")
  const [mark, owner, folder, version, next, between] = parts
  const state = { version: Number(version), number: Number(next), between: between === "true" }
  const isWhole = parts.length === 6 && mark === "H4sI" && (between === "true" || between === "false")
  const isOurs = owner === mailbox.id && Number(folder) === number
  if (isWhole && isOurs && state.version >= mailbox.forgottenVersion) return state
  throw new EwsError("ErrorInvalidSyncStateData", "Synchronization state data is corrupt or otherwise invalid.")
}

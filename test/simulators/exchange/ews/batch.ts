import { responseMessage, responses } from "./envelope.ts"
import { EwsError } from "./ews-error.ts"
import { el, type Markup } from "./markup.ts"
import { childOf, type XmlElement } from "./xml.ts"

/** The rows of a request that is about many things at once, and what becomes of them on a bad day. */

/** What is worked on, and how its answer ends. */
export type Batch = { readonly operation: XmlElement; readonly finish: (answer: Markup) => Markup }

/** Where the rows of an operation are. */
const containers = ["Items", "ItemChanges", "ItemIds", "FolderIds", "Folders", "ParentFolderIds", "SourceIds"]
/** Operations whose messages hold items, failed or not. */
const withItems = new Set(["CreateItem", "GetItem", "UpdateItem"])

function rowsOf(operation: XmlElement): XmlElement | undefined {
  return containers.map(name => childOf(operation, name)).find(container => container !== undefined)
}

function contentOf({ name }: XmlElement): readonly Markup[] {
  return withItems.has(name) ? [el("m:Items")] : []
}

export function wholeBatch(operation: XmlElement): Batch {
  return { operation, finish: answer => answer }
}

/** Every row failed in the same way. */
export function withErrors(operation: XmlElement, error: EwsError): Markup {
  const rows = rowsOf(operation)?.children ?? [operation]
  const failing = () => {
    throw error
  }
  return responses(operation.name.replace(/Request$/, ""), rows, failing, contentOf(operation))
}

/** A row the server trips over, and those behind it, which it does not come to. Microsoft: ErrorBatchProcessingStopped. */
export function stoppedBatch(operation: XmlElement, { at, code = "ErrorItemSave" }: Stop): Batch {
  const container = rowsOf(operation)
  const rows = container?.children ?? []
  if (!container || at >= rows.length) return wholeBatch(operation)
  const content = contentOf(operation)
  const [poison, stopped] = [new EwsError(code, "The item could not be processed."), new EwsError(STOPPED, notReached)]
  const messages = rows
    .slice(at)
    .map((_, index) =>
      index === 0
        ? responseMessage(operation.name, { outcome: "Error", error: poison, content })
        : responseMessage(operation.name, { outcome: "Warning", error: stopped, content }),
    )
  const before = { ...container, children: rows.slice(0, at) }
  const children = operation.children.map(child => (child === container ? before : child))
  return { operation: { ...operation, children }, finish: answer => continued(answer, messages) }
}

type Stop = { readonly at: number; readonly code?: string }

const STOPPED = "ErrorBatchProcessingStopped"
const notReached = "Processing of the batch stopped because of an error at an item before this one."

/** An answer with further messages behind those it has. */
function continued({ markup }: Markup, messages: readonly Markup[]): Markup {
  const more = messages.map(message => message.markup).join("")
  const opened = markup.replace("<m:ResponseMessages/>", "<m:ResponseMessages></m:ResponseMessages>")
  return { markup: opened.replace("</m:ResponseMessages>", () => `${more}</m:ResponseMessages>`) }
}

import { itemsOf } from "../store/store.ts"
import { folderIdElement } from "./ews-ids.ts"
import { childrenOfFolder, distinguishedName, type Folder, folderName, parentOf } from "./folder-tree.ts"
import { el, type Markup } from "./markup.ts"
import { childOf, childrenOf, textOf, type XmlElement } from "./xml.ts"

/** A folder as `t:Folder` or `t:CalendarFolder`, its children in the order of the schema. */

export type FolderShape = { readonly wants: (field: string) => boolean }

const defaults = new Set(["DisplayName", "TotalCount", "ChildFolderCount", "UnreadCount"])

/** https://learn.microsoft.com/exchange/client-developer/web-service-reference/foldershape */
export function parseFolderShape(element: XmlElement | undefined): FolderShape {
  const base = textOf(element, "BaseShape")
  const paths = childrenOf(childOf(element, "AdditionalProperties"), "FieldURI")
  const named = new Set(paths.map(({ attributes }) => attributes["FieldURI"]?.split(":")[1] ?? ""))
  return { wants: field => named.has(field) || base === "AllProperties" || (base === "Default" && defaults.has(field)) }
}

export function isCalendar({ mailbox, number }: Folder): boolean {
  return mailbox.calendars.has(number)
}

export function folderClass(folder: Folder): string {
  return isCalendar(folder) ? "IPF.Appointment" : "IPF.Note"
}

type Value = Markup | string | number | undefined

const fields: readonly (readonly [string, (folder: Folder) => Value])[] = [
  ["ParentFolderId", parentId],
  ["FolderClass", folderClass],
  ["DisplayName", folderName],
  ["TotalCount", ({ mailbox, number }) => itemsOf(mailbox, number).length],
  ["ChildFolderCount", folder => childrenOfFolder(folder).length],
  ["EffectiveRights", rights],
  ["DistinguishedFolderId", ({ number }) => distinguishedName(number)],
  // Calendars have no such count.
  ["UnreadCount", folder => (isCalendar(folder) ? undefined : 0)],
]

export function folderElement(folder: Folder, { wants }: FolderShape): Markup {
  const children = fields.flatMap(([name, render]) => {
    const value = wants(name) ? render(folder) : undefined
    if (value === undefined) return []
    return [typeof value === "object" ? value : el(`t:${name}`, {}, value)]
  })
  const id = folderIdElement("t:FolderId", folder.mailbox, folder.number)
  return el(isCalendar(folder) ? "t:CalendarFolder" : "t:Folder", {}, id, children)
}

function parentId(folder: Folder): Markup | undefined {
  const parent = parentOf(folder)
  return parent && folderIdElement("t:ParentFolderId", parent.mailbox, parent.number)
}

const rightNames = ["CreateAssociated", "CreateContents", "CreateHierarchy", "Delete", "Modify", "Read"]

function rights(folder: Folder): Markup {
  const isOpen = (name: string) => name !== "Delete" || distinguishedName(folder.number) === undefined
  return el(
    "t:EffectiveRights",
    {},
    rightNames.map(name => el(`t:${name}`, {}, isOpen(name))),
    el("t:ViewPrivateItems", {}, true),
  )
}

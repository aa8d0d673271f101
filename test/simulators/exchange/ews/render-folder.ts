import { itemsOf } from "../store/store.ts"
import { folderIdElement } from "./ews-ids.ts"
import { type ExtendedField, extendedField, extendedProperty } from "./extended-field.ts"
import { childrenOfFolder, distinguishedName, type Folder, folderClass, folderName, parentOf } from "./folder-tree.ts"
import { computedOfFolder } from "./mapi-properties.ts"
import { el, type Markup } from "./markup.ts"
import { childOf, childrenOf, textOf, type XmlElement } from "./xml.ts"

/** A folder as `t:Folder`, `t:CalendarFolder` and so on, its children in the order of the schema. */

export type FolderShape = {
  readonly wants: (field: string) => boolean
  readonly extended: readonly ExtendedField[]
}

const defaults = new Set(["DisplayName", "TotalCount", "ChildFolderCount", "UnreadCount"])

/** https://learn.microsoft.com/exchange/client-developer/web-service-reference/foldershape */
export function parseFolderShape(element: XmlElement | undefined): FolderShape {
  const base = textOf(element, "BaseShape")
  const paths = childrenOf(childOf(element, "AdditionalProperties"), "FieldURI")
  const named = new Set(paths.map(({ attributes }) => attributes["FieldURI"]?.split(":")[1] ?? ""))
  return {
    wants: field => named.has(field) || base === "AllProperties" || (base === "Default" && defaults.has(field)),
    extended: childrenOf(childOf(element, "AdditionalProperties"), "ExtendedFieldURI").map(extendedField),
  }
}

export function isCalendar({ mailbox, number }: Folder): boolean {
  return mailbox.calendars.has(number)
}

type Value = Markup | string | number | undefined

const fields: readonly (readonly [string, (folder: Folder) => Value])[] = [
  ["ParentFolderId", parentId],
  ["FolderClass", folderClass],
  ["DisplayName", folderName],
  ["TotalCount", ({ mailbox, number }) => itemsOf(mailbox, number).length],
  ["ChildFolderCount", folder => childrenOfFolder(folder).length],
  ["ExtendedProperty", () => undefined],
  ["EffectiveRights", rights],
  ["DistinguishedFolderId", ({ number }) => distinguishedName(number)],
  ["UnreadCount", folder => (hasUnread(folder) ? 0 : undefined)],
]

/** Some classes have an element of their own. */
const elements: Readonly<Record<string, string>> = {
  "IPF.Appointment": "t:CalendarFolder",
  "IPF.Contact": "t:ContactsFolder",
  "IPF.Task": "t:TasksFolder",
}

export function folderElement(folder: Folder, { wants, extended }: FolderShape): Markup {
  const children = fields.flatMap(([name, render]) => {
    if (name === "ExtendedProperty") return extended.flatMap(field => extendedProperties(field, folder))
    const value = wants(name) ? render(folder) : undefined
    if (value === undefined) return []
    return [typeof value === "object" ? value : el(`t:${name}`, {}, value)]
  })
  const id = folderIdElement("t:FolderId", folder.mailbox, folder.number)
  return el(elements[folderClass(folder)] ?? "t:Folder", {}, id, children)
}

function extendedProperties(field: ExtendedField, folder: Folder): readonly Markup[] {
  const value = computedOfFolder(field.id, folder)
  return value === undefined ? [] : [extendedProperty(field, value)]
}

/** Calendars and address books have no such count. */
function hasUnread(folder: Folder): boolean {
  return !["IPF.Appointment", "IPF.Contact"].includes(folderClass(folder))
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

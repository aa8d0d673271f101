import { responses } from "./envelope.ts"
import { EwsError } from "./ews-error.ts"
import { folderIdElement } from "./ews-ids.ts"
import { extendedField } from "./extended-field.ts"
import {
  childrenOfFolder,
  descendantsOf,
  distinguishedName,
  type Folder,
  findFolder,
  folderClass,
  folderName,
} from "./folder-tree.ts"
import { computedOfFolder } from "./mapi-properties.ts"
import { el, type Markup } from "./markup.ts"
import { pageOf } from "./paging.ts"
import { folderElement, isCalendar, parseFolderShape } from "./render-folder.ts"
import { parseRestriction, type Reader } from "./restriction.ts"
import { requireChanging, type Session } from "./session.ts"
import { childOf, textOf, type XmlElement } from "./xml.ts"

/** https://learn.microsoft.com/exchange/client-developer/web-service-reference/getfolder-operation */
export function getFolder(session: Session, request: XmlElement): Markup {
  const ids = childOf(request, "FolderIds")?.children ?? []
  const shape = parseFolderShape(childOf(request, "FolderShape"))
  return responses("GetFolder", ids, id => [el("m:Folders", {}, folderElement(findFolder(session, id), shape))], [
    el("m:Folders"),
  ])
}

/** https://learn.microsoft.com/exchange/client-developer/web-service-reference/findfolder-operation */
export function findFolders(session: Session, request: XmlElement): Markup {
  const parents = childOf(request, "ParentFolderIds")?.children ?? []
  const below = request.attributes["Traversal"] === "Deep" ? descendantsOf : childrenOfFolder
  const matches = parseRestriction(childOf(request, "Restriction"), { zone: session.zone, readerFor: folderReader })
  const shape = parseFolderShape(childOf(request, "FolderShape"))
  return responses("FindFolder", parents, id => {
    const found = below(findFolder(session, id)).filter(folder => !matches || matches(folder))
    const { rows, attributes } = pageOf(found, childOf(request, "IndexedPageFolderView"), MAXIMUM_FOLDERS)
    const folders = rows.map(folder => folderElement(folder, shape))
    return [el("m:RootFolder", attributes, el("t:Folders", {}, folders))]
  })
}

const MAXIMUM_FOLDERS = 1000

const folderFields: Readonly<Record<string, (folder: Folder) => string | number>> = {
  "folder:DisplayName": folderName,
  "folder:FolderClass": folderClass,
  "folder:ChildFolderCount": folder => childrenOfFolder(folder).length,
}

function folderReader(path: XmlElement): Reader<Folder> | undefined {
  if (path.name !== "ExtendedFieldURI") return folderFields[path.attributes["FieldURI"] ?? ""]
  const { id } = extendedField(path)
  return folder => computedOfFolder(id, folder)
}

/** https://learn.microsoft.com/exchange/client-developer/web-service-reference/createfolder-operation */
export function createFolder(session: Session, request: XmlElement): Markup {
  const parentElement = childOf(request, "ParentFolderId")?.children[0]
  const wanted = childOf(request, "Folders")?.children ?? []
  return responses(
    "CreateFolder",
    wanted,
    folder => {
      const parent = findFolder(session, parentElement)
      requireChanging(session, parent.mailbox)
      const name = nameForChild(parent, folder)
      const { number } = session.store.addCalendar(parent.mailbox, name, { parent: parent.number })
      const id = folderIdElement("t:FolderId", parent.mailbox, number)
      return [el("m:Folders", {}, el("t:CalendarFolder", {}, id))]
    },
    [el("m:Folders")],
  )
}

/** The name a new folder may have: any but those of its siblings, however they are written. */
function nameForChild(parent: Folder, folder: XmlElement): string {
  const name = textOf(folder, "DisplayName") ?? ""
  // A plain folder is what its class says.
  const ofClass = textOf(folder, "FolderClass") ?? (folder.name === "CalendarFolder" ? "IPF.Appointment" : "IPF.Note")
  if (!/^(Calendar)?Folder$/.test(folder.name) || !/^IPF\.Appointment(\.|$)/i.test(ofClass))
    throw new EwsError("ErrorInvalidOperation", "Only calendar folders can be made here.")
  if (name === "") throw new EwsError("ErrorFolderSavePropertyError", "A folder needs a name.")
  if (childrenOfFolder(parent).some(other => folderName(other).toLowerCase() === name.toLowerCase()))
    throw new EwsError("ErrorFolderExists", "A folder with the specified name already exists.")
  return name
}

/** https://learn.microsoft.com/exchange/client-developer/web-service-reference/deletefolder-operation */
export function deleteFolder(session: Session, request: XmlElement): Markup {
  const ids = childOf(request, "FolderIds")?.children ?? []
  return responses("DeleteFolder", ids, id => {
    const folder = findFolder(session, id)
    const { mailbox, number } = folder
    requireChanging(session, mailbox)
    if (distinguishedName(number) !== undefined)
      throw new EwsError("ErrorDeleteDistinguishedFolder", "Distinguished folders cannot be deleted.")
    for (const gone of [...descendantsOf(folder), folder])
      if (isCalendar(gone)) session.store.removeCalendar(mailbox, gone.number)
    return []
  })
}

import type { Mailbox } from "../store/mailbox.ts"
import { DEFAULT_CALENDAR, DELETED_ITEMS } from "../store/mailbox.ts"
import { itemsOf } from "../store/store.ts"
import { responses } from "./envelope.ts"
import { EwsError, folderNotFound, malformedId } from "./ews-error.ts"
import { folderIdElement, parseEwsFolderId } from "./ews-ids.ts"
import { el, type Markup } from "./markup.ts"
import { mailboxNamed, mayOpen, type Session } from "./session.ts"
import { childOf, textOf, type XmlElement } from "./xml.ts"

/** Folders: the root, the top of the information store, Deleted Items, and the calendars. */

export type Folder = { readonly mailbox: Mailbox; readonly number: number }

/** Beyond any number the store gives out. */
const ROOT = 0xffff_0001
const TOP = 0xffff_0002

const distinguished: Readonly<Record<string, number>> = {
  root: ROOT,
  msgfolderroot: TOP,
  deleteditems: DELETED_ITEMS,
  calendar: DEFAULT_CALENDAR,
}

/** The folder a FolderId or DistinguishedFolderId names, if the session may look into it. */
export function findFolder(session: Session, element: XmlElement | undefined): Folder {
  const id = element?.attributes["Id"] ?? ""
  if (element?.name === "DistinguishedFolderId") {
    const mailbox = mailboxNamed(session, textOf(childOf(element, "Mailbox"), "EmailAddress"))
    const number = distinguished[id]
    if (number === undefined || !mayOpen(session, mailbox)) throw folderNotFound()
    return { mailbox, number }
  }
  const ref = parseEwsFolderId(id)
  if (!ref) throw malformedId()
  const mailbox = session.store.findMailbox(ref.mailbox)
  if (!mailbox || !mayOpen(session, mailbox) || !exists({ mailbox, number: ref.folder })) throw folderNotFound()
  return { mailbox, number: ref.folder }
}

function exists({ mailbox, number }: Folder): boolean {
  return Object.values(distinguished).includes(number) || mailbox.calendars.has(number)
}

/** https://learn.microsoft.com/exchange/client-developer/web-service-reference/getfolder-operation */
export function getFolder(session: Session, request: XmlElement): Markup {
  const ids = childOf(request, "FolderIds")?.children ?? []
  return responses("GetFolder", ids, id => [el("m:Folders", {}, folderElement(findFolder(session, id)))], [
    el("m:Folders"),
  ])
}

/** https://learn.microsoft.com/exchange/client-developer/web-service-reference/findfolder-operation */
export function findFolders(session: Session, request: XmlElement): Markup {
  const parents = childOf(request, "ParentFolderIds")?.children ?? []
  const deep = request.attributes["Traversal"] === "Deep"
  return responses("FindFolder", parents, id => {
    const parent = findFolder(session, id)
    const folders = allFolders(parent.mailbox).filter(folder => isBelow(folder, parent, deep))
    const attributes = {
      IndexedPagingOffset: folders.length,
      TotalItemsInView: folders.length,
      IncludesLastItemInRange: true,
    }
    return [el("m:RootFolder", attributes, el("t:Folders", {}, folders.map(folderElement)))]
  })
}

function allFolders(mailbox: Mailbox): readonly Folder[] {
  return [TOP, DELETED_ITEMS, ...mailbox.calendars.keys()].map(number => ({ mailbox, number }))
}

function parentOf({ number }: Folder): number | undefined {
  if (number === ROOT) return undefined
  return number === TOP ? ROOT : TOP
}

function isBelow(folder: Folder, parent: Folder, deep: boolean): boolean {
  const above = parentOf(folder)
  return above === parent.number || (deep && parent.number === ROOT && above === TOP)
}

/** https://learn.microsoft.com/exchange/client-developer/web-service-reference/createfolder-operation */
export function createFolder(session: Session, request: XmlElement): Markup {
  const parent = childOf(request, "ParentFolderId")?.children[0]
  const wanted = childOf(request, "Folders")?.children ?? []
  return responses("CreateFolder", wanted, folder => {
    const { mailbox } = findFolder(session, parent)
    const name = textOf(folder, "DisplayName") ?? ""
    if (folder.name !== "CalendarFolder" || name === "")
      throw new EwsError("ErrorInvalidOperation", "Only calendar folders with a name can be made here.")
    if ([...mailbox.calendars.values()].some(calendar => calendar.name === name))
      throw new EwsError("ErrorFolderExists", "A folder with the specified name already exists.")
    const { number } = session.store.addCalendar(mailbox, name)
    return [el("m:Folders", {}, el("t:CalendarFolder", {}, folderIdElement("t:FolderId", mailbox, number)))]
  })
}

function folderElement(folder: Folder): Markup {
  const { mailbox, number } = folder
  const parent = parentOf(folder)
  const isCalendar = mailbox.calendars.has(number)
  const distinguishedId = Object.entries(distinguished).find(([, known]) => known === number)?.[0]
  return el(
    isCalendar ? "t:CalendarFolder" : "t:Folder",
    {},
    folderIdElement("t:FolderId", mailbox, number),
    parent === undefined ? undefined : folderIdElement("t:ParentFolderId", mailbox, parent),
    el("t:FolderClass", {}, isCalendar ? "IPF.Appointment" : "IPF.Note"),
    el("t:DisplayName", {}, nameOf(folder)),
    el("t:TotalCount", {}, itemsOf(mailbox, number).length),
    el("t:ChildFolderCount", {}, allFolders(mailbox).filter(other => parentOf(other) === number).length),
    distinguishedId === undefined ? undefined : el("t:DistinguishedFolderId", {}, distinguishedId),
  )
}

function nameOf({ mailbox, number }: Folder): string {
  if (number === ROOT) return ""
  if (number === TOP) return "Top of Information Store"
  return number === DELETED_ITEMS ? "Deleted Items" : (mailbox.calendars.get(number)?.name ?? "")
}

import { DEFAULT_CALENDAR, DELETED_ITEMS, type Mailbox } from "../store/mailbox.ts"
import { folderNotFound, malformedId } from "./ews-error.ts"
import { parseEwsFolderId } from "./ews-ids.ts"
import { mailboxNamed, mayOpen, type Session } from "./session.ts"
import { childOf, textOf, type XmlElement } from "./xml.ts"

/** The folders of a mailbox: the root, the top of the information store, Deleted Items, the dumpster, and the calendars. */

export type Folder = { readonly mailbox: Mailbox; readonly number: number }

/** Beyond any number the store gives out. */
const ROOT = 0xffff_0001
const TOP = 0xffff_0002
/** The dumpster and its folder for what was deleted for good; what is in them is not shown here. */
const RECOVERABLE_ITEMS = 0xffff_0003
const DELETIONS = 0xffff_0004

const distinguished: Readonly<Record<string, number>> = {
  root: ROOT,
  msgfolderroot: TOP,
  deleteditems: DELETED_ITEMS,
  calendar: DEFAULT_CALENDAR,
  recoverableitemsroot: RECOVERABLE_ITEMS,
  recoverableitemsdeletions: DELETIONS,
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
  return distinguishedName(number) !== undefined || mailbox.calendars.has(number)
}

/** The name every mailbox has such a folder under. */
export function distinguishedName(number: number): string | undefined {
  return Object.entries(distinguished).find(([, known]) => known === number)?.[0]
}

/** Every folder but the root. */
export function allFolders(mailbox: Mailbox): readonly Folder[] {
  const numbers = [TOP, DELETED_ITEMS, ...mailbox.calendars.keys(), RECOVERABLE_ITEMS, DELETIONS]
  return numbers.map(number => ({ mailbox, number }))
}

export function parentOf({ mailbox, number }: Folder): Folder | undefined {
  if (number === ROOT) return undefined
  if (number === TOP || number === RECOVERABLE_ITEMS) return { mailbox, number: ROOT }
  if (number === DELETIONS) return { mailbox, number: RECOVERABLE_ITEMS }
  return { mailbox, number: mailbox.calendars.get(number)?.parent ?? TOP }
}

export function childrenOfFolder(folder: Folder): readonly Folder[] {
  return allFolders(folder.mailbox).filter(other => parentOf(other)?.number === folder.number)
}

/** Below a folder, on every level. */
export function descendantsOf(folder: Folder): readonly Folder[] {
  return childrenOfFolder(folder).flatMap(child => [child, ...descendantsOf(child)])
}

export function folderName({ mailbox, number }: Folder): string {
  return fixedNames.get(number) ?? mailbox.calendars.get(number)?.name ?? ""
}

const fixedNames: ReadonlyMap<number, string> = new Map([
  [ROOT, ""],
  [TOP, "Top of Information Store"],
  [DELETED_ITEMS, "Deleted Items"],
  [RECOVERABLE_ITEMS, "Recoverable Items"],
  [DELETIONS, "Deletions"],
])

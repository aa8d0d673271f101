import { DEFAULT_CALENDAR, type Mailbox } from "../store/mailbox.ts"
import { folderNotFound, malformedId } from "./ews-error.ts"
import { parseEwsFolderId } from "./ews-ids.ts"
import { mailboxNamed, mayOpen, type Session } from "./session.ts"
import { TOP, type WellKnownFolder, wellKnownFolders } from "./well-known-folders.ts"
import { childOf, textOf, type XmlElement } from "./xml.ts"

/** The folders of a mailbox: those every mailbox has, and the calendars. */

export type Folder = { readonly mailbox: Mailbox; readonly number: number }

const distinguished: ReadonlyMap<string, number> = new Map([
  ...wellKnownFolders.map(({ name, number }) => [name, number] as const),
  ["calendar", DEFAULT_CALENDAR],
])

const wellKnown: ReadonlyMap<number, WellKnownFolder> = new Map(wellKnownFolders.map(folder => [folder.number, folder]))

/** The folder a FolderId or DistinguishedFolderId names, if the session may look into it. */
export function findFolder(session: Session, element: XmlElement | undefined): Folder {
  const id = element?.attributes["Id"] ?? ""
  if (element?.name === "DistinguishedFolderId") {
    const mailbox = mailboxNamed(session, textOf(childOf(element, "Mailbox"), "EmailAddress"))
    const number = distinguished.get(id)
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
  return number === DEFAULT_CALENDAR ? "calendar" : wellKnown.get(number)?.name
}

/** Every folder, the root too. */
function allFolders(mailbox: Mailbox): readonly Folder[] {
  return [...wellKnown.keys(), ...mailbox.calendars.keys()].map(number => ({ mailbox, number }))
}

export function parentOf({ mailbox, number }: Folder): Folder | undefined {
  const known = wellKnown.get(number)
  const parent = known ? known.parent : (mailbox.calendars.get(number)?.parent ?? TOP)
  return parent === undefined ? undefined : { mailbox, number: parent }
}

export function childrenOfFolder(folder: Folder): readonly Folder[] {
  return allFolders(folder.mailbox).filter(other => parentOf(other)?.number === folder.number)
}

/** Below a folder, on every level. */
export function descendantsOf(folder: Folder): readonly Folder[] {
  return childrenOfFolder(folder).flatMap(child => [child, ...descendantsOf(child)])
}

export function folderName({ mailbox, number }: Folder): string {
  return wellKnown.get(number)?.displayName ?? mailbox.calendars.get(number)?.name ?? ""
}

/** What is in it: `IPF.Appointment` and so on. */
export function folderClass({ number }: Folder): string {
  return wellKnown.get(number)?.folderClass ?? "IPF.Appointment"
}

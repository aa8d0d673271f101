import { DELETED_ITEMS } from "../store/mailbox.ts"

/**
 * The folders every mailbox has beside its calendars. Only Deleted Items ever holds something here.
 * https://learn.microsoft.com/exchange/client-developer/web-service-reference/distinguishedfolderid
 */
export type WellKnownFolder = {
  readonly number: number
  /** What DistinguishedFolderId calls it. */
  readonly name: string
  readonly displayName: string
  readonly folderClass: string
  /** The root has none. */
  readonly parent?: number
}

/** Beyond any number the store gives out. */
const ROOT = 0xffff_0001
export const TOP = 0xffff_0002
/** The dumpster. */
const RECOVERABLE_ITEMS = 0xffff_0003

const MAIL = "IPF.Note"

export const wellKnownFolders: readonly WellKnownFolder[] = [
  { number: ROOT, name: "root", displayName: "", folderClass: MAIL },
  { number: TOP, name: "msgfolderroot", displayName: "Top of Information Store", folderClass: MAIL, parent: ROOT },
  { number: DELETED_ITEMS, name: "deleteditems", displayName: "Deleted Items", folderClass: MAIL, parent: TOP },
  ...(
    [
      ["recoverableitemsroot", "Recoverable Items", MAIL, ROOT],
      ["recoverableitemsdeletions", "Deletions", MAIL, RECOVERABLE_ITEMS],
      ["inbox", "Inbox", MAIL, TOP],
      ["drafts", "Drafts", MAIL, TOP],
      ["outbox", "Outbox", MAIL, TOP],
      ["sentitems", "Sent Items", MAIL, TOP],
      ["junkemail", "Junk Email", MAIL, TOP],
      ["contacts", "Contacts", "IPF.Contact", TOP],
      ["tasks", "Tasks", "IPF.Task", TOP],
      ["notes", "Notes", "IPF.StickyNote", TOP],
      ["journal", "Journal", "IPF.Journal", TOP],
    ] as const
  ).map(([name, displayName, folderClass, parent], index) => ({
    number: RECOVERABLE_ITEMS + index,
    name,
    displayName,
    folderClass,
    parent,
  })),
]

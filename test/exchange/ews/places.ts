import type { FolderRef, MailboxPlaces } from "../../../operator/exchange/ews/operations/mailbox.ts"

/** The mailbox's own calendar, always there, in this zone. */
export function placesIn(zone: string | undefined, changes: Partial<MailboxPlaces> = {}): MailboxPlaces {
  const folder: FolderRef = { kind: "Default" }
  return {
    findFolder: async () => folder,
    makeFolder: async () => folder,
    forget: () => {},
    zone: async () => zone,
    ...changes,
  }
}

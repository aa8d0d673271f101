import { TemporaryError } from "../../core/errors.ts"
import { askToRead, type EwsMailbox, type FolderRef, folderId } from "./mailbox.ts"
import { onlyMessage } from "./response.ts"
import { childOf, descend } from "./xml-read.ts"
import { element, textElement } from "./xml-write.ts"

/**
 * The id of a calendar; the cheapest proof that the mailbox is there and may be read. Throws a core error otherwise.
 * https://learn.microsoft.com/exchange/client-developer/web-service-reference/getfolder-operation
 */
export async function getFolder(mailbox: EwsMailbox, folder: FolderRef, signal: AbortSignal): Promise<string> {
  const request = element(
    "m:GetFolder",
    {},
    element("m:FolderShape", {}, textElement("t:BaseShape", "IdOnly")),
    element("m:FolderIds", {}, folderId(folder, mailbox)),
  )
  const message = onlyMessage(await askToRead(mailbox, { request, operation: "folder" }, signal))
  const id = childOf(descend(message, "m:Folders", "t:CalendarFolder"), "t:FolderId")?.attributes["Id"]
  if (!id) throw new TemporaryError("Exchange's answer has no calendar folder", { reason: "Unreachable" })
  return id
}

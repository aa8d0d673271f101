import { TemporaryError } from "../../../core/errors.ts"
import { problemError, readMessageProblem } from "../wire/problem.ts"
import { messagesIn } from "../wire/response.ts"
import { childOf, descend } from "../wire/xml-read.ts"
import { element, textElement } from "../wire/xml-write.ts"
import { askToWrite, type EwsMailbox, wellKnownFolder } from "./mailbox.ts"

/**
 * Makes a calendar below the mailbox's own, where it stands in Outlook's list beside it. Its id; undefined when one of
 * that name is there already. Throws a core error otherwise.
 * https://learn.microsoft.com/exchange/client-developer/web-service-reference/createfolder-operation
 */
export async function createCalendarNamed(
  mailbox: EwsMailbox,
  name: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const request = element(
    "m:CreateFolder",
    {},
    element("m:ParentFolderId", {}, wellKnownFolder("calendar", mailbox)),
    element("m:Folders", {}, element("t:CalendarFolder", {}, textElement("t:DisplayName", name))),
  )
  const [message] = messagesIn(await askToWrite(mailbox, request, signal))
  const problem = message && readMessageProblem(message)
  if (problem?.code === "ErrorFolderExists") return undefined
  if (problem) throw problemError(problem)
  const id = childOf(descend(message, "m:Folders", "t:CalendarFolder"), "t:FolderId")?.attributes["Id"]
  if (!id) throw new TemporaryError("Exchange does not say which folder it made", { reason: "Unreachable" })
  return id
}

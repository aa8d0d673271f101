import { messagesIn, succeeded } from "../wire/response.ts"
import { childOf, childrenOf, descend, textIn, type XmlElement } from "../wire/xml-read.ts"
import { element, textElement, type XmlNode } from "../wire/xml-write.ts"
import { askToRead, type EwsMailbox, wellKnownFolder } from "./mailbox.ts"

/** Names are unique within a folder, but for folders of other kinds: no more than these are worth looking at. */
const mostFolders = 100

/**
 * The id of the calendar of that name, right below the mailbox's own calendar or beside it: there Outlook makes them, and
 * one in Deleted Items is not found. Names are one name whatever their case, as Exchange has it. Undefined when there is
 * none. Throws a core error when the mailbox cannot be asked.
 * https://learn.microsoft.com/exchange/client-developer/web-service-reference/findfolder-operation
 */
export async function findCalendarNamed(
  mailbox: EwsMailbox,
  name: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const response = await askToRead(mailbox, { request: writeFind(mailbox, name), operation: "folder" }, signal)
  const [below, beside] = messagesIn(response)
  // A delegate often sees the calendar and nothing beside it.
  const found = [...calendarsIn(succeeded(below)), ...calendarsIn(beside)]
  const same = found.filter(one => one.name.toLowerCase() === name.toLowerCase())
  return (same.find(one => one.name === name) ?? same[0])?.id
}

function writeFind(mailbox: EwsMailbox, name: string): XmlNode {
  const displayName = element("t:FieldURI", { FieldURI: "folder:DisplayName" })
  const constant = element("t:FieldURIOrConstant", {}, element("t:Constant", { Value: name }))
  const parents = [wellKnownFolder("calendar", mailbox), wellKnownFolder("msgfolderroot", mailbox)]
  return element(
    "m:FindFolder",
    { Traversal: "Shallow" },
    element(
      "m:FolderShape",
      {},
      textElement("t:BaseShape", "IdOnly"),
      element("t:AdditionalProperties", {}, displayName),
    ),
    element("m:IndexedPageFolderView", { MaxEntriesReturned: `${mostFolders}`, Offset: "0", BasePoint: "Beginning" }),
    element("m:Restriction", {}, element("t:IsEqualTo", {}, displayName, constant)),
    element("m:ParentFolderIds", {}, ...parents),
  )
}

type NamedFolder = { readonly id: string; readonly name: string }

function calendarsIn(message: XmlElement | undefined): readonly NamedFolder[] {
  const folders = descend(message, "m:RootFolder", "t:Folders")
  return childrenOf(folders, "t:CalendarFolder").flatMap(folder => {
    const id = childOf(folder, "t:FolderId")?.attributes["Id"]
    return id === undefined ? [] : [{ id, name: textIn(folder, "t:DisplayName") ?? "" }]
  })
}

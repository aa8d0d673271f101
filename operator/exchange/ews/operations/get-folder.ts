import { element, textElement, type XmlNode } from "../wire/xml-write.ts"
import { wellKnownFolder } from "./mailbox.ts"

/**
 * Asks for the id of somebody's calendar, or of the account's own: the cheapest question that needs the same right as
 * everything else.
 * https://learn.microsoft.com/exchange/client-developer/web-service-reference/getfolder-operation
 */
export function calendarQuestion(address: string | undefined): XmlNode {
  return element(
    "m:GetFolder",
    {},
    element("m:FolderShape", {}, textElement("t:BaseShape", "IdOnly")),
    element("m:FolderIds", {}, wellKnownFolder("calendar", { address })),
  )
}

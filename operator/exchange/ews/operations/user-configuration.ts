import { readMessageProblem } from "../wire/problem.ts"
import { messagesIn } from "../wire/response.ts"
import { childOf, type XmlElement } from "../wire/xml-read.ts"
import { element, textElement } from "../wire/xml-write.ts"
import { askToRead, type EwsMailbox, wellKnownFolder } from "./mailbox.ts"

type ConfigurationRequest = {
  readonly folder: "calendar" | "root"
  readonly name: string
  readonly property: "Dictionary" | "XmlData"
}

/**
 * One of the settings a mailbox keeps in its folders. Undefined when it is not there or the account may not see it: a
 * delegate sees few. Throws a core error when the mailbox cannot be asked. Servers know it since 2010.
 * https://learn.microsoft.com/exchange/client-developer/web-service-reference/getuserconfiguration-operation
 */
export async function readUserConfiguration(
  mailbox: EwsMailbox,
  { folder, name, property }: ConfigurationRequest,
  signal: AbortSignal,
): Promise<XmlElement | undefined> {
  const request = element(
    "m:GetUserConfiguration",
    {},
    element("m:UserConfigurationName", { Name: name }, wellKnownFolder(folder, mailbox)),
    textElement("m:UserConfigurationProperties", property),
  )
  const [message] = messagesIn(await askToRead(mailbox, { request, operation: "settings" }, signal))
  if (!message || readMessageProblem(message)) return undefined
  return childOf(childOf(message, "m:UserConfiguration"), `t:${property}`)
}

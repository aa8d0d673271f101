import type { Mailbox } from "../store/mailbox.ts"
import { findZone } from "../store/time-zones.ts"
import { responses } from "./envelope.ts"
import { EwsError, itemNotFound } from "./ews-error.ts"
import { distinguishedName, type Folder, findFolder } from "./folder-tree.ts"
import { el, type Markup } from "./markup.ts"
import type { Session } from "./session.ts"
import { workHoursXml } from "./work-hours.ts"
import { childOf, textOf, type XmlElement } from "./xml.ts"

/**
 * Settings other programs keep in hidden items of a folder; those two that say in which zone a person lives.
 * https://learn.microsoft.com/exchange/client-developer/web-service-reference/getuserconfiguration-operation
 */
export function getUserConfiguration(session: Session, request: XmlElement): Markup {
  const nameElement = childOf(request, "UserConfigurationName")
  const wanted = (textOf(request, "UserConfigurationProperties") ?? "").split(/\s+/)
  const wants = (part: string) => wanted.includes(part) || wanted.includes("All")
  return responses("GetUserConfiguration", [nameElement], element => {
    const folderName = element?.children[0]
    const name = element?.attributes["Name"] ?? ""
    if (!element || !folderName) throw new EwsError("ErrorInvalidIdEmpty", "The folder is missing.")
    const parts = partsOf(session, findFolder(session, folderName), name)
    const content = [
      wants("Dictionary") && parts.entries ? dictionary(parts.entries) : undefined,
      wants("XmlData") && parts.xml
        ? el("t:XmlData", {}, Buffer.from(parts.xml, "utf8").toString("base64"))
        : undefined,
    ]
    return [el("m:UserConfiguration", {}, echoed(name, folderName), content)]
  })
}

function echoed(name: string, folder: XmlElement): Markup {
  return el("t:UserConfigurationName", { Name: name }, el(`t:${folder.name}`, folder.attributes))
}

type Parts = { readonly entries?: Readonly<Record<string, string>>; readonly xml?: string }

/** What a configuration holds; the mailbox says which it has. */
function partsOf(session: Session, { mailbox, number }: Folder, name: string): Parts {
  const place = places.find(known => known.name.toLowerCase() === name.toLowerCase())
  const isHere = place && mailbox.userConfigurations.includes(place.name) && place.isIn(number)
  if (!isHere) throw itemNotFound()
  return place.parts(mailbox, session)
}

const places = [
  {
    name: "OWA.UserOptions",
    isIn: (folder: number) => distinguishedName(folder) === "root",
    parts: (mailbox: Mailbox): Parts => ({ entries: { timezone: zoneName(mailbox), timeformat: "HH:mm" } }),
  },
  {
    name: "WorkHours",
    isIn: (folder: number) => distinguishedName(folder) === "calendar",
    parts: (mailbox: Mailbox, { store }: Session): Parts => ({
      xml: workHoursXml({ ...mailbox.workingHours, zoneName: zoneName(mailbox), nowMs: store.clock.now() }),
    }),
  },
] as const

function zoneName({ timeZone }: Mailbox): string {
  return findZone(timeZone)?.name ?? timeZone
}

function dictionary(entries: Readonly<Record<string, string>>): Markup {
  const typed = (name: string, text: string) => el(name, {}, el("t:Type", {}, "String"), el("t:Value", {}, text))
  return el(
    "t:Dictionary",
    {},
    Object.entries(entries).map(([key, value]) =>
      el("t:DictionaryEntry", {}, typed("t:DictionaryKey", key), typed("t:DictionaryValue", value)),
    ),
  )
}

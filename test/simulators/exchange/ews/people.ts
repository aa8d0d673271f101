import type { Group } from "../directory/directory.ts"
import { type Mailbox, onServer } from "../store/mailbox.ts"
import { responseMessage, responses, singleResponse } from "./envelope.ts"
import { EwsError } from "./ews-error.ts"
import { el, type Markup } from "./markup.ts"
import type { Session } from "./session.ts"
import { childOf, textOf, type XmlElement } from "./xml.ts"

type Person = { readonly name: string; readonly address: string; readonly type: "Mailbox" | "PublicDL" }

/** https://learn.microsoft.com/exchange/client-developer/web-service-reference/resolvenames-operation */
export function resolveNames(session: Session, request: XmlElement): Markup {
  const asked = (textOf(request, "UnresolvedEntry") ?? "").toLowerCase().replace(/^smtp:/, "")
  const found = everybody(session).filter(({ names }) => names.some(name => name.toLowerCase().startsWith(asked)))
  if (found.length === 0)
    return responses("ResolveNames", [asked], () => {
      throw new EwsError("ErrorNameResolutionNoResults", "No results were found.")
    })
  const some = found.slice(0, MAXIMUM_RESOLUTIONS)
  const attributes = { TotalItemsInView: some.length, IncludesLastItemInRange: some.length === found.length }
  const resolutions = some.map(({ person }) => el("t:Resolution", {}, el("t:Mailbox", {}, personElements(person))))
  const content = [el("m:ResolutionSet", attributes, resolutions)]
  const message = responseMessage(
    "ResolveNames",
    found.length === 1 ? { outcome: "Success", content } : several(content),
  )
  return el("m:ResolveNamesResponse", {}, el("m:ResponseMessages", {}, message))
}

const MAXIMUM_RESOLUTIONS = 100

function several(content: readonly Markup[]): Parameters<typeof responseMessage>[1] {
  const error = new EwsError("ErrorNameResolutionMultipleResults", "Multiple results were found.")
  return { outcome: "Warning", error, content }
}

/** Everybody in the address book, with all the names they go by. */
function everybody({
  store,
  directory,
}: Session): readonly { readonly person: Person; readonly names: readonly string[] }[] {
  const people = store.mailboxes
    .filter(onServer)
    .map(mailbox => ({ person: personOf(mailbox), names: [mailbox.displayName, mailbox.address, ...mailbox.aliases] }))
  const groups = [...directory.groups.values()].map(group => ({
    person: listOf(group),
    names: [group.name, group.mail],
  }))
  return [...people, ...groups]
}

function personOf({ displayName, address }: Mailbox): Person {
  return { name: displayName, address, type: "Mailbox" }
}

function listOf({ name, mail }: Group): Person {
  return { name, address: mail, type: "PublicDL" }
}

function personElements({ name, address, type }: Person): readonly Markup[] {
  return [
    el("t:Name", {}, name),
    el("t:EmailAddress", {}, address),
    el("t:RoutingType", {}, "SMTP"),
    el("t:MailboxType", {}, type),
  ]
}

/** https://learn.microsoft.com/exchange/client-developer/web-service-reference/expanddl-operation */
export function expandList(session: Session, request: XmlElement): Markup {
  return responses("ExpandDL", [textOf(childOf(request, "Mailbox"), "EmailAddress") ?? ""], address => {
    const group = session.directory.findGroup(address)
    if (!group) throw new EwsError("ErrorNameResolutionNoResults", "No results were found.")
    const members = group.members.flatMap(member => memberNamed(session, member))
    const attributes = { TotalItemsInView: members.length, IncludesLastItemInRange: true }
    const mailboxes = members.map(member => el("t:Mailbox", {}, personElements(member)))
    return [el("m:DLExpansion", attributes, mailboxes)]
  })
}

function memberNamed({ store, directory }: Session, name: string): readonly Person[] {
  const mailbox = store.findMailbox(name)
  if (mailbox) return onServer(mailbox) ? [personOf(mailbox)] : []
  const group = directory.findGroup(name)
  return group ? [listOf(group)] : []
}

/** Lists with nothing but rooms in them. https://learn.microsoft.com/exchange/client-developer/web-service-reference/getroomlists-operation */
export function getRoomLists(session: Session): Markup {
  const lists = [...session.directory.groups.values()].filter(group => {
    const rooms = roomsOf(session, group)
    return rooms.length > 0 && rooms.length === group.members.length
  })
  const addresses = lists.map(list => el("t:Address", {}, personElements(listOf(list))))
  return singleResponse("GetRoomLists", [el("m:RoomLists", {}, addresses)])
}

/** https://learn.microsoft.com/exchange/client-developer/web-service-reference/getrooms-operation */
export function getRooms(session: Session, request: XmlElement): Markup {
  const group = session.directory.findGroup(textOf(childOf(request, "RoomList"), "EmailAddress") ?? "")
  if (!group)
    return singleResponse("GetRooms", [], new EwsError("ErrorNameResolutionNoResults", "The room list was not found."))
  const rooms = roomsOf(session, group).map(room => el("t:Room", {}, el("t:Id", {}, personElements(personOf(room)))))
  return singleResponse("GetRooms", [el("m:Rooms", {}, rooms)])
}

function roomsOf({ store }: Session, { members }: Group): readonly Mailbox[] {
  return members.flatMap(member => {
    const mailbox = store.findMailbox(member)
    return mailbox?.purpose === "room" && onServer(mailbox) ? [mailbox] : []
  })
}

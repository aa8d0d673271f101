import type { Directory, Group } from "../directory/directory.ts"
import type { Mailbox } from "../store/mailbox.ts"
import type { Call, Reply } from "./call.ts"
import { evaluate, parseFilter } from "./filter.ts"
import { GraphError, noSuchResource } from "./graph-error.ts"
import { pageOf } from "./page.ts"

/** Rooms and room lists; a group of nothing but rooms is such a list. https://learn.microsoft.com/graph/api/place-list */

const PAGE = 100

export function listPlaces(call: Call, directory: Directory): Reply {
  if (!call.caller.roles.includes("Place.Read.All"))
    throw new GraphError(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
  const [, head = "", cast = "", navigation = ""] = call.segments
  const rooms = call.store.mailboxes.filter(({ purpose, state }) => purpose === "room" && state === "present")
  if (head === "microsoft.graph.room") return page(call, rooms.map(roomOf))
  if (head === "microsoft.graph.roomlist") return page(call, roomLists(directory, rooms).map(listOf))
  if (cast !== "microsoft.graph.roomlist" || navigation !== "rooms") throw noSuchResource(head)
  const members = new Set(directory.membersOf(head))
  return page(call, rooms.filter(({ address }) => members.has(address.toLowerCase())).map(roomOf))
}

type Place = Readonly<Record<string, string | number>>

function page(call: Call, places: readonly Place[]): Reply {
  const text = call.query.get("filter")
  const filter = text === undefined ? undefined : parseFilter(text)
  const rows = places.filter(
    place => !filter || evaluate(filter, { rows: () => [], value: path => place[path] ?? null }),
  )
  const select = call.query.get("select")?.split(",")
  const render = (place: Place) =>
    select ? Object.fromEntries(select.map(name => [name, place[name] ?? null])) : place
  return pageOf(call, { rows, context: "places", render, defaultSize: PAGE })
}

function roomOf({ id, address, displayName }: Mailbox): Place {
  return { id, emailAddress: address, displayName, bookingType: "standard", capacity: 0, building: "", floorNumber: 0 }
}

function listOf({ id, mail, name }: Group): Place {
  return { id, emailAddress: mail, displayName: name }
}

function roomLists(directory: Directory, rooms: readonly Mailbox[]): readonly Group[] {
  const addresses = new Set(rooms.map(({ address }) => address.toLowerCase()))
  return [...directory.groups.values()].filter(
    ({ members }) => members.length > 0 && members.every(member => addresses.has(member.toLowerCase())),
  )
}

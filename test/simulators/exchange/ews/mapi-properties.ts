import type { Entry } from "../store/item.ts"
import { childrenOfFolder, type Folder, folderClass, folderName } from "./folder-tree.ts"

/**
 * Properties of MAPI that the server computes, as extended properties give them: clients that come from there ask for them.
 * https://learn.microsoft.com/openspecs/exchange_server_protocols/ms-oxprops
 */

const APPOINTMENT = "{00062002-0000-0000-c000-000000000046}"
const PUBLIC_STRINGS = "{00020329-0000-0000-c000-000000000046}"
const instanceTypes = { singleInstance: 0, seriesMaster: 1, occurrence: 2, exception: 3 } as const

const itemProperties: Readonly<Record<string, (entry: Entry) => string | undefined>> = {
  "String 0x1a": () => "IPM.Appointment",
  "String 0x37": ({ content }) => content.subject ?? undefined,
  "String 0x3001": ({ content }) => content.subject ?? undefined,
  "SystemTime 0x3007": ({ createdMs }) => time(createdMs),
  "SystemTime 0x3008": ({ modifiedMs }) => time(modifiedMs),
  "Integer 0xe23": ({ item }) => String(item.number),
  [`Boolean ${APPOINTMENT} Id 0x8223`]: ({ item }) => String(item.series !== undefined),
  [`Integer ${PUBLIC_STRINGS} Name urn:schemas:calendar:instancetype`]: ({ type }) => String(instanceTypes[type]),
}

const folderProperties: Readonly<Record<string, (folder: Folder) => string | undefined>> = {
  "String 0x3001": folderName,
  "Boolean 0x360a": folder => String(childrenOfFolder(folder).length > 0),
  "String 0x3613": folderClass,
  "Integer 0x3602": folder => String(newestIn(folder).count),
  "Integer 0x3603": () => "0",
  "SystemTime 0x3008": folder => time(newestIn(folder).ms),
  "SystemTime 0x670a": folder => time(newestIn(folder).ms),
}

/** By the canonical id of the property; undefined for what is kept and not computed. */
export function computedOfItem(id: string, entry: Entry): string | undefined {
  return itemProperties[id]?.(entry)
}

export function computedOfFolder(id: string, folder: Folder): string | undefined {
  return folderProperties[id]?.(folder)
}

/** To the second, as Exchange gives times of extended properties. */
function time(ms: number): string {
  return Temporal.Instant.fromEpochMilliseconds(ms).toString({ smallestUnit: "second" })
}

/** Under which name of EWS a property is kept that may be written by its tag too. */
export const writtenByTag: Readonly<Record<string, string>> = { "String 0x37": "Subject", "String 0x1000": "Body" }

function newestIn({ mailbox, number }: Folder): { readonly count: number; readonly ms: number } {
  const items = [...mailbox.items.values()].filter(({ folder }) => folder === number)
  return { count: items.length, ms: Math.max(0, ...items.map(({ modifiedMs }) => modifiedMs)) }
}

import { crc32 } from "node:zlib"

/**
 * Item ids: opaque, case-sensitive, in the classic form (changes when the item moves to another folder) and the
 * immutable form. They are computed, never stored: a mailbox of any size costs no index. EWS writes the same bytes with
 * `+` and `/` where Graph has `-` and `_`.
 */

export type ItemRef = {
  readonly mailbox: string
  readonly number: number
  /** The folder the id speaks of; absent in the immutable form. */
  readonly folder?: number
  /** The original date of an occurrence, `yyyy-MM-dd`. */
  readonly date?: string
}

export type IdForm = "classic" | "immutable"

const CLASSIC_BYTES = 102
const CLASSIC_OCCURRENCE_BYTES = 114
const IMMUTABLE_BYTES = 51
const IMMUTABLE_OCCURRENCE_BYTES = 63
const CLASSIC_HEADER = Buffer.from([0x00, 0x03, 0x24])
const IMMUTABLE_HEADER = Buffer.from([0x00, 0x09, 0x00])
const DATE_BYTES = 8
const CHECK_BYTES = 4

/** Where the mailbox stands in the id, and what fills the space the real ids use for store-internal things. */
const templates = new Map<string, Buffer>()

export function itemId(ref: ItemRef & { readonly folder: number }, form: IdForm): string {
  const length = lengthOf(form, ref.date !== undefined)
  const bytes = Buffer.from(template(ref.mailbox, form, length))
  writeNumbers(bytes, form, ref)
  if (ref.date) bytes.write(ref.date.replaceAll("-", ""), length - CHECK_BYTES - DATE_BYTES, "latin1")
  bytes.writeUInt32BE(crc32(bytes.subarray(0, length - CHECK_BYTES)), length - CHECK_BYTES)
  return bytes.toString("base64url")
}

function lengthOf(form: IdForm, occurrence: boolean): number {
  if (form === "classic") return occurrence ? CLASSIC_OCCURRENCE_BYTES : CLASSIC_BYTES
  return occurrence ? IMMUTABLE_OCCURRENCE_BYTES : IMMUTABLE_BYTES
}

function template(mailbox: string, form: IdForm, length: number): Buffer {
  const key = `${mailbox} ${length}`
  const known = templates.get(key)
  if (known) return known
  const bytes = Buffer.alloc(length)
  const header = form === "classic" ? CLASSIC_HEADER : IMMUTABLE_HEADER
  header.copy(bytes)
  if (form === "classic") bytes.write(mailbox, 3, "latin1")
  else Buffer.from(mailbox.replaceAll("-", ""), "hex").copy(bytes, 3)
  templates.set(key, bytes)
  return bytes
}

/** Offsets of the folder and item numbers behind the mailbox. */
const NUMBERS_AT = { classic: 39 + 16, immutable: 19 + 16 } as const

function writeNumbers(bytes: Buffer, form: IdForm, ref: ItemRef & { readonly folder: number }): void {
  const at = NUMBERS_AT[form]
  if (form === "classic") bytes.writeUIntBE(ref.folder, at, 4)
  bytes.writeUIntBE(ref.number, at + 4, 6)
}

/** What an id names, or undefined when it is no id of this server. */
export function parseItemId(id: string): (ItemRef & { readonly form: IdForm }) | undefined {
  if (!/^[A-Za-z0-9_-]+=*$/.test(id)) return undefined
  const bytes = Buffer.from(id, "base64url")
  const classic = bytes.subarray(0, 3).equals(CLASSIC_HEADER)
  if (!classic && !bytes.subarray(0, 3).equals(IMMUTABLE_HEADER)) return undefined
  const form = classic ? "classic" : "immutable"
  const occurrence = bytes.length === lengthOf(form, true)
  if (!occurrence && bytes.length !== lengthOf(form, false)) return undefined
  const check = bytes.length - CHECK_BYTES
  if (crc32(bytes.subarray(0, check)) !== bytes.readUInt32BE(check)) return undefined
  const digits = bytes.toString("latin1", check - DATE_BYTES, check)
  return {
    form,
    mailbox: classic ? bytes.toString("latin1", 3, 39) : guid(bytes.toString("hex", 3, 19)),
    number: bytes.readUIntBE(NUMBERS_AT[form] + 4, 6),
    ...(classic ? { folder: bytes.readUIntBE(NUMBERS_AT.classic, 4) } : {}),
    ...(occurrence ? { date: `${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6)}` } : {}),
  }
}

function guid(hex: string): string {
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-")
}

const FOLDER_HEADER = Buffer.from([0x00, 0x03, 0x25])
const FOLDER_BYTES = 90

/** Calendars have constant ids, whatever form is asked for. */
export function folderId(mailbox: string, folder: number): string {
  const bytes = Buffer.alloc(FOLDER_BYTES)
  FOLDER_HEADER.copy(bytes)
  bytes.write(mailbox, 3, "latin1")
  bytes.writeUInt32BE(folder, 60)
  bytes.writeUInt32BE(crc32(bytes.subarray(0, FOLDER_BYTES - CHECK_BYTES)), FOLDER_BYTES - CHECK_BYTES)
  return bytes.toString("base64url")
}

export function parseFolderId(id: string): { readonly mailbox: string; readonly folder: number } | undefined {
  const bytes = Buffer.from(id, "base64url")
  if (bytes.length !== FOLDER_BYTES || !bytes.subarray(0, 3).equals(FOLDER_HEADER)) return undefined
  const mailbox = bytes.toString("latin1", 3, 39)
  const folder = bytes.readUInt32BE(60)
  return folderId(mailbox, folder) === id ? { mailbox, folder } : undefined
}

const CHANGE_KEY = Buffer.from("exchange-change-key")

/** The change key of a version: different for every write. */
export function changeKey(version: number): string {
  const bytes = Buffer.from(CHANGE_KEY)
  bytes.writeUIntBE(version, 13, 6)
  return bytes.toString("base64")
}

/** A UID of Exchange's own is kept as the sixteen bytes that differ. */
export function isMadeHere(uid: string): boolean {
  return /^[0-9A-F]{32}$/.test(uid)
}

const GLOBAL_OBJECT_ID = "040000008200E00074C5B7101A82E008"

/**
 * The global object id of an item (MS-OXOCAL): sixteen fixed bytes, the date of the occurrence, a creation time, and
 * the item's own data; a UID that came from iCalendar is wrapped as `vCal-Uid`.
 */
export function globalObjectId(uid: string, date?: string): string {
  const data = /^[0-9A-F]{32,}$/i.test(uid) ? Buffer.from(uid, "hex") : vCalUid(uid)
  const head = Buffer.alloc(20)
  if (date) {
    head.writeUInt16BE(Number(date.slice(0, 4)), 0)
    head[2] = Number(date.slice(5, 7))
    head[3] = Number(date.slice(8, 10))
  }
  const size = Buffer.alloc(4)
  size.writeUInt32LE(data.length)
  return GLOBAL_OBJECT_ID + Buffer.concat([head, size, data]).toString("hex").toUpperCase()
}

function vCalUid(uid: string): Buffer {
  return Buffer.concat([Buffer.from("vCal-Uid"), Buffer.from([1, 0, 0, 0]), Buffer.from(`${uid}\0`, "utf8")])
}

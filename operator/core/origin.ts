import { hash } from "node:crypto"
import type { OccurrenceKey } from "./event.ts"

/**
 * Where a copy came from, written on the copy itself. One named property, the same on Graph and EWS, so that a mailbox
 * may move between them. No mark, or another installation's: never updated, never deleted.
 */

/** The named MAPI property that holds the mark; the value stays under 255 characters because EWS cuts longer ones. */
export const markProperty = { setId: "6b2f2c4e-9d1a-4c57-8a55-1d0a7f3c9e21", name: "calsync" } as const

export type Mark = {
  /** The installation that owns the copy; survives rebuilding the cluster. */
  readonly installation: string
  /** The cluster that wrote the copy last. */
  readonly cluster: string
  /** Hash of names that live in Git: binding, identity, calendar. */
  readonly owner: string
  /** Hash of the event's key in its source. */
  readonly key: string
  /** Set on a single event that stands for one occurrence of a series. */
  readonly occurrence?: OccurrenceKey
  /** Fingerprint of the event as rendered when it was written. */
  readonly fingerprint: string
  /** When it was written, to the second. */
  readonly writtenAt: Temporal.Instant
  /**
   * Ties the mark to its own item: `checkOf(idempotencyKey)` on items calsync created, `checkOf(id)` on items it adopted.
   * Kept through every update.
   */
  readonly check: string
}

/** Names of installations and clusters: they must fit the mark as they are. */
const installationPattern = /^[a-zA-Z0-9]([-_.a-zA-Z0-9]{0,61}[a-zA-Z0-9])?$/

/** EWS returns 255 characters of a text property and no more. */
const maxMarkLength = 254
/** Raised only when an old reader would misunderstand; further fields may be appended under the same version. */
const version = "calsync1"
const separator = "|"

/** The mark as it is stored. Throws a RangeError when a name does not fit, which settings are checked for. */
export function formatMark(mark: Mark): string {
  const text = [
    version,
    nameField(mark.installation),
    nameField(mark.cluster),
    mark.owner,
    mark.key,
    mark.occurrence ?? "",
    mark.fingerprint,
    secondsOf(mark.writtenAt),
    mark.check,
  ]
    .map(escapeField)
    .join(separator)
  if (text.length > maxMarkLength) throw new RangeError(`a mark of ${text.length} characters would be cut by Exchange`)
  return text
}

/** The mark in a stored text, or undefined when it is not one of ours to read (another version, cut, edited). */
export function parseMark(text: string): Mark | undefined {
  const [read, ...rest] = text.split(separator)
  if (read !== version || text.length > maxMarkLength) return undefined
  const fields = rest.map(readField)
  const [installation, cluster, owner, key, occurrence, fingerprint, written, check] = fields
  if (!installation || !cluster || !owner || !key || occurrence === undefined || !fingerprint || !check)
    return undefined
  const writtenAt = instantOf(written ?? "")
  if (!writtenAt) return undefined
  const mark = { installation, cluster, owner, key, fingerprint, writtenAt, check }
  return occurrence === "" ? mark : { ...mark, occurrence }
}

/** Whose copy it is, from names that live in Git: a cluster rebuilt from Git finds its copies again. */
export function ownerOf(names: {
  readonly bindingNamespace: string
  readonly bindingName: string
  readonly identity: string
  /** The calendar's name, or undefined for the mailbox's own. */
  readonly calendar?: string | undefined
}): string {
  return shortHash(
    ["owner", names.bindingNamespace, names.bindingName, names.identity, names.calendar ?? ""],
    ownerLength,
  )
}

/** What stands for a source key on a mark. */
export function keyHash(key: string): string {
  return shortHash(["key", key], keyLength)
}

/** What stands on the mark for the idempotency key (or, on adopted items, the id) of its own item. */
export function checkOf(idempotencyKeyOrId: string): string {
  return shortHash(["check", idempotencyKeyOrId], checkLength)
}

/** A short stable hash of some texts, told apart from any other list of texts; url-safe characters. */
export function shortHash(parts: readonly string[], length: number): string {
  return hash("sha256", JSON.stringify(parts), "base64url").slice(0, length)
}

/** Characters of six bits each: 96 bits for owners (few), 132 for keys (millions), 66 for the check (one item each). */
const ownerLength = 16
const keyLength = 22
const checkLength = 11

function nameField(name: string): string {
  if (!installationPattern.test(name))
    throw new RangeError("installation and cluster names are 1–63 letters, digits, - _ .")
  return name
}

/** Seconds since 1970 in base 36: seven characters until the year 4453. */
function secondsOf(instant: Temporal.Instant): string {
  return Math.floor(instant.epochMilliseconds / 1000).toString(36)
}

/** What was written in one pass says one second, and there is a mark for each copy: they share it. */
let latestRead: { readonly text: string; readonly instant: Temporal.Instant } | undefined

function instantOf(text: string): Temporal.Instant | undefined {
  if (latestRead?.text === text) return latestRead.instant
  if (!/^[0-9a-z]{1,7}$/.test(text)) return undefined
  const instant = Temporal.Instant.fromEpochMilliseconds(Number.parseInt(text, 36) * 1000)
  latestRead = { text, instant }
  return instant
}

function escapeField(field: string): string {
  return field.replace(/[^-_.a-zA-Z0-9]/gu, character => encodeURIComponent(character))
}

function readField(field: string): string {
  if (!field.includes("%")) return field
  try {
    return decodeURIComponent(field)
  } catch {
    return ""
  }
}

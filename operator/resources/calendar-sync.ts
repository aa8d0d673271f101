import { createHash } from "node:crypto"
import { describeKind } from "./api-group.ts"
import type { CalendarSyncSpec, CalendarSyncStatus } from "./generated/calendar-sync.ts"

export type { CalendarSyncSpec, CalendarSyncStatus }

export const calendarSyncs = describeKind("CalendarSync", "calendarsyncs")

/** Names stay readable and well below what an object may be called (253) and what tables can show. */
const longestPart = 60
/** 40 bits over what differs between two syncs of one binding whose readable parts are the same. */
const hashLength = 10

/**
 * The name of the CalendarSync for one mailbox and identity of a binding, such as
 * `timetable-anna-school-dk-7f3a01c2d9`: always the same, so that two replicas and a rebuilt cluster agree.
 */
export function calendarSyncName({
  binding,
  mailbox,
  identity,
}: {
  readonly binding: string
  readonly mailbox: string
  readonly identity: string
}): string {
  const hash = createHash("sha256")
    .update(JSON.stringify([binding, mailbox, identity]))
    .digest("hex")
  return [nameLike(binding), nameLike(mailbox), hash.slice(0, hashLength)].filter(part => part !== "").join("-")
}

function nameLike(text: string): string {
  const dashed = text.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")
  return dashed.replace(/^-/, "").slice(0, longestPart).replace(/-$/, "")
}

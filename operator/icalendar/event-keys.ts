import { shortHash } from "../core/origin.ts"
import { dateKey, instantKey, occurrenceKey } from "../core/time.ts"
import type { EventDraft } from "./event-draft.ts"
import type { Moment } from "./moments.ts"
import { UnusableEventError } from "./unusable-event.ts"
import { zonedTime } from "./zones.ts"

/**
 * What an event's key is made of. UIDs are what the standard promises; feeds whose UIDs change with every answer need
 * the content, and feeds that give many events one UID need the start beside it.
 */
export type IdentityBy = "uid" | "uidAndStart" | "content"

/** 132 bits: never the same by chance. */
const hashLength = 22

/** Two events that say the same at the same time are one. */
export function contentHash({ content: { subject, location, time } }: EventDraft): string {
  const times = time.allDay
    ? [dateKey(time.start), dateKey(time.end)]
    : [instantKey(time.start.toInstant()), instantKey(time.end.toInstant())]
  return shortHash(["content", subject, location ?? "", ...times], hashLength)
}

/** Only what is one event can be several versions of it; within one UID the feed's identity says what is. */
export function familyOf(draft: EventDraft, identityBy: IdentityBy): string {
  return identityBy === "uid" ? "" : keyOf("", draft, identityBy)
}

/** The key of an event that shares its UID with no other. */
export function keyOf(uid: string, draft: EventDraft, identityBy: IdentityBy): string {
  switch (identityBy) {
    case "uid":
      return uid
    case "uidAndStart":
      return startKey(uid, draft)
    case "content":
      return contentHash(draft)
    default:
      return identityBy satisfies never
  }
}

/** Events that share a UID are told apart by their start, and by all they say where they share that, too. */
export function sharedKeys(uid: string, drafts: readonly EventDraft[]): (draft: EventDraft) => string {
  const byStart = Map.groupBy(drafts, ({ content }) => occurrenceKey(content.time))
  return draft => {
    const start = occurrenceKey(draft.content.time)
    return byStart.get(start)?.length === 1 ? startKey(uid, draft) : hashKey(uid, draft)
  }
}

/**
 * Every key that what this draft says may have stood under while its UID could be used: their copies are not to be taken
 * for gone.
 */
export function possibleKeys(uid: string, draft: EventDraft, identityBy: IdentityBy): readonly string[] {
  const { replaces } = draft
  const ways = replaces
    ? [() => `${uid}/${ownOccurrence(draft)}`]
    : identityBy === "content"
      ? [() => contentHash(draft)]
      : [() => startKey(uid, draft), () => hashKey(uid, draft)]
  return ways.flatMap(way => unlessUnusable(way) ?? [])
}

function startKey(uid: string, { content }: EventDraft): string {
  return `${uid}/${occurrenceKey(content.time)}`
}

function hashKey(uid: string, draft: EventDraft): string {
  return `${uid}/${contentHash(draft)}`
}

/** The original start of an occurrence, or the start of an event: what stands behind the UID in keys. */
export function ownOccurrence(draft: EventDraft): string {
  return draft.replaces === undefined ? occurrenceKey(draft.content.time) : momentKey(draft.replaces.moment, draft)
}

function momentKey(moment: Moment, { zone, zones }: EventDraft): string {
  return moment.kind === "date" ? dateKey(moment.date) : instantKey(zonedTime(moment, zones, zone).toInstant())
}

/** What it says, unless what the event says cannot be used. */
export function unlessUnusable<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof UnusableEventError || error instanceof RangeError) return undefined
    throw error
  }
}

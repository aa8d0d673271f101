import type { Json } from "./json.ts"
import type { Recurrence } from "./recurrence.ts"

/**
 * What a calendar item is, in no protocol's words: the Graph face renders it, and any other face can. Items are never
 * changed in place; a write makes a new one with a new version.
 */

export const showAsValues = ["free", "tentative", "busy", "oof", "workingElsewhere", "unknown"] as const
export type ShowAs = (typeof showAsValues)[number]
export const sensitivities = ["normal", "personal", "private", "confidential"] as const
export type Sensitivity = (typeof sensitivities)[number]
export const importances = ["low", "normal", "high"] as const
export type Importance = (typeof importances)[number]

/** A local date and time (`yyyy-MM-ddTHH:mm:ss`), the zone Exchange computes with and the name it gives back. */
export type Wall = { readonly wall: string; readonly zone: string; readonly zoneName: string }

/** An all-day item is dates: its walls are midnights, and its instants are those midnights in UTC. */
export type ItemTime = {
  readonly allDay: boolean
  readonly start: Wall
  readonly end: Wall
  readonly startMs: number
  readonly endMs: number
}

export type Attendee = {
  readonly name: string
  readonly address: string
  readonly type: string
  readonly response: string
}

/** Named properties by canonical id (`String {guid} Name x`); several values in an array. */
export type NamedProperties = ReadonlyMap<string, string | readonly string[]>

export type Content = {
  readonly subject: string | null
  readonly body: { readonly contentType: "text" | "html"; readonly content: string }
  /** Places as they were given, each with a displayName. */
  readonly locations: readonly Json[]
  readonly showAs: ShowAs
  readonly sensitivity: Sensitivity
  readonly importance: Importance
  readonly categories: readonly string[]
  readonly reminderOn: boolean
  readonly reminderMinutes: number
  readonly time: ItemTime
  readonly attendees: readonly Attendee[]
  readonly responseRequested: boolean
  readonly hideAttendees: boolean
  readonly allowNewTimeProposals: boolean
  readonly isOnlineMeeting: boolean
  readonly onlineMeetingProvider: string
  readonly isDraft: boolean
  readonly named: NamedProperties
}

type Stamps = { readonly version: number; readonly createdMs: number; readonly modifiedMs: number }

/** What one changed occurrence says differently from its series. */
export type Exception = Stamps & { readonly changes: Partial<Content> }

export type Series = {
  readonly recurrence: Recurrence
  /** By original date. */
  readonly exceptions: ReadonlyMap<string, Exception>
  /** Cancelled original dates and the version that cancelled each. */
  readonly cancelled: ReadonlyMap<string, number>
}

/** When an item was, before a version changed its dates. */
export type Shape = { readonly untilVersion: number; readonly time: ItemTime; readonly series?: Series | undefined }

export type Item = Stamps & {
  /** Never used twice within a mailbox; what immutable ids are made of. */
  readonly number: number
  readonly folder: number
  readonly uid: string
  readonly content: Content
  readonly series?: Series
  /** So that a change listing can tell what is gone from its window since a version. */
  readonly earlierShapes?: readonly Shape[]
  readonly transactionId?: string
  /** Digest of the payload that came with the transactionId, to tell a repetition from a clash. */
  readonly transactionPayload?: string
  /** The zones at creation; later writes leave them. */
  readonly originalStartZone: string
  readonly originalEndZone: string
  /** Absent: the mailbox's own user. */
  readonly organizer?: { readonly name: string; readonly address: string }
  readonly cancelledByOrganizer?: boolean
}

/** An item, or one occurrence of a series, as a listing shows it. */
export type Entry = {
  readonly type: "singleInstance" | "seriesMaster" | "occurrence" | "exception"
  readonly item: Item
  /** Original date of an occurrence or exception. */
  readonly date?: string
  /** Original start of an occurrence or exception. */
  readonly originalStartMs?: number
  readonly content: Content
  readonly version: number
  readonly createdMs: number
  readonly modifiedMs: number
}

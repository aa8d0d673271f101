import type { CalendarEvent } from "./event.ts"
import type { ConnectionSettings } from "./exchange-settings.ts"
import type { Mark } from "./origin.ts"

/**
 * The ports: what planning needs from the world, in calsync's own words. Sources and mailboxes are the same port; a
 * read-only source has no writer, and one-way is a policy, not a second code path.
 */

/** A half-open interval: it holds what overlaps [start, end). */
export type Window = { readonly start: Temporal.Instant; readonly end: Temporal.Instant }

/** An event as a calendar holds it. */
export type StoredEvent = {
  /** The calendar's own id, opaque and case-sensitive. */
  readonly id: string
  /** Changes whenever the item does (ETag, change key). */
  readonly version: string
  /** Our mark, when the item carries a readable one. Not yet a proof that it is ours: see `isCopyOfAnother`. */
  readonly mark?: Mark
  /** The mark was made for another item: somebody duplicated one of our copies, so the duplicate is theirs. */
  readonly isCopyOfAnother?: boolean
  /** Of a copy of another: that other is in this calendar as well, perhaps outside the window. */
  readonly hasOriginal?: boolean
  /** `fingerprint(calendar.normalize(event))` of what is stored now. */
  readonly fingerprint: string
  /**
   * What is stored now. May be absent on our own copies that do not recur, where the calendar knows them to be as their
   * fingerprint says. Series keep theirs: whether one is in a window takes expanding it.
   */
  readonly event?: CalendarEvent
  /** When the item is, from its first start to its last end. Present where `event` is absent: deletion asks for it. */
  readonly span?: Span
}

/**
 * From the first start to the last end, in milliseconds since 1970; a series without end has none. All-day dates count as
 * midnights in UTC. Numbers, because there is one for each copy and an Instant costs half a kilobyte.
 */
export type Span = { readonly startMs: number; readonly endMs?: number }

/** One event that had to be left out; it never costs the others. Messages carry no subject or body. */
export type EventProblem = {
  readonly key: string
  readonly reason: string
  readonly message: string
  /** Other keys its events may have had while they could be read: copies under them are not taken for gone either. */
  readonly otherKeys?: readonly string[]
}

/** What a calendar said, and what that answer vouches for. Nothing is deleted outside what both listings vouch for. */
export type Listing = {
  readonly events: readonly StoredEvent[]
  /** The interval the listing speaks about; events outside may be missing. */
  readonly window: Window
  /** False when part could not be read: the absence of an event then means nothing. */
  readonly complete: boolean
  readonly problems: readonly EventProblem[]
}

export type ListRequest = {
  readonly window: Window
  /** Events without our mark too (first sync, two-way); otherwise they may be left out. */
  readonly includeForeign: boolean
  /** Read everything afresh instead of trusting what is known from earlier listings (full resync). */
  readonly fresh: boolean
}

export interface Calendar {
  /** Throws a core error when it could not be read at all. */
  list(request: ListRequest, signal: AbortSignal): Promise<Listing>
  /**
   * The event as this calendar would give it back after storing it: what cannot be stored is dropped or rounded, texts
   * are brought to the form of comparison. Equality is asked only of normalized events. Pure.
   */
  normalize(event: CalendarEvent): CalendarEvent
  /** Whether this series can be stored as one series and mean the same occurrences over the window. Pure. */
  canStoreSeries(event: CalendarEvent, window: Window): boolean
  readonly writer?: CalendarWriter
  /** Calls `nudge` whenever something may have changed, until aborted. A nudge carries no data. */
  onChange?(nudge: () => void, signal: AbortSignal): Promise<void>
}

export type CreateItem = {
  readonly event: CalendarEvent
  readonly mark: Mark
  /** The same key within one pass and its retries names the same copy: a repeated create must not make a second one. */
  readonly idempotencyKey: string
}

export type UpdateItem = {
  readonly id: string
  /** The version seen; the write fails with ChangedMeanwhileError when the item moved on. */
  readonly version: string
  readonly event: CalendarEvent
  readonly mark: Mark
}

export type RemoveItem = { readonly id: string; readonly version: string }

/** The mark is taken off a duplicate somebody made of one of our copies; the item itself is left as it is. */
export type StripItem = { readonly id: string; readonly version: string }

/** One per item asked, in the same order. An error is one of the core errors; `Skipped` was never tried. */
export type WriteOutcome =
  | { readonly ok: true; readonly id: string; readonly version: string }
  | { readonly ok: false; readonly error: Error }

/**
 * Writes in batches of any size; the backend cuts them. One item's failure is data in its outcome; only what stops
 * everything (token, mailbox gone, abort) is thrown. Never mails anybody.
 */
export interface CalendarWriter {
  /** Handed less at once, it would wait with nothing on its way. Absent: a hundred is plenty. */
  readonly itemsAtOnce?: number
  create(items: readonly CreateItem[], signal: AbortSignal): Promise<readonly WriteOutcome[]>
  update(items: readonly UpdateItem[], signal: AbortSignal): Promise<readonly WriteOutcome[]>
  remove(items: readonly RemoveItem[], signal: AbortSignal): Promise<readonly WriteOutcome[]>
  stripMark(items: readonly StripItem[], signal: AbortSignal): Promise<readonly WriteOutcome[]>
}

/** Anything in a source that has a calendar of its own: a teacher, a room, a feed. */
export type Identity = {
  /** `kind/name`, or a plain name; what MailboxBinding.spec.mailboxes[].identity says. */
  readonly id: string
  readonly kind?: string
  readonly name?: string
  /** The e-mail address the source knows for it. */
  readonly address?: string
}

/** Events to be walked: an array, or a list that makes them anew at each walk, so that it need not hold them. */
export type EventList = Iterable<CalendarEvent> & { readonly length: number }

/** One identity's calendar as last read. */
export type SourceCalendar = {
  readonly identity: string
  /** Changes exactly when the events do. */
  readonly fingerprint: string
  readonly events: EventList
  /** Absent means: everything there is. */
  readonly window?: Window
  readonly complete: boolean
  readonly problems: readonly EventProblem[]
}

/** One good reading of a whole source, shared by all its mailboxes. */
export type SourceReading = {
  /** What the source calls its version, or the time of reading. */
  readonly revision: string
  readonly identities: readonly Identity[]
  readonly calendars: ReadonlyMap<string, SourceCalendar>
  /** Identities asked for that could not be read this time; their last good calendar stays in `calendars` if there was one. */
  readonly failed: readonly { readonly identity: string; readonly error: Error }[]
  /** Nothing at all changed since the reading before. */
  readonly unchanged: boolean
  /** How often the source itself asks to be read (REFRESH-INTERVAL), if it says. */
  readonly refreshHintMs?: number
}

export interface Source {
  /**
   * Looks for change and returns the state after it. `identities` are those that bindings ask for. Throws a core error
   * when nothing could be read; an implausible answer (an error page, an empty body) is such an error, never an empty
   * calendar.
   */
  read(request: { readonly identities: readonly string[] }, signal: AbortSignal): Promise<SourceReading>
  close(): Promise<void>
}

/** Which calendar of the mailbox. A named one is created on demand by the first write. */
export type CalendarChoice = { readonly kind: "Default" } | { readonly kind: "Named"; readonly name: string }

/** An opened connection to one Exchange organisation with one credential; pacing and tokens are shared within it. */
export interface ExchangeConnection {
  mailbox(request: { readonly address: string; readonly calendar: CalendarChoice }): Calendar
  probe(request: ProbeRequest, signal: AbortSignal): Promise<ProbeReport>
  close(): Promise<void>
}

export type ProbeRequest = { readonly allowed?: string; readonly denied?: string }
export type ProbeStep = "DNS" | "TCP" | "TLS" | "Authentication" | "AllowedMailbox" | "DeniedMailbox"

/** How far the probe came. Steps not reached are absent. */
export type ProbeReport = {
  readonly steps: readonly {
    readonly step: ProbeStep
    readonly ok: boolean
    readonly reason: string
    readonly message: string
  }[]
  readonly server?: { readonly product: string; readonly version: string }
  readonly credential?: {
    readonly kind: "secret" | "certificate" | "workloadIdentity" | "basic" | "ntlm" | "oauth"
    readonly expiresAt?: Temporal.Instant
  }
  /** What the two mailboxes of the proof said. */
  readonly allowed?: "Reachable" | "Denied" | "Missing" | "Unknown"
  readonly denied?: "Reachable" | "Denied" | "Missing" | "Unknown"
}

/** Asked right before every request that changes something outside; throws when this process may not write (any more). */
export type WriteFence = () => void

export type OpenConnection = (settings: ConnectionSettings) => ExchangeConnection

export type ICalSettings = {
  readonly kind: "ical"
  readonly name: string
  readonly location:
    | { readonly kind: "url"; readonly url: string }
    /** `{identity}` is replaced by the percent-encoded identity. */
    | { readonly kind: "urlTemplate"; readonly template: string }
    /** The text itself (from a ConfigMap), one calendar for the whole source. */
    | { readonly kind: "text"; readonly text: string; readonly revision: string }
  readonly credential?: { readonly username: string; readonly password: string } | { readonly bearerToken: string }
  readonly caBundlePem?: string
  /** The zone of times without one, where the calendar itself names none. */
  readonly timeZone?: string
  /** What an event's key is made of; `uid` where it is not said. Feeds with unstable or shared UIDs need another. */
  readonly identityBy?: "uid" | "uidAndStart" | "content"
  readonly timeoutMs: number
}
/** An event from a manifest, or why there is none: an unreadable manifest keeps its copies, so it is not left out. */
export type ManifestEvent = { readonly identities: readonly string[] } & (
  | { readonly event: CalendarEvent; readonly problem?: undefined }
  | { readonly event?: undefined; readonly problem: EventProblem }
)
export type EventsSettings = {
  readonly kind: "events"
  readonly name: string
  /** The selected CalendarEvent objects, already parsed; `identities` says whose calendars each is in. */
  readonly events: readonly ManifestEvent[]
  readonly revision: string
}
export type SourceSettings = ICalSettings | EventsSettings
export type OpenSource = (settings: SourceSettings) => Source

/** What was in step after the last good pass: ids and hashes, no content. One-way passes do without. */
export interface SyncMemory {
  load(sync: string, signal: AbortSignal): Promise<readonly RememberedPair[] | undefined>
  save(sync: string, pairs: readonly RememberedPair[], signal: AbortSignal): Promise<void>
}
export type RememberedPair = {
  readonly key: string
  readonly occurrence?: string
  readonly sourceFingerprint: string
  readonly copyId: string
  readonly copyFingerprint: string
}

// Made from crds/ by scripts/generate.ts. Edit the CRD, then `npm run generate`.

/** CalendarEvent.spec. What is wanted. */
export type CalendarEventSpec = {
  /** What people see in the calendar. */
  readonly subject: string
  /** When it begins, a time in a zone or an all-day date. */
  readonly start: (
    | {
        /** The wall-clock time, such as 2026-12-01T20:00:00, without an offset. */
        readonly dateTime: string
        /** The IANA zone of the wall clock. */
        readonly timeZone: string
        readonly date?: never
      }
    | {
        /** The day, such as 2026-12-24, for all-day events. */
        readonly date: string
        readonly dateTime?: never
        readonly timeZone?: never
      }
  )
  /** When it ends; for all-day events the first day after it. Without end and duration an all-day event is one day, and a timed one takes the policy's `defaultDuration`. */
  readonly end?: (
    | {
        /** The wall-clock time, such as 2026-12-01T20:00:00, without an offset. */
        readonly dateTime: string
        /** The IANA zone of the wall clock. */
        readonly timeZone: string
        readonly date?: never
      }
    | {
        /** The day, such as 2026-12-24, for all-day events. */
        readonly date: string
        readonly dateTime?: never
        readonly timeZone?: never
      }
  )
  /** How long it lasts, instead of `end`. */
  readonly duration?: string
  /** When it happens again, in the terms of RFC 5545. */
  readonly recurrence?: {
    /** A recurrence rule, such as `FREQ=WEEKLY;BYDAY=TU`. */
    readonly rrule?: string
    /** Starts that are left out, on the wall clock of `start`. */
    readonly exdates?: readonly string[]
    /** Further starts, on the wall clock of `start`. */
    readonly rdates?: readonly string[]
  }
  /** Where it is. */
  readonly location?: string
  /** What is to be said about it, as plain text. */
  readonly body?: string
  /** A link back to where the event came from. */
  readonly url?: string
  /** What kind of event it is, in your own words; policies speak about types. */
  readonly type?: string
  /** How the time shows in Outlook, where the policy says FromSource. */
  readonly showAs?: "Free" | "Tentative" | "Busy" | "OutOfOffice" | "WorkingElsewhere"
  /** Who may read it in a shared calendar, where the policy says FromSource. */
  readonly sensitivity?: "Normal" | "Personal" | "Private" | "Confidential"
  /** Outlook categories. */
  readonly categories?: readonly string[]
  /** None, or the time before the start, such as 15m, where the policy says FromSource. */
  readonly reminder?: string
  /** Whose calendars it is in, such as team/platform; what a binding calls `identity`. */
  readonly identities: readonly string[]
}

/** CalendarEvent.status. What became of it. */
export type CalendarEventStatus = {
  /** The generation of the spec this status is about; -1 until the operator has seen the object. */
  readonly observedGeneration?: number
  /** What is true of this object now, one entry per type. `Ready` sums up; `Reconciling` and `Stalled` are present only while True. The reasons are a closed list, see docs/reasons.md. */
  readonly conditions?: readonly {
    /** Which question this condition answers. */
    readonly type: string
    /** The answer. */
    readonly status: "True" | "False" | "Unknown"
    /** The generation of the object this answer is about. */
    readonly observedGeneration?: number
    /** When the status changed last. */
    readonly lastTransitionTime: string
    /** Why, in one word of the closed list; fit for alerts. */
    readonly reason: string
    /** Why, for people, and what to do about it. Never a secret and never text of an event. */
    readonly message: string
  }[]
  /** When it begins, as text for the list. */
  readonly start?: string
  /** The mailboxes it belongs in. */
  readonly mailboxes?: {
    /** How many there are. */
    readonly desired?: number
    /** How many hold it as it should be. */
    readonly inSync?: number
  }
}


// Made from crds/ by scripts/generate.ts. Edit the CRD, then `npm run generate`.

/** CalendarSyncPolicy.spec. What is wanted. */
export type CalendarSyncPolicySpec = {
  /** Which way changes travel. ToExchange, the source decides and the mailbox follows. */
  readonly direction?: "ToExchange"
  /** Which time around now is kept in step. What leaves the window is forgotten, not deleted. */
  readonly window?: {
    /** How far back. Absent means 7d. */
    readonly past?: string
    /** How far ahead. Absent means 200d. */
    readonly future?: string
  }
  /** When mailboxes are looked at. */
  readonly schedule?: {
    /** How often every mailbox is looked at, whatever happens; edits in Outlook are seen then. Changes of the source come sooner, by themselves. */
    readonly interval?: string
    /** When everything is read afresh, trusting nothing that was known: what heals the unforeseen. */
    readonly fullResync?: {
      /** Minute, hour, day of month, month and day of week, such as `0 2 * * *`. */
      readonly cron?: string
      /** The IANA zone of the cron line. */
      readonly timeZone?: string
      /** Over how long the mailboxes are spread, each at its own fixed moment, so that they do not all start at once. */
      readonly spread?: string
    }
  }
  /** Which events are synced. Absent means all. */
  readonly include?: {
    /** Only these types of event. Absent or empty means every type. */
    readonly types?: readonly string[]
    /** Never these types. Wins over `types`. */
    readonly excludeTypes?: readonly string[]
    /** A condition in CEL over `event`, such as `event.allDay == false`; only events for which it is true are synced. `event` has key, subject, type, location, url, showAs, sensitivity and importance (texts, empty where absent), allDay and recurring, start and end (timestamps), durationMinutes, categories and people (lists). Where it has no answer for an event, that event is left as it is and reported. */
    readonly when?: string
  }
  /** How the copies look. */
  readonly appearance?: {
    /** How the time shows in Outlook. FromSource, also when absent, takes what the event says, and Busy where it says nothing. */
    readonly showAs?: "FromSource" | "Free" | "Tentative" | "Busy" | "OutOfOffice" | "WorkingElsewhere"
    /** Who may read it in a shared calendar. FromSource, also when absent, takes what the event says, else Normal. */
    readonly sensitivity?: "FromSource" | "Normal" | "Personal" | "Private" | "Confidential"
    /** The subject as a template with `{{subject}}`, `{{location}}` and `{{type}}`. Absent means the event's own subject. */
    readonly subject?: string
    /** Stands in place of every subject, such as Busy; location, link and body are then left out too. */
    readonly hideSubject?: string
    /** Whether the location is written. Absent means true. */
    readonly includeLocation?: boolean
    /** Whether the link back into the source is written at the end of the body. Absent means true. */
    readonly includeLink?: boolean
    /** Whether the body leaves out the headings before people and link. Absent means false. */
    readonly hideHeadings?: boolean
    /** Outlook categories every copy gets, besides those of the event. */
    readonly categories?: readonly string[]
    /** None, FromSource, or the time before the start, such as 15m, 14d at most. Absent means None. */
    readonly reminder?: string
    /** How long an event lasts when the source gives only a start, 7d at most. Absent means that it has no length. */
    readonly defaultDuration?: string
    /** Types that are written as all-day events on the days they touch. */
    readonly allDayTypes?: readonly string[]
    /** Any of the above for one type of event, by the name of the type. What is absent is inherited. */
    readonly types?: Readonly<Record<string, {
      /** How the time shows in Outlook. FromSource, also when absent, takes what the event says, and Busy where it says nothing. */
      readonly showAs?: "FromSource" | "Free" | "Tentative" | "Busy" | "OutOfOffice" | "WorkingElsewhere"
      /** Who may read it in a shared calendar. FromSource, also when absent, takes what the event says, else Normal. */
      readonly sensitivity?: "FromSource" | "Normal" | "Personal" | "Private" | "Confidential"
      /** The subject as a template with `{{subject}}`, `{{location}}` and `{{type}}`. Absent means the event's own subject. */
      readonly subject?: string
      /** Stands in place of every subject, such as Busy; location, link and body are then left out too. */
      readonly hideSubject?: string
      /** Whether the location is written. Absent means true. */
      readonly includeLocation?: boolean
      /** Whether the link back into the source is written at the end of the body. Absent means true. */
      readonly includeLink?: boolean
      /** Whether the body leaves out the headings before people and link. Absent means false. */
      readonly hideHeadings?: boolean
      /** Outlook categories every copy gets, besides those of the event. */
      readonly categories?: readonly string[]
      /** None, FromSource, or the time before the start, such as 15m, 14d at most. Absent means None. */
      readonly reminder?: string
      /** How long an event lasts when the source gives only a start, 7d at most. Absent means that it has no length. */
      readonly defaultDuration?: string
    }>>
  }
  /** What happens the first time a mailbox is synced. */
  readonly firstSync?: {
    /** Whether events somebody already entered by hand are recognised (same subject, start, end and recurrence) and become the copies, so that nothing appears twice. Absent means true. */
    readonly matchExisting?: boolean
    /** Events that ended longer ago than this are not created, unless they recur into the future. Absent means 30d. */
    readonly skipOlderThan?: string
    /** Whether the first plan waits for a person: the condition shows what would happen and the token for the annotation `calsync.dev/approve`. Absent means false. */
    readonly requireApproval?: boolean
  }
  /** What happens when somebody edits a copy in Outlook. Correct puts it back, Warn only tells, Ignore leaves it until the source changes. */
  readonly drift?: "Correct" | "Warn" | "Ignore"
  /** What happens when somebody deletes a copy in Outlook. Recreate makes it again, Respect leaves it away until the event changes in the source. */
  readonly onExchangeDelete?: "Recreate" | "Respect"
  /** How recurring events are written. Auto makes a series where Exchange can express exactly the same occurrences, else single events; Series holds back what it cannot express; Expand always makes single events. */
  readonly series?: "Auto" | "Series" | "Expand"
  /** What calsync may do. Full; UpsertOnly never deletes; CreateOnly never changes what is there; ObserveOnly writes nothing and shows the plan in the status. */
  readonly management?: "Full" | "UpsertOnly" | "CreateOnly" | "ObserveOnly"
  /** What protects against deleting too much. */
  readonly deletion?: {
    /** A pass that would delete more than either limit allows, or empty a calendar, holds its deletions back (reason DeletionGuard) until the annotation `calsync.dev/approve` lets exactly that plan through. Creates and updates go on. */
    readonly guard?: {
      /** Share of the mailbox's copies in the window that one pass may delete; asked from eleven deletions on. Absent means 30. */
      readonly maxPercent?: number
      /** How many copies one pass may delete, whatever share that is. Absent means 100. */
      readonly maxCount?: number
    }
    /** What happens to the copies when the mailbox leaves the binding. Retain leaves them where they are, Purge deletes every copy with our mark. Absent means Retain. */
    readonly onUnbind?: "Retain" | "Purge"
  }
  /** From when on trouble makes a mailbox not Ready. */
  readonly alerts?: {
    /** Failed passes in a row. Absent means 3. */
    readonly afterFailures?: number
    /** Time since the last good pass. Absent means 1h. */
    readonly staleAfter?: string
  }
  /** Stops every pass under this policy; mailboxes stay as they are, Ready says Suspended. */
  readonly suspend?: boolean
}

/** CalendarSyncPolicy.status. What was found. */
export type CalendarSyncPolicyStatus = {
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
  /** How many mailboxes are synced under this policy. */
  readonly syncs?: number
  /** The last value of the annotation `calsync.dev/requestedAt` that was acted upon. */
  readonly lastHandledReconcileAt?: string
}


// Made from crds/ by scripts/generate.ts. Edit the CRD, then `npm run generate`.

/** CalendarSync.spec. Which mailbox this is about. Immutable. */
export type CalendarSyncSpec = {
  /** The address of the mailbox. */
  readonly mailbox: string
  /** Whose calendar goes into it, in the words of the source. */
  readonly identity: string
  /** The MailboxBinding it was made from, in the same namespace. */
  readonly bindingRef: {
    /** Name of the MailboxBinding. */
    readonly name: string
  }
}

/** CalendarSync.status. How it is doing. */
export type CalendarSyncStatus = {
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
  /** Name of the CalendarSource it reads. */
  readonly source?: string
  /** The ExchangeConnection it writes through, with its namespace when that is another. */
  readonly connection?: string
  /** Name of the CalendarSyncPolicy it follows. */
  readonly policy?: string
  /** The events of the window. */
  readonly events?: {
    /** How many the mailbox should hold. */
    readonly desired?: number
    /** How many of them it holds as they should be. */
    readonly inSync?: number
    /** How many changes wait for a person (guard, approval, ObserveOnly). */
    readonly held?: number
    /** How many could not be read or written in the last pass. */
    readonly failed?: number
    /** How many copies that were there it suddenly does not list; they are looked for again. */
    readonly unseen?: number
    /** inSync/desired, for the list. */
    readonly summary?: string
  }
  /** How far the first pass is, while it runs. */
  readonly initialSync?: {
    /** Operations done. */
    readonly done?: number
    /** Operations planned. */
    readonly total?: number
  }
  /** What the last pass did. */
  readonly lastPass?: {
    /** Incremental, or Full when everything was read afresh. */
    readonly kind?: "Incremental" | "Full"
    /** Copies made. */
    readonly created?: number
    /** Copies changed because the source changed. */
    readonly updated?: number
    /** Copies removed. */
    readonly deleted?: number
    /** Events that became our copies because they already said the same. */
    readonly adopted?: number
    /** Copies put back after an edit in Outlook. */
    readonly restored?: number
    /** Changes the policy does not allow. */
    readonly skipped?: number
    /** Requests to Exchange it took. */
    readonly requests?: number
    /** How long it took, such as 1.8s. */
    readonly duration?: string
  }
  /** What would be done but is not, and why (ObserveOnly, first approval, guard). */
  readonly plan?: {
    /** Copies that would be made. */
    readonly create?: number
    /** Copies that would be changed. */
    readonly update?: number
    /** Copies that would be removed. */
    readonly delete?: number
    /** The reason that holds it. */
    readonly blockedBy?: "ObserveOnly" | "UpsertOnly" | "CreateOnly" | "ApprovalRequired" | "DeletionGuard" | "OwnershipConflict"
    /** The value for the annotation `calsync.dev/approve` that lets exactly this plan through. */
    readonly approvalToken?: string
  }
  /** When the first sync was complete. Until then events that are in the mailbox already are matched, so that nothing is made twice; afterwards only what carries calsync's mark is touched. */
  readonly firstSyncTime?: string
  /** When a pass last went well. A pass that found everything in step is told here every quarter of an hour and otherwise writes nothing. */
  readonly lastSyncTime?: string
  /** When a full pass last went well. */
  readonly lastFullResyncTime?: string
  /** When everything is read afresh next. */
  readonly nextFullResyncTime?: string
  /** When the next pass is due, if nothing happens before. */
  readonly nextAttemptTime?: string
  /** How many passes failed in a row. */
  readonly consecutiveFailures?: number
  /** The first events that failed in the last pass. Never a subject and never a body. */
  readonly failures?: readonly {
    /** The event's key in its source, shortened where it is long. */
    readonly key: string
    /** Why, in one word. */
    readonly reason: string
    /** Why, for people. */
    readonly message: string
  }[]
  /** The last value of the annotation `calsync.dev/requestedAt` that was acted upon. */
  readonly lastHandledReconcileAt?: string
  /** The last value of the annotation `calsync.dev/fullResyncAt` that was acted upon. */
  readonly lastHandledFullResyncAt?: string
}


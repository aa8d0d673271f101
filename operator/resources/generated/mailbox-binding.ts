// Made from crds/ by scripts/generate.ts. Edit the CRD, then `npm run generate`.

/** MailboxBinding.spec. What is wanted. */
export type MailboxBindingSpec = {
  /** The ExchangeConnection to write through. It may be in another namespace when its `allowedNamespaces` says so. May change: copies are found again through another connection. */
  readonly connectionRef: {
    /** Name of the ExchangeConnection. */
    readonly name: string
    /** Its namespace. Absent means the binding's own. */
    readonly namespace?: string
  }
  /** The CalendarSource to read, in the same namespace. */
  readonly sourceRef: {
    /** Name of the CalendarSource. */
    readonly name: string
  }
  /** The CalendarSyncPolicy to follow, in the same namespace. */
  readonly policyRef: {
    /** Name of the CalendarSyncPolicy. */
    readonly name: string
  }
  /** Mailboxes by hand. For an identity named here, `match` is not asked. */
  readonly mailboxes?: readonly {
    /** The address of the mailbox. */
    readonly address: string
    /** Whose calendar it is in the words of the source, such as teacher/AN. A source that is one feed has one calendar for every name. */
    readonly identity: string
  }[]
  /** Mailboxes for everyone the source knows. */
  readonly match?: {
    /** Only identities of these kinds, such as Teacher. Absent means all kinds. */
    readonly kinds?: readonly string[]
  } & (
    | {
        /** Where addresses come from. FromSource, the source knows them, as where an identity is itself an e-mail address; Pattern, they are made from the identity; Map, they are looked up in a ConfigMap. */
        readonly address: "FromSource"
        readonly pattern?: never
        readonly mapRef?: never
      }
    | {
        /** Where addresses come from. FromSource, the source knows them, as where an identity is itself an e-mail address; Pattern, they are made from the identity; Map, they are looked up in a ConfigMap. */
        readonly address: "Pattern"
        /** The address with `{id}`, `{kind}` or `{name}` in it, each optionally `|lower`, such as `{name|lower}@school.dk`. */
        readonly pattern: string
        readonly mapRef?: never
      }
    | {
        /** Where addresses come from. FromSource, the source knows them, as where an identity is itself an e-mail address; Pattern, they are made from the identity; Map, they are looked up in a ConfigMap. */
        readonly address: "Map"
        /** A table of identities and addresses. */
        readonly mapRef: {
          /** The ConfigMap that holds the table, in the same namespace. */
          readonly configMapRef: {
            /** Name of the ConfigMap. */
            readonly name: string
            /** The key with lines of `identity,address`. Absent means `mailboxes.csv`. */
            readonly key?: string
          }
        }
        readonly pattern?: never
      }
  )
  /** Which calendar of the mailbox. Absent means the default one. */
  readonly calendar?: {
    /** Name of a calendar besides the default one. Made when it is not there. */
    readonly name: string
  }
  /** Stops the syncs of this binding; mailboxes stay as they are, Ready says Suspended. */
  readonly suspend?: boolean
}

/** MailboxBinding.status. What was found. */
export type MailboxBindingStatus = {
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
  /** How the mailboxes of this binding are doing. */
  readonly mailboxes?: {
    /** How many mailboxes there are. */
    readonly matched?: number
    /** How many of them are Ready. */
    readonly ready?: number
    /** How many of them are not. */
    readonly failed?: number
    /** How many identities have no mailbox. */
    readonly unmatched?: number
  }
  /** The first of the identities without a mailbox, and why. */
  readonly unmatched?: readonly {
    /** The identity. */
    readonly identity: string
    /** Why it has none. */
    readonly reason: "NoAddress" | "AmbiguousAddress" | "AddressConflict" | "OutOfScope"
  }[]
  /** The last value of the annotation `calsync.dev/requestedAt` that was acted upon. */
  readonly lastHandledReconcileAt?: string
}


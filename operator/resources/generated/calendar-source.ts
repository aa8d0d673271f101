// Made from crds/ by scripts/generate.ts. Edit the CRD, then `npm run generate`.

/** CalendarSource.spec. What is wanted. */
export type CalendarSourceSpec = {
  /** The IANA zone of times that name none, such as Europe/Copenhagen, where the feed itself names none either. Absent means that such events are left as they are and reported (FloatingTime). */
  readonly timeZone?: string
  /** How often change is looked for. A feed that has not changed costs one conditional request. */
  readonly interval?: string
  /** How long one request may take. */
  readonly timeout?: string
  /** Stops reading; mailboxes stay as they are, Ready says Suspended. */
  readonly suspend?: boolean
} & (
  | {
      /** iCalendar text (RFC 5545), from the network or from a ConfigMap. */
      readonly ical: {
        /** What an event is recognised by from one reading to the next: UID, as the standard says; UIDAndStart, for feeds that use one UID for many events; Content, for feeds that make up new UIDs at every reading (a changed event is then a new one). Absent means UID. */
        readonly eventKey?: "UID" | "UIDAndStart" | "Content"
        /** A Secret in the same namespace with the keys `username` and `password` (Basic) or the key `token` (Bearer). Never sent to another host than the feed's own, not even after a redirect. */
        readonly credentialsSecretRef?: {
          /** Name of the Secret. */
          readonly name: string
        }
        /** Certificates trusted besides the public ones, for servers behind a private authority. */
        readonly caBundle?: {
          /** The ConfigMap that holds the certificates, in the same namespace. */
          readonly configMapRef: {
            /** Name of the ConfigMap. */
            readonly name: string
            /** The key with the PEM text. Absent means `ca.crt`. */
            readonly key?: string
          }
        }
      } & (
        | {
            /** One feed for the whole source. `webcal://` is read as `https://`. */
            readonly url: string
            readonly urlTemplate?: never
            readonly configMapRef?: never
          }
        | {
            /** One feed per identity. `{identity}` is replaced by the identity of the binding, percent-encoded; it may stand in the path and in the query, not in the host. */
            readonly urlTemplate: string
            readonly url?: never
            readonly configMapRef?: never
          }
        | {
            /** The text itself, from a ConfigMap in the same namespace; one calendar for the whole source. */
            readonly configMapRef: {
              /** Name of the ConfigMap. */
              readonly name: string
              /** The key with the iCalendar text. Absent means `calendar.ics`. */
              readonly key?: string
            }
            readonly url?: never
            readonly urlTemplate?: never
          }
      )
      readonly events?: never
    }
  | {
      /** CalendarEvent objects of the same namespace, for calendars kept in Git. */
      readonly events: {
        /** Labels of the CalendarEvents that belong to this source. Absent means all of the namespace. */
        readonly selector?: {
          /** Labels the object must have, with these values. */
          readonly matchLabels?: Readonly<Record<string, string>>
          /** Requirements on labels, all of which must hold. */
          readonly matchExpressions?: readonly {
            /** The label's name. */
            readonly key: string
            /** How the label's value is compared with `values`. */
            readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist"
            /** The values, for In and NotIn. */
            readonly values?: readonly string[]
          }[]
        }
      }
      readonly ical?: never
    }
)

/** CalendarSource.status. What was found. */
export type CalendarSourceStatus = {
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
  /** Which kind of source this is. */
  readonly kind?: "ical" | "events"
  /** Whose calendars the source holds. */
  readonly identities?: {
    /** How many identities are known. */
    readonly total?: number
    /** How many of them the source knows an e-mail address for. */
    readonly withAddress?: number
  }
  /** How many events the last good reading held, series counted once. */
  readonly events?: number
  /** How many events had to be left out of it because they could not be understood. */
  readonly problems?: number
  /** What the source calls its version, or the time of the reading. */
  readonly revision?: string
  /** When the source was read well last. */
  readonly lastFetchTime?: string
  /** When a reading last differed from the one before it. */
  readonly lastChangeTime?: string
  /** How many readings failed in a row. */
  readonly consecutiveFailures?: number
  /** The last value of the annotation `calsync.dev/requestedAt` that was acted upon. */
  readonly lastHandledReconcileAt?: string
}


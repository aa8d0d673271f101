/**
 * The closed list of conditions and reasons. A reason is part of the API: alerts are written on it, so it is never renamed.
 * docs/reasons.md says of each what it means and what to do; a test holds both together.
 */

export type ConditionType =
  | "Ready"
  | "Reconciling"
  | "Stalled"
  | "CredentialsValid"
  | "AccessScoped"
  | "SourceFetched"
  | "Matched"
  | "Synced"
  | "Drifted"

/** The conditions each kind has. `Reconciling`, `Stalled` and `Drifted` are present only while True. */
export const conditionsOf = {
  ExchangeConnection: ["Ready", "Reconciling", "Stalled", "CredentialsValid", "AccessScoped"],
  CalendarSource: ["Ready", "Reconciling", "Stalled", "SourceFetched"],
  CalendarSyncPolicy: ["Ready", "Reconciling", "Stalled"],
  MailboxBinding: ["Ready", "Reconciling", "Stalled", "Matched"],
  CalendarSync: ["Ready", "Reconciling", "Stalled", "Synced", "Drifted"],
  CalendarEvent: ["Ready", "Reconciling", "Stalled"],
} as const satisfies Readonly<Record<string, readonly ConditionType[]>>

/** Every reason, and the conditions it is said of besides `Ready`, which takes over the reason of the failing part. */
export const reasons = {
  Succeeded: [],
  Suspended: [],
  Progressing: ["Reconciling"],
  ProgressingWithRetry: ["Reconciling"],
  FullResync: ["Reconciling"],

  InvalidSpec: ["Stalled", "CredentialsValid", "SourceFetched"],
  RefNotFound: ["Stalled", "CredentialsValid", "SourceFetched"],
  RefNotPermitted: ["Stalled"],
  AccessDenied: ["Stalled", "Synced"],
  DeletionGuard: ["Stalled"],
  ApprovalRequired: ["Stalled"],
  OwnershipConflict: ["Stalled"],
  UnsupportedServer: ["Stalled", "CredentialsValid"],

  TokenAcquired: ["CredentialsValid"],
  Authenticated: ["CredentialsValid"],
  SecretNotFound: ["CredentialsValid", "SourceFetched"],
  InvalidClient: ["CredentialsValid"],
  Expired: ["CredentialsValid"],
  ConsentRevoked: ["CredentialsValid"],
  TLSFailed: ["CredentialsValid", "SourceFetched", "Synced"],
  Unreachable: ["CredentialsValid", "SourceFetched", "Synced"],

  ScopeVerified: ["AccessScoped"],
  OverPrivileged: ["AccessScoped", "Stalled"],
  ProbeDenied: ["AccessScoped"],
  ProbeInconclusive: ["AccessScoped"],
  ProofNotConfigured: ["AccessScoped"],

  Fetched: ["SourceFetched"],
  Unchanged: ["SourceFetched"],
  Unauthorized: ["SourceFetched"],
  ParseError: ["SourceFetched"],
  PartialRead: ["SourceFetched"],
  Implausible: ["SourceFetched"],

  Matched: ["Matched"],
  NothingMatched: ["Matched"],
  AmbiguousAddress: ["Matched"],
  AddressConflict: ["Matched"],

  InSync: ["Synced"],
  ObserveOnly: ["Synced"],
  PartiallyApplied: ["Synced"],
  ApplyFailed: ["Synced"],
  Throttled: ["Synced", "Reconciling"],
  DependencyNotReady: ["Synced"],
  ChangedMeanwhile: ["Synced"],
  MailboxNotFound: ["Synced"],
  MailboxOnPremises: ["Synced"],
  OutOfScope: ["Synced"],

  DriftDetected: ["Drifted"],
  DriftCorrected: ["Drifted"],

  InternalError: ["Reconciling", "Synced", "SourceFetched"],
} as const satisfies Readonly<Record<string, readonly ConditionType[]>>

export type Reason = keyof typeof reasons

/** Whether a text is one of the closed list; what is not must not become the reason of a condition. */
export function isReason(text: string): text is Reason {
  return Object.hasOwn(reasons, text)
}

/** Why one event could not be read or written (CalendarSync.status.failures); it never costs the others. */
export const eventReasons = [
  "DuplicateKey",
  "EndsBeforeStart",
  "FilterFailed",
  "FloatingTime",
  "InvalidSpec",
  "RecurrenceTooComplex",
  "TooManyVersions",
  "UnknownTimeZone",
  "UnreadableRule",
  "UnreadableTime",
] as const

/** Why an identity of a source has no mailbox (MailboxBinding.status.unmatched). */
export type UnmatchedReason = "NoAddress" | "AmbiguousAddress" | "AddressConflict" | "OutOfScope"

/** The API group of calsync, and the names it puts on objects. Versions are served side by side when there is a second. */
export const apiGroup = "calsync.dev"
export const apiVersion = "v1alpha1"

/** Where a kind lives in the API; the shape the runtime takes. */
export type KindDescription<Kind extends string> = {
  readonly group: typeof apiGroup
  readonly version: typeof apiVersion
  readonly plural: string
  readonly kind: Kind
}

export function describeKind<const Kind extends string>(kind: Kind, plural: string): KindDescription<Kind> {
  return { group: apiGroup, version: apiVersion, plural, kind }
}

/** Annotations by which people tell the operator something. Any new value counts; it is echoed in the status. */
export const annotations = {
  /** Sync now. */
  requestedAt: "calsync.dev/requestedAt",
  /** The same, as `flux reconcile` writes it. */
  fluxRequestedAt: "reconcile.fluxcd.io/requestedAt",
  /** A full pass now. */
  fullResyncAt: "calsync.dev/fullResyncAt",
  /** The token of a held plan: lets exactly that plan through. */
  approve: "calsync.dev/approve",
  /** `true`: let go of a mailbox that cannot be reached any more, without cleaning it. */
  abandon: "calsync.dev/abandon",
} as const

/** Held by a CalendarSync whose copies are to be removed before it may go. */
export const cleanupFinalizer = "calsync.dev/cleanup"
/** Held by what is still referred to, so that a credential does not go before the mailboxes it is needed for. */
export const inUseFinalizer = "calsync.dev/in-use"

/**
 * The token by which somebody asked for a pass last, whichever tool wrote it; tokens are times, so the greater is the later.
 * To be echoed as `status.lastHandledReconcileAt`.
 */
export function requestedAt(written: Readonly<Record<string, string>> | undefined): string | undefined {
  const tokens = [written?.[annotations.requestedAt], written?.[annotations.fluxRequestedAt]]
  return tokens
    .filter(token => token !== undefined)
    .toSorted()
    .at(-1)
    ?.slice(0, longestToken)
}

/** The token by which somebody asked for a full pass last. To be echoed as `status.lastHandledFullResyncAt`. */
export function fullResyncAskedAt(written: Readonly<Record<string, string>> | undefined): string | undefined {
  return written?.[annotations.fullResyncAt]?.slice(0, longestToken)
}

/** What the status can hold; an annotation can be far longer. */
const longestToken = 256

/** Labels on objects the operator makes. */
export const labels = {
  binding: "calsync.dev/binding",
  managedBy: "app.kubernetes.io/managed-by",
} as const

import { type Ownership, sortCopies } from "../core/copies.ts"
import { NeedsAttentionError, reasonOf } from "../core/errors.ts"
import type { Operation } from "../core/operation.ts"
import type { Calendar, EventProblem, Listing, Window } from "../core/ports.ts"
import { applyPlan } from "./apply-plan.ts"

export type PurgeReport = {
  readonly removed: number
  /** At most five, and how many there are. */
  readonly failures: readonly EventProblem[]
  readonly failuresTotal: number
  /** Copies of this owner that other syncs go on with. */
  readonly kept: number
  /** Nothing else of this owner is left. */
  readonly complete: boolean
  /** The core error that ended it early. */
  readonly stopped?: Error
}

type PurgeRequest = {
  readonly mailbox: Calendar
  readonly ownership: Ownership
  readonly now: Temporal.Instant
  /** Calendars other syncs of this owner go on with: where one is this mailbox under another address, its copies stay. */
  readonly goingOn?: readonly Calendar[]
  /** The same calendar of the mailbox at an address; undefined where that is out of bounds. */
  readonly openAt?: (address: string) => Calendar | undefined
}

/** Wider than any calendar, yet years that every server can read. */
const allTime: Window = {
  start: Temporal.Instant.from("1900-01-01T00:00:00Z"),
  end: Temporal.Instant.from("2200-01-01T00:00:00Z"),
}
const maxFailures = 5

/**
 * Removes every copy of this owner, in and outside the window; what somebody duplicated keeps existing without the mark.
 * Throws a core error when the mailbox could not be read at all.
 */
export async function purge(request: PurgeRequest, signal: AbortSignal): Promise<PurgeReport> {
  const { ownership, now } = request
  const { mailbox, listing } = await listAll(request.mailbox, request, signal)
  const goingOn = await idsIn(request, signal)
  const copies = sortCopies(
    listing.events.filter(({ id }) => !goingOn.has(id)),
    ownership,
  )
  const kept = sortCopies(
    listing.events.filter(({ id }) => goingOn.has(id)),
    ownership,
  )
  const operations: Operation[] = [
    ...copies.duplicated.map(
      ({ id, version, mark }) =>
        ({ kind: "strip", reason: "DuplicatedByUser", copy: { id, version }, key: mark.key }) as const,
    ),
    ...[...copies.ours.values()]
      .flat()
      .map(
        ({ id, version, mark }) =>
          ({ kind: "remove", reason: "SourceGone", copy: { id, version }, key: mark.key }) as const,
      ),
  ]
  if (!mailbox.writer) throw new NeedsAttentionError("this calendar can only be read", { reason: "AccessDenied" })
  const { results, stopped } = await applyPlan({ operations, writer: mailbox.writer, now }, signal)
  const failures = results.flatMap(({ operation, outcome }) =>
    outcome.ok || "item" in operation
      ? []
      : [{ key: operation.key, reason: reasonOf(outcome.error), message: "a copy could not be removed" }],
  )
  return {
    removed: results.filter(({ operation, outcome }) => outcome.ok && operation.kind === "remove").length,
    failures: failures.slice(0, maxFailures),
    failuresTotal: failures.length,
    kept: [...kept.ours.values()].flat().length,
    complete: listing.complete && !stopped && failures.length === 0,
    ...(stopped ? { stopped } : {}),
  }
}

type Listed = { readonly mailbox: Calendar; readonly listing: Listing }

/** All of a calendar. An address that once led to it may be no longer the one it answers to: then by that one. */
async function listAll(
  mailbox: Calendar,
  { openAt }: Pick<PurgeRequest, "openAt">,
  signal: AbortSignal,
): Promise<Listed> {
  const list = (one: Calendar) => one.list({ window: allTime, includeForeign: false, fresh: true }, signal)
  try {
    return { mailbox, listing: await list(mailbox) }
  } catch (error) {
    const address = error instanceof NeedsAttentionError ? error.primaryAddress : undefined
    const primary = address === undefined ? undefined : openAt?.(address)
    if (primary === undefined) throw error
    return { mailbox: primary, listing: await list(primary) }
  }
}

/** An id names one item of one mailbox, so the same id is the same item, whatever address led to it. */
async function idsIn(
  { goingOn = [], openAt }: Pick<PurgeRequest, "goingOn" | "openAt">,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const ids = new Set<string>()
  for (const calendar of goingOn) {
    const listed = await listAll(calendar, { ...(openAt && { openAt }) }, signal).catch(nothingIfMissing)
    for (const { id } of listed?.listing.events ?? []) ids.add(id)
  }
  return ids
}

/** A mailbox that does not exist is not this one under another address; one that cannot be read may be. */
function nothingIfMissing(error: unknown): undefined {
  const isMissing =
    error instanceof NeedsAttentionError && error.reason === "MailboxNotFound" && error.primaryAddress === undefined
  if (isMissing) return undefined
  throw error
}

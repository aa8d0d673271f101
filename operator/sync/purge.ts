import { type Ownership, sortCopies } from "../core/copies.ts"
import { NeedsAttentionError, reasonOf } from "../core/errors.ts"
import type { Operation } from "../core/operation.ts"
import type { Calendar, EventProblem, Window } from "../core/ports.ts"
import { applyPlan } from "./apply-plan.ts"

export type PurgeReport = {
  readonly removed: number
  /** At most five, and how many there are. */
  readonly failures: readonly EventProblem[]
  readonly failuresTotal: number
  /** Nothing of this owner is left. */
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
  const { mailbox, ownership, now } = request
  const listing = await mailbox.list({ window: allTime, includeForeign: false, fresh: true }, signal)
  const kept = await idsIn(request.goingOn ?? [], signal)
  const copies = sortCopies(
    listing.events.filter(({ id }) => !kept.has(id)),
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
    complete: listing.complete && !stopped && failures.length === 0,
    ...(stopped ? { stopped } : {}),
  }
}

/** An id names one item of one mailbox, so the same id is the same item, whatever address led to it. */
async function idsIn(calendars: readonly Calendar[], signal: AbortSignal): Promise<ReadonlySet<string>> {
  const ids = new Set<string>()
  for (const calendar of calendars) {
    const listing = await calendar
      .list({ window: allTime, includeForeign: false, fresh: true }, signal)
      .catch(nothingIfMissing)
    for (const { id } of listing?.events ?? []) ids.add(id)
  }
  return ids
}

/** A mailbox that does not exist is not this one under another address; one that cannot be read may be. */
function nothingIfMissing(error: unknown): undefined {
  if (error instanceof NeedsAttentionError && error.reason === "MailboxNotFound") return undefined
  throw error
}

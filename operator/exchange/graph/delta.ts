import type { Window } from "../../core/ports.ts"
import { type GraphClient, readPage } from "./client.ts"
import { isRecord, type JsonRecord, textAt } from "./json.ts"
import { isSyncStateLost, problemError } from "./problem.ts"
import { type ItemKind, readItem } from "./read-event.ts"

/**
 * https://learn.microsoft.com/graph/api/event-delta: what changed in a window since the round before. It never carries
 * our marks, tells of events outside the window as deleted, repeats itself and knows no order. So it is used as a signal:
 * which items to look at.
 */
export type DeltaChange =
  | { readonly id: string; readonly removed: true }
  | {
      readonly id: string
      readonly removed: false
      readonly version: string
      readonly kind: ItemKind
      readonly seriesMasterId: string | undefined
    }

export type DeltaRound = { readonly changes: readonly DeltaChange[]; readonly link: string }

/** `Lost`: the other side forgot where we were. `Unsupported`: this calendar has no change tracking. */
export type DeltaAnswer = DeltaRound | "Lost" | "Unsupported"

/** Pages carry whole events; larger ones take Exchange longer than it allows itself. */
const pageSize = 200

export function firstRoundPath(view: string, { start, end }: Window): string {
  const query = new URLSearchParams({ startDateTime: start.toString(), endDateTime: end.toString() })
  return `${view}/delta?${query}`
}

/** One round, from its first path or from the link the last one ended with, through all its pages. */
export async function readDeltaRound(
  client: GraphClient,
  { from, mailbox }: { readonly from: string; readonly mailbox: string },
  signal: AbortSignal,
): Promise<DeltaAnswer> {
  const changes: DeltaChange[] = []
  const seen = new Set<string>()
  for (let path = from; ; ) {
    seen.add(path)
    const prefer = [`odata.maxpagesize=${pageSize}`]
    const call = { method: "GET", path, prefer, operation: "delta", mailbox, writes: false, retry: true } as const
    const answer = await client.ask(call, signal)
    if (!answer.ok) {
      // A calendar that is gone has taken its changes along; if so, the list will say it.
      if (isSyncStateLost(answer.problem) || answer.problem.status === 404) return "Lost"
      if (isUnsupported(answer.problem.status)) return "Unsupported"
      throw problemError(answer.problem)
    }
    const { items, nextLink, deltaLink } = readPage(isRecord(answer.body) ? answer.body : {})
    changes.push(...items.flatMap(readChange))
    if (deltaLink !== undefined) return { changes, link: deltaLink }
    // No way on is as good as a lost place: everything is read again.
    if (nextLink === undefined || seen.has(nextLink)) return "Lost"
    path = nextLink
  }
}

function isUnsupported(status: number): boolean {
  return status === 400 || status === 405 || status === 501
}

function readChange(record: JsonRecord): readonly DeltaChange[] {
  const id = textAt(record, "id")
  if (id !== undefined && isRecord(record["@removed"])) return [{ id, removed: true }]
  const item = readItem(record)
  if (!item) return []
  const { version, kind, seriesMasterId } = item
  return [{ id: item.id, removed: false, version, kind, seriesMasterId }]
}

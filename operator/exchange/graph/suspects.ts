import type { KnownCopies } from "../known-copies.ts"
import type { DeltaChange } from "./delta.ts"
import type { ItemRequest } from "./read-items.ts"

/** An item to look at. */
export type Suspect = ItemRequest & {
  /** It may have left this calendar, and its id would find it all the same. */
  readonly mayHaveLeft: boolean
  /** The round says that it is there: one answer to the contrary is not enough. */
  readonly isSaidToBeThere: boolean
}

/**
 * Which items a round of changes asks to look at.
 *
 * | the round says of              | looked at                                                                    |
 * |--------------------------------|------------------------------------------------------------------------------|
 * | a known copy: another version  | the copy                                                                     |
 * | a known copy: removed          | the copy (it may only have left the window, or the calendar)                 |
 * | an unknown single or master    | it: somebody may have duplicated, restored or moved in a copy                |
 * | an occurrence or exception     | its master, when that is a copy we did not just write ourselves              |
 * | (anything)                     | what was left half written                                                   |
 * | nothing of what we just wrote  | it: the answer may have named an item that was deleted long ago              |
 * | an unknown id: removed         | all series: it may have been an occurrence; nothing when we removed it       |
 */
export function suspects(changes: readonly DeltaChange[], known: KnownCopies): readonly Suspect[] {
  const traces = known.takeTraces()
  const ids = new Map<string, boolean>()
  for (const change of changes) {
    if (change.removed) {
      if (known.get(change.id)) ids.set(change.id, isSeries(change.id, known))
      else if (!traces.removed.has(change.id))
        for (const id of untouchedSeries(known, traces.written)) ids.set(id, true)
      continue
    }
    const { id, version, kind, seriesMasterId } = change
    if (kind === "occurrence" || kind === "exception") {
      const isNews = seriesMasterId !== undefined && !traces.written.has(seriesMasterId)
      if (isNews && known.get(seriesMasterId)) ids.set(seriesMasterId, true)
    } else if (known.get(id)?.version !== version) {
      ids.set(id, kind === "seriesMaster" || isSeries(id, known))
    }
  }
  const mentioned = new Set(
    changes.flatMap(change => (change.removed ? [change.id] : [change.id, change.seriesMasterId])),
  )
  for (const id of traces.doubted) ids.set(id, true)
  for (const id of traces.written) if (!mentioned.has(id) && known.get(id)) ids.set(id, isSeries(id, known))
  const present = new Set(changes.flatMap(change => (change.removed ? [] : [change.id, change.seriesMasterId])))
  const removed = new Set(changes.flatMap(change => (change.removed ? [change.id] : [])))
  const isTraced = (id: string) => traces.written.has(id) || traces.doubted.has(id)
  const mayHaveLeft = (id: string) => removed.has(id) || (!present.has(id) && isTraced(id))
  const isSaidToBeThere = (id: string) => present.has(id) && !removed.has(id)
  return [...ids].map(([id, isSeries]) => {
    return { id, isSeries, mayHaveLeft: mayHaveLeft(id), isSaidToBeThere: isSaidToBeThere(id) }
  })
}

function isSeries(id: string, known: KnownCopies): boolean {
  return known.get(id)?.isSeries === true
}

function untouchedSeries(known: KnownCopies, written: ReadonlySet<string>): readonly string[] {
  return known.seriesIds.filter(id => !written.has(id))
}

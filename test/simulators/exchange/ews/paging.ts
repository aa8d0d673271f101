import type { XmlElement } from "./xml.ts"

/** https://learn.microsoft.com/exchange/client-developer/web-service-reference/indexedpageitemview */

export type Page<T> = {
  readonly rows: readonly T[]
  /** What RootFolder says of it. */
  readonly attributes: Readonly<Record<string, number | boolean>>
}

/** The part of a list a client asks for, counted from either end, and never more than `most`. */
export function pageOf<T>(all: readonly T[], view: XmlElement | undefined, most: number): Page<T> {
  const { Offset = "0", BasePoint, MaxEntriesReturned } = view?.attributes ?? {}
  const offset = Number(Offset)
  const ordered = BasePoint === "End" ? [...all].reverse() : all
  const rows = ordered.slice(offset, offset + Math.min(Number(MaxEntriesReturned ?? most), most))
  const next = offset + rows.length
  return {
    rows,
    attributes: {
      IndexedPagingOffset: next,
      TotalItemsInView: all.length,
      IncludesLastItemInRange: next >= all.length,
    },
  }
}

import { type Call, ok, type Reply } from "./call.ts"
import { topOf, wholeNumber } from "./query.ts"

const DEFAULT_PAGE = 10

/** One page of a list with `$top`, `$skip`, `$count` and an absolute nextLink, as Outlook collections have them. */
export function pageOf<T>(
  call: Call,
  given: {
    readonly rows: readonly T[]
    readonly context: string
    readonly render: (row: T) => unknown
    readonly defaultSize?: number
  },
): Reply {
  const size = topOf(call.query) ?? call.preferences.maxPageSize ?? given.defaultSize ?? DEFAULT_PAGE
  const skip = wholeNumber(call.query, "skip") ?? 0
  const value = given.rows.slice(skip, skip + size).map(given.render)
  const more = skip + size < given.rows.length
  return ok({
    "@odata.context": `${call.origin}/v1.0/$metadata#${given.context}`,
    ...(call.query.get("count") === "true" ? { "@odata.count": given.rows.length } : {}),
    value,
    ...(more ? { "@odata.nextLink": nextLink(call, { size, skip: skip + size }) } : {}),
  })
}

function nextLink(call: Call, { size, skip }: { readonly size: number; readonly skip: number }): string {
  const rest = [...call.query].filter(([name]) => name !== "top" && name !== "skip")
  const options = [...rest.map(([name, value]) => `${optionName(name)}=${encodeURIComponent(value)}`)]
  return `${call.origin}${call.path}?${[...options, `$top=${size}`, `$skip=${skip}`].join("&")}`
}

const bare = new Map([
  ["startdatetime", "startDateTime"],
  ["enddatetime", "endDateTime"],
])

function optionName(name: string): string {
  return bare.get(name) ?? `$${name}`
}

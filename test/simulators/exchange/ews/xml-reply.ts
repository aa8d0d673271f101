import type { Reply } from "../graph/call.ts"
import { namespaces } from "./envelope.ts"
import { el, type Markup } from "./markup.ts"

export function xmlReply(status: number, body: string): Reply {
  return { status, headers: { "content-type": "text/xml; charset=utf-8" }, body }
}

/** Named values in the detail of a fault. */
export function messageXml(values: Readonly<Record<string, string>>): Markup {
  const rows = Object.entries(values).map(([Name, value]) => el("t:Value", { Name }, value))
  return el("t:MessageXml", { "xmlns:t": namespaces.types }, rows)
}

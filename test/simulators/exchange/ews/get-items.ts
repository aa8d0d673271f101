import { responses } from "./envelope.ts"
import { parseShape } from "./item-shape.ts"
import { findItem } from "./item-target.ts"
import { el, type Markup } from "./markup.ts"
import { calendarItemElement } from "./render-calendar-item.ts"
import type { Session } from "./session.ts"
import { childOf, type XmlElement } from "./xml.ts"

/** https://learn.microsoft.com/exchange/client-developer/web-service-reference/getitem-operation */
export function getItems(session: Session, request: XmlElement): Markup {
  const ids = childOf(request, "ItemIds")?.children ?? []
  return responses(
    "GetItem",
    ids,
    id => {
      const { mailbox, entry } = findItem(session, id)
      const shape = parseShape(childOf(request, "ItemShape"))
      return [el("m:Items", {}, calendarItemElement(entry, { session, mailbox, shape, listing: false }))]
    },
    [el("m:Items")],
  )
}

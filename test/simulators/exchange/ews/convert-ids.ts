import { responses } from "./envelope.ts"
import { malformedId } from "./ews-error.ts"
import { parseEwsFolderId, parseEwsItemId } from "./ews-ids.ts"
import { el, type Markup } from "./markup.ts"
import type { Session } from "./session.ts"
import { childOf, type XmlElement } from "./xml.ts"

/** https://learn.microsoft.com/exchange/client-developer/web-service-reference/convertid-operation */
export function convertIds(session: Session, request: XmlElement): Markup {
  const wanted = request.attributes["DestinationFormat"] ?? ""
  const ids = childOf(request, "SourceIds")?.children ?? []
  return responses("ConvertId", ids, ({ attributes }) => {
    const { Format = "", Id = "" } = attributes
    const ews = toEws(Format, Id)
    const ref = parseEwsItemId(ews) ?? parseEwsFolderId(ews)
    if (!ref) throw malformedId()
    // Whatever address was asked with, the answer has the mailbox's own: some clients ask for nothing but that.
    const Mailbox = session.store.findMailbox(ref.mailbox)?.address ?? attributes["Mailbox"]
    return [el("m:AlternateId", { "xsi:type": "t:AlternateIdType", Format: wanted, Id: fromEws(wanted, ews), Mailbox })]
  })
}

function toEws(format: string, id: string): string {
  if (format === "HexEntryId") return Buffer.from(id, "hex").toString("base64")
  return format === "OwaId" ? decodeURIComponent(id) : id
}

function fromEws(format: string, id: string): string {
  switch (format) {
    case "HexEntryId":
      return Buffer.from(id, "base64").toString("hex").toUpperCase()
    case "OwaId":
      return encodeURIComponent(id)
    case "EwsId":
    case "EwsLegacyId":
    case "EntryId":
    case "StoreId":
      return id
    default:
      throw malformedId()
  }
}

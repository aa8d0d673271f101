import { EwsError } from "./ews-error.ts"
import { type ExtendedField, extendedField } from "./extended-field.ts"
import { childOf, childrenOf, textOf, type XmlElement } from "./xml.ts"

/** Which properties an answer is to have. https://learn.microsoft.com/exchange/client-developer/web-service-reference/itemshape */
export type ItemShape = {
  readonly wants: (field: string) => boolean
  readonly extended: readonly ExtendedField[]
  readonly bodyType: "text" | "html" | "best"
  /** Whether the whole item comes as iCalendar too. */
  readonly mime: boolean
}

const defaults = new Set([
  ...["Subject", "HasAttachments", "UID", "Start", "End", "LegacyFreeBusyStatus", "Location", "CalendarItemType"],
  ...["IsRecurring", "Organizer", "ItemClass"],
])
/** Too dear to come without being asked for by name, or what only the oldest clients ask for. */
const neverImplied = new Set(["TextBody", "MeetingTimeZone"])

export function parseShape(element: XmlElement | undefined): ItemShape {
  const base = textOf(element, "BaseShape")
  const paths = childOf(element, "AdditionalProperties")
  const named = new Set(childrenOf(paths, "FieldURI").map(fieldName))
  const implied = (field: string) =>
    base === "AllProperties" ? !neverImplied.has(field) : base === "Default" && defaults.has(field)
  return {
    wants: field => named.has(field) || implied(field),
    extended: childrenOf(paths, "ExtendedFieldURI").map(extendedField),
    mime: /^(true|1)$/.test(textOf(element, "IncludeMimeContent") ?? "") || named.has("MimeContent"),
    bodyType: bodyTypeOf(textOf(element, "BodyType")),
  }
}

/** Fields of other kinds of items may be asked for and are simply not there. */
function fieldName({ attributes }: XmlElement): string {
  const [, area = "", name = ""] = /^(\w+):([\w:]+)$/.exec(attributes["FieldURI"] ?? "") ?? []
  if (name === "") throw new EwsError("ErrorInvalidPropertyRequest", "The property is not valid for this object type.")
  return area === "item" || area === "calendar" ? name : `${area}:${name}`
}

function bodyTypeOf(text: string | undefined): ItemShape["bodyType"] {
  if (text === "Text") return "text"
  return text === "HTML" ? "html" : "best"
}

import type { Content } from "../store/item.ts"
import { EwsError } from "./ews-error.ts"
import { el, type Markup } from "./markup.ts"
import { childOf, childrenOf, type XmlElement } from "./xml.ts"

/**
 * Extended properties, kept under the same canonical ids the store knows them by from Graph.
 * https://learn.microsoft.com/exchange/client-developer/web-service-reference/extendedfielduri
 */

const sets: Readonly<Record<string, string>> = {
  Meeting: "6ed8da90-450b-101b-98da-00aa003f1305",
  Appointment: "00062002-0000-0000-c000-000000000046",
  Common: "00062008-0000-0000-c000-000000000046",
  PublicStrings: "00020329-0000-0000-c000-000000000046",
  Address: "00062004-0000-0000-c000-000000000046",
  InternetHeaders: "00020386-0000-0000-c000-000000000046",
  CalendarAssistant: "11000e07-b51b-40d6-af21-caa85edab1d0",
  UnifiedMessaging: "4442858e-a9e3-4e80-b900-317a210cc15b",
  Task: "00062003-0000-0000-c000-000000000046",
  Sharing: "00062040-0000-0000-c000-000000000046",
}

export type ExtendedField = { readonly id: string; readonly uri: Markup; readonly type: string }

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

export function extendedField(uri: XmlElement): ExtendedField {
  const { attributes } = uri
  const type = attributes["PropertyType"] ?? ""
  return { id: `${type} ${keyOf(attributes)}`, uri: el("t:ExtendedFieldURI", attributes), type }
}

function keyOf(attributes: XmlElement["attributes"]): string {
  const { PropertyTag, PropertySetId, DistinguishedPropertySetId, PropertyName, PropertyId } = attributes
  if (PropertyTag !== undefined) {
    if (PropertySetId ?? DistinguishedPropertySetId ?? PropertyName ?? PropertyId) throw invalidField()
    return hex(PropertyTag)
  }
  if ((PropertySetId === undefined) === (DistinguishedPropertySetId === undefined)) throw invalidField()
  if ((PropertyName === undefined) === (PropertyId === undefined)) throw invalidField()
  const set = (PropertySetId ?? sets[DistinguishedPropertySetId ?? ""] ?? "").toLowerCase()
  if (!GUID.test(set)) throw invalidField()
  return PropertyName === undefined ? `{${set}} Id ${hex(PropertyId ?? "")}` : `{${set}} Name ${PropertyName}`
}

function hex(text: string): string {
  const value = Number(text)
  if (!Number.isInteger(value)) throw invalidField()
  return `0x${value.toString(16)}`
}

function invalidField(): EwsError {
  return new EwsError("ErrorInvalidExtendedProperty", "The attributes of an extended field path are not valid.")
}

/** The value of a `t:ExtendedProperty`, as the store keeps it. */
export function extendedValue(property: XmlElement): { readonly id: string; readonly value: string | string[] } {
  const uri = childOf(property, "ExtendedFieldURI")
  if (!uri) throw invalidField()
  const field = extendedField(uri)
  const values = childOf(property, "Values")
  const value = childOf(property, "Value")
  if ((values !== undefined) !== field.type.endsWith("Array") || (!values && !value)) throw invalidValue()
  const texts = values ? childrenOf(values, "Value").map(({ text }) => text) : [value?.text ?? ""]
  if (!texts.every(text => fits(field.type, text))) throw invalidValue()
  const kept = texts.map(text => (field.type === "Boolean" ? String(/^(true|1)$/i.test(text)) : text))
  return { id: field.id, value: values ? kept : (kept[0] ?? "") }
}

function fits(type: string, text: string): boolean {
  const base = type.replace(/Array$/, "")
  if (base === "Boolean") return /^(true|false|0|1)$/i.test(text)
  if (base === "Integer" || base === "Long" || base === "Short") return /^-?\d+$/.test(text)
  return true
}

function invalidValue(): EwsError {
  return new EwsError("ErrorInvalidExtendedPropertyValue", "The extended property value does not fit its type.")
}

/** The global object id, which clients search a UID by: Meeting set, number 3, binary. */
const GLOBAL_OBJECT_ID = `Binary {${sets["Meeting"]}} Id 0x3`

/** What an entry has under a property, or undefined. */
export function valueUnder(
  id: string,
  content: Content,
  globalObjectId: () => string,
): string | readonly string[] | undefined {
  if (id === GLOBAL_OBJECT_ID) return Buffer.from(globalObjectId(), "hex").toString("base64")
  const value = content.named.get(id)
  return value === "" ? undefined : value
}

export function extendedProperty(field: ExtendedField, value: string | readonly string[]): Markup {
  const content =
    typeof value === "string"
      ? el("t:Value", {}, value)
      : el(
          "t:Values",
          {},
          value.map(one => el("t:Value", {}, one)),
        )
  return el("t:ExtendedProperty", {}, field.uri, content)
}

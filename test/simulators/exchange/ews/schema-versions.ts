import type { Switches } from "../store/switches.ts"
import type { Markup } from "./markup.ts"
import { schemaViolation } from "./schema-violation.ts"
import { reaches } from "./server-version.ts"
import type { XmlElement } from "./xml.ts"

/**
 * What came with which schema, as the reference says of each element ("introduced in") and the Managed API of each
 * property: a request validated against an older one is refused, and an answer to it does not hold the element.
 * https://learn.microsoft.com/exchange/client-developer/web-service-reference/ews-xml-elements-in-exchange
 */

const introduced: Readonly<Record<string, readonly string[]>> = {
  Exchange2007_SP1: [
    ...["ConvertId", "Culture", "DateTimeStamp", "EffectiveRights", "LastModifiedName", "LastModifiedTime"],
    ...["MeetingTimeZone", "RecurrenceId", "UID"],
  ],
  Exchange2010: [
    ...["ConversationId", "EndTimeZone", "FilterHtmlContent", "GetRoomLists", "GetRooms", "GetServerTimeZones"],
    ...["GetUserConfiguration", "IsAssociated", "QueryString", "SmtpAddress", "StartTimeZone", "SyncScope"],
    ...["TimeZoneContext", "UniqueBody", "WebClientEditFormQueryString", "WebClientReadFormQueryString"],
  ],
  Exchange2010_SP1: [
    ...["ConvertHtmlCodePageToUTF8", "DateTimePrecision", "FirstDayOfWeek", "GetStreamingEvents"],
    ...["StreamingSubscriptionRequest"],
  ],
  Exchange2010_SP2: ["StoreEntryId"],
  Exchange2013: [
    ...["AddBlankTargetToLinks", "ArchiveTag", "BlockExternalImages", "EndTimeZoneId", "EndWallClock"],
    ...["EnhancedLocation", "EntityExtractionResult", "Flag", "IconIndex", "InlineImageUrlTemplate", "InstanceKey"],
    ...["IsOrganizer", "JoinOnlineMeetingUrl", "MaximumBodySize", "NormalizedBody", "NormalizedBodyType"],
    ...["OnlineMeetingSettings", "PolicyTag", "Preview", "RetentionDate", "StartTimeZoneId", "StartWallClock"],
    ...["TextBody", "UniqueBodyType"],
  ],
}

const versionOf = new Map(Object.entries(introduced).flatMap(([version, names]) => names.map(name => [name, version])))

/**
 * Values of LegacyFreeBusyStatus that came later than the others. What an older schema reads instead is nowhere said;
 * who works elsewhere is not busy, so it is Free.
 */
const laterValues = new Map([["WorkingElsewhere", "Exchange2013"]])

/** Throws the fault that refuses an element, path or value the schema asked for does not know. */
export function checkVersion(element: XmlElement, requested: string): void {
  if (isLater(versionOf.get(element.name), requested)) throw unknown(element, `'${element.name}'`)
  const path = element.name === "FieldURI" ? element.attributes["FieldURI"]?.split(":")[1] : undefined
  if (path !== undefined && isLater(versionOf.get(path), requested)) throw unknown(element, `'${path}'`)
  const value = element.name === "LegacyFreeBusyStatus" ? element.text.trim() : undefined
  if (value !== undefined && isLater(laterValues.get(value), requested)) throw unknown(element, `value '${value}'`)
  for (const child of element.children) checkVersion(child, requested)
}

/** The blocks of a header that count under a schema; throws the fault that refuses one. */
export function heardHeader(
  header: XmlElement | undefined,
  requested: string,
  timeZoneContextIn2007: Switches["timeZoneContextIn2007"],
): XmlElement | undefined {
  if (!header) return undefined
  const early = (name: string) => name === "TimeZoneContext" && isLater(versionOf.get(name), requested)
  const children = header.children.filter(({ name }) => !early(name) || timeZoneContextIn2007 !== "ignored")
  for (const block of children)
    if (!early(block.name) || timeZoneContextIn2007 === "refused") checkVersion(block, requested)
  return { ...header, children }
}

function isLater(version: string | undefined, requested: string): boolean {
  return version !== undefined && !reaches(requested, version)
}

function unknown(element: XmlElement, what: string): Error {
  return schemaViolation(element, `The element '${element.name}' has invalid content: ${what} is not of this schema.`)
}

/** An answer without the elements and values its request's schema does not know. */
export function inSchema({ markup }: Markup, requested: string): Markup {
  const later = [...versionOf].filter(([, version]) => isLater(version, requested)).map(([name]) => name)
  const values = [...laterValues].filter(([, version]) => isLater(version, requested)).map(([value]) => value)
  if (later.length === 0) return { markup }
  const elements = markup.replace(new RegExp(`<t:(${later.join("|")})(?: [^<>]*)?(?:/>|>.*?</t:\\1>)`, "gs"), "")
  const statuses = new RegExp(`(?<=<t:LegacyFreeBusyStatus>)(?:${values.join("|")})(?=<)`, "g")
  return { markup: values.length === 0 ? elements : elements.replace(statuses, "Free") }
}

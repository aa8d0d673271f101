import type { EwsVersion } from "../../../core/exchange-settings.ts"
import { markProperty } from "../../../core/origin.ts"
import { knows } from "../wire/schema-version.ts"
import { childrenOf, descend, textIn, type XmlElement } from "../wire/xml-read.ts"
import { element, type XmlNode } from "../wire/xml-write.ts"

/** The fields of items by the names EWS has for them, and what is asked for when items are read. */

export function fieldUri(uri: string): XmlNode {
  return element("t:FieldURI", { FieldURI: uri })
}

/** The same named property as on Graph, so that a mailbox may move between the two. */
export function markUri(): XmlNode {
  const { setId: PropertySetId, name: PropertyName } = markProperty
  return element("t:ExtendedFieldURI", { PropertySetId, PropertyName, PropertyType: "String" })
}

/** The text of our property; undefined when the item has none. The GUID comes back in whatever case it likes. */
export function markTextOf(item: XmlElement): string | undefined {
  const property = childrenOf(item, "t:ExtendedProperty").find(one => {
    const uri = descend(one, "t:ExtendedFieldURI")?.attributes
    return uri?.["PropertySetId"]?.toLowerCase() === markProperty.setId && uri["PropertyName"] === markProperty.name
  })
  return textIn(property, "t:Value")
}

/** What lists of items can say: whose it is, when, and which version. */
export function listShape(): XmlNode {
  return shape([
    "item:DateTimeCreated",
    "calendar:Start",
    "calendar:End",
    "calendar:IsAllDayEvent",
    "calendar:CalendarItemType",
    "calendar:IsMeeting",
    "calendar:UID",
  ])
}

/** What is asked before an item is touched. */
export function headShape(): XmlNode {
  return shape(["calendar:UID", "calendar:IsMeeting", "calendar:CalendarItemType", ...guests])
}

/** All of an event. Bodies come as they are stored. */
export function eventShape(version: EwsVersion): XmlNode {
  const zone = knows(version, "StartTimeZone") ? "calendar:StartTimeZone" : "calendar:MeetingTimeZone"
  return shape([...eventFields, ...guests, zone], element("t:BodyType", {}, "Best"))
}

const guests = ["calendar:RequiredAttendees", "calendar:OptionalAttendees", "calendar:Resources"]

const eventFields = [
  "item:Subject",
  "item:Sensitivity",
  "item:Body",
  "item:Categories",
  "item:Importance",
  "item:ReminderIsSet",
  "item:ReminderMinutesBeforeStart",
  "item:DateTimeCreated",
  "calendar:UID",
  "calendar:Start",
  "calendar:End",
  "calendar:IsAllDayEvent",
  "calendar:LegacyFreeBusyStatus",
  "calendar:Location",
  "calendar:IsMeeting",
  "calendar:CalendarItemType",
  "calendar:Recurrence",
  "calendar:ModifiedOccurrences",
  "calendar:DeletedOccurrences",
]

function shape(uris: readonly string[], bodyType?: XmlNode): XmlNode {
  const properties = element("t:AdditionalProperties", {}, ...uris.map(fieldUri), markUri())
  return element("m:ItemShape", {}, element("t:BaseShape", {}, "IdOnly"), bodyType, properties)
}

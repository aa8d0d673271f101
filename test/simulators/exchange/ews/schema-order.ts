import { EwsFault } from "./ews-error.ts"
import { el } from "./markup.ts"
import type { XmlElement } from "./xml.ts"

/**
 * The sequences of messages.xsd and types.xsd that clients write: children out of their order, or unknown ones, refuse
 * the whole request. `a|b` stands for a choice. An element that is not listed is not looked into.
 */

const paging = "IndexedPageItemView|FractionalPageItemView|SeekToConditionPageItemView|CalendarView|ContactsView"
const folderPaging = "IndexedPageFolderView|FractionalPageFolderView"

const item = [
  ...["MimeContent", "ItemId", "ParentFolderId", "ItemClass", "Subject", "Sensitivity", "Body", "Attachments"],
  ...["DateTimeReceived", "Size", "Categories", "Importance", "InReplyTo", "IsSubmitted", "IsDraft", "IsFromMe"],
  ...["IsResend", "IsUnmodified", "InternetMessageHeaders", "DateTimeSent", "DateTimeCreated", "ResponseObjects"],
  ...["ReminderDueBy", "ReminderIsSet", "ReminderNextTime", "ReminderMinutesBeforeStart", "DisplayCc", "DisplayTo"],
  ...["HasAttachments", "ExtendedProperty", "Culture", "EffectiveRights", "LastModifiedName", "LastModifiedTime"],
  ...["IsAssociated", "WebClientReadFormQueryString", "WebClientEditFormQueryString", "ConversationId", "UniqueBody"],
  ...["Flag", "StoreEntryId", "InstanceKey", "NormalizedBody", "EntityExtractionResult", "PolicyTag", "ArchiveTag"],
  ...["RetentionDate", "Preview", "RightsManagementLicenseData", "NextPredictedAction", "GroupingAction"],
  ...["PredictedActionReasons", "IsClutter", "BlockStatus", "HasBlockedImages", "TextBody", "IconIndex"],
]

const calendarItem = [
  ...item,
  ...["UID", "RecurrenceId", "DateTimeStamp", "Start", "End", "OriginalStart", "IsAllDayEvent"],
  ...["LegacyFreeBusyStatus", "Location", "When", "IsMeeting", "IsCancelled", "IsRecurring", "MeetingRequestWasSent"],
  ...["IsResponseRequested", "CalendarItemType", "MyResponseType", "Organizer", "RequiredAttendees"],
  ...["OptionalAttendees", "Resources", "InboxReminders", "ConflictingMeetingCount", "AdjacentMeetingCount"],
  ...["ConflictingMeetings", "AdjacentMeetings", "Duration", "TimeZone", "AppointmentReplyTime"],
  ...["AppointmentSequenceNumber", "AppointmentState", "Recurrence", "FirstOccurrence", "LastOccurrence"],
  ...["ModifiedOccurrences", "DeletedOccurrences", "MeetingTimeZone", "StartTimeZone", "EndTimeZone"],
  ...["ConferenceType", "AllowNewTimeProposal", "IsOnlineMeeting", "MeetingWorkspaceUrl", "NetShowUrl"],
  ...["EnhancedLocation", "StartWallClock", "EndWallClock", "StartTimeZoneId", "EndTimeZoneId"],
  ...["IntendedFreeBusyStatus", "JoinOnlineMeetingUrl", "OnlineMeetingSettings", "IsOrganizer"],
]

const patterns =
  "RelativeYearlyRecurrence|AbsoluteYearlyRecurrence|RelativeMonthlyRecurrence|AbsoluteMonthlyRecurrence|" +
  "WeeklyRecurrence|DailyRecurrence"
const paths = "FieldURI|IndexedFieldURI|ExtendedFieldURI"
const itemIds = "ItemId|OccurrenceItemId|RecurringMasterItemId"
const folderIds = "FolderId|DistinguishedFolderId"

const sequences: Readonly<Record<string, readonly string[]>> = {
  GetFolder: ["FolderShape", "FolderIds"],
  FindFolder: ["FolderShape", folderPaging, "Restriction", "ParentFolderIds"],
  CreateFolder: ["ParentFolderId", "Folders"],
  FolderShape: ["BaseShape", "AdditionalProperties"],
  FindItem: [
    ...["ItemShape", paging, "GroupBy|DistinguishedGroupBy", "Restriction", "SortOrder", "ParentFolderIds"],
    "QueryString",
  ],
  GetItem: ["ItemShape", "ItemIds"],
  ItemShape: [
    ...["BaseShape", "IncludeMimeContent", "BodyType", "UniqueBodyType", "NormalizedBodyType"],
    ...["FilterHtmlContent", "ConvertHtmlCodePageToUTF8", "InlineImageUrlTemplate", "BlockExternalImages"],
    ...["AddBlankTargetToLinks", "MaximumBodySize", "AdditionalProperties"],
  ],
  CreateItem: ["SavedItemFolderId", "Items"],
  UpdateItem: ["SavedItemFolderId", "ItemChanges"],
  ItemChange: [itemIds, "Updates"],
  Updates: ["AppendToItemField|SetItemField|DeleteItemField"],
  SetItemField: [paths, "CalendarItem|Item|Message|Contact|Task"],
  AppendToItemField: [paths, "CalendarItem|Item|Message|Contact|Task"],
  DeleteItemField: [paths],
  DeleteItem: ["ItemIds"],
  ItemIds: [itemIds],
  FolderIds: [folderIds],
  ParentFolderIds: [folderIds],
  SyncFolderItems: ["ItemShape", "SyncFolderId", "SyncState", "Ignore", "MaxChangesReturned", "SyncScope"],
  CalendarItem: calendarItem,
  ExtendedProperty: ["ExtendedFieldURI", "Value|Values"],
  Recurrence: [patterns, "NoEndRecurrence|EndDateRecurrence|NumberedRecurrence"],
  RelativeYearlyRecurrence: ["DaysOfWeek", "DayOfWeekIndex", "Month"],
  AbsoluteYearlyRecurrence: ["DayOfMonth", "Month"],
  RelativeMonthlyRecurrence: ["Interval", "DaysOfWeek", "DayOfWeekIndex"],
  AbsoluteMonthlyRecurrence: ["Interval", "DayOfMonth"],
  WeeklyRecurrence: ["Interval", "DaysOfWeek", "FirstDayOfWeek"],
  DailyRecurrence: ["Interval"],
  NoEndRecurrence: ["StartDate"],
  EndDateRecurrence: ["StartDate", "EndDate"],
  NumberedRecurrence: ["StartDate", "NumberOfOccurrences"],
  Attendee: ["Mailbox", "ResponseType", "LastResponseTime", "ProposedStart", "ProposedEnd"],
  Mailbox: ["Name", "EmailAddress|Address", "RoutingType", "MailboxType", "ItemId", "OriginalDisplayName"],
  ExchangeImpersonation: ["ConnectingSID"],
  ConnectingSID: ["PrincipalName|SID|PrimarySmtpAddress|SmtpAddress"],
  GetUserAvailabilityRequest: ["TimeZone", "MailboxDataArray", "FreeBusyViewOptions", "SuggestionsViewOptions"],
  FreeBusyViewOptions: ["TimeWindow", "MergedFreeBusyIntervalInMinutes", "RequestedView"],
  SetUserOofSettingsRequest: ["Mailbox", "UserOofSettings"],
  UserOofSettings: ["OofState", "ExternalAudience", "Duration", "InternalReply", "ExternalReply"],
}

const ranks = new Map(
  Object.entries(sequences).map(([name, sequence]) => [
    name,
    new Map(sequence.flatMap((entry, rank) => entry.split("|").map(child => [child, rank] as const))),
  ]),
)

/** Throws ErrorSchemaValidation with the place and the violation. */
export function checkOrder(element: XmlElement): void {
  const order = ranks.get(element.name)
  let reached = 0
  for (const child of element.children) {
    const rank = order ? order.get(child.name) : reached
    if (rank === undefined || rank < reached) throw violation(element, child)
    reached = rank
    checkOrder(child)
  }
}

function violation(parent: XmlElement, child: XmlElement): EwsFault {
  const text = `The element '${parent.name}' in namespace '${parent.namespace}' has invalid child element '${child.name}' in namespace '${child.namespace}'.`
  return schemaViolation(child, text)
}

export function schemaViolation({ line, column }: Pick<XmlElement, "line" | "column">, text: string): EwsFault {
  const xmlns = { "xmlns:t": "http://schemas.microsoft.com/exchange/services/2006/types" }
  return new EwsFault("ErrorSchemaValidation", `The request failed schema validation: ${text}`, [
    el(
      "t:MessageXml",
      xmlns,
      el("t:LineNumber", {}, line),
      el("t:LinePosition", {}, column),
      el("t:Violation", {}, text),
    ),
  ])
}

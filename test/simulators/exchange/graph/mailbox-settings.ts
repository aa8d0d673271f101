import type { Mailbox } from "../store/mailbox.ts"
import { supportedZones } from "../store/time-zones.ts"
import { type Call, ok, type Reply } from "./call.ts"

/** https://learn.microsoft.com/graph/api/user-get-mailboxsettings */
export function mailboxSettings(call: Call, mailbox: Mailbox): Reply {
  return ok({
    "@odata.context": `${call.origin}/v1.0/$metadata#users('${mailbox.id}')/mailboxSettings`,
    archiveFolder: "AAMkArchive",
    timeZone: mailbox.timeZone,
    delegateMeetingMessageDeliveryOptions: "sendToDelegateOnly",
    dateFormat: "yyyy-MM-dd",
    timeFormat: "HH:mm",
    userPurpose: mailbox.purpose,
    automaticRepliesSetting: {
      status: "disabled",
      externalAudience: "all",
      internalReplyMessage: "",
      externalReplyMessage: "",
      scheduledStartDateTime: { dateTime: "2026-01-01T00:00:00.0000000", timeZone: "UTC" },
      scheduledEndDateTime: { dateTime: "2026-01-02T00:00:00.0000000", timeZone: "UTC" },
    },
    language: { locale: "en-US", displayName: "English (United States)" },
    workingHours: workingHoursOf(mailbox),
  })
}

export function workingHoursOf(mailbox: Mailbox): Record<string, unknown> {
  return {
    daysOfWeek: ["monday", "tuesday", "wednesday", "thursday", "friday"],
    startTime: `${mailbox.workingHours.start}.0000000`,
    endTime: `${mailbox.workingHours.end}.0000000`,
    timeZone: { name: mailbox.timeZone },
  }
}

/** `supportedTimeZones` and `supportedTimeZones(TimeZoneStandard=microsoft.graph.timeZoneStandard'Iana')` */
export function supportedTimeZones(call: Call, segment: string): Reply {
  const kind = /'Iana'/i.test(segment) ? "Iana" : "Windows"
  return ok({
    "@odata.context": `${call.origin}/v1.0/$metadata#Collection(microsoft.graph.timeZoneInformation)`,
    value: supportedZones(kind).map(alias => ({ alias, displayName: alias })),
  })
}

import type { EwsVersion } from "../../../core/exchange-settings.ts"

/** The versions of the schema, oldest first. */
const versions = [
  "Exchange2007_SP1",
  "Exchange2010_SP2",
  "Exchange2013",
  "Exchange2013_SP1",
  "Exchange2016",
] as const satisfies readonly EwsVersion[]

/**
 * What we say that not every version knows; all else was there from the beginning.
 *
 * | what                          | before it                                  | source                                       |
 * |-------------------------------|--------------------------------------------|----------------------------------------------|
 * | `StartTimeZone`, `EndTimeZone`| `MeetingTimeZone`, by its name             | "Time zones and EWS in Exchange"             |
 * | `TimeZoneContext`             | times in answers are UTC anyhow            | "Time zones and EWS in Exchange"             |
 * | `GetUserConfiguration`        | the zone is that of the connection         | its page: "introduced in Exchange 2010"      |
 * | `FirstDayOfWeek`              | only series to which it makes no difference| its page: "introduced in Exchange 2010 SP1"  |
 * | `WorkingElsewhere`            | `Free`: other people may still book us     | LegacyFreeBusyStatus, of 2010 and of today   |
 */
const knownSince = {
  StartTimeZone: "Exchange2010_SP2",
  TimeZoneContext: "Exchange2010_SP2",
  GetUserConfiguration: "Exchange2010_SP2",
  FirstDayOfWeek: "Exchange2010_SP2",
  WorkingElsewhere: "Exchange2013",
} as const satisfies Record<string, EwsVersion>

/** Whether a request written for that version may say it. */
export function knows(version: EwsVersion, what: keyof typeof knownSince): boolean {
  return versions.indexOf(version) >= versions.indexOf(knownSince[what])
}

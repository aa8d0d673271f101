import { NeedsAttentionError } from "../../core/errors.ts"
import type { CalendarEvent } from "../../core/event.ts"
import { exchangeZone } from "../normal-form.ts"
import type { MailboxPlaces } from "./operations/mailbox.ts"

/** Days are midnights of somebody's zone; of times each names its own. */
function needsZone({ time }: CalendarEvent): boolean {
  return time.allDay
}

/** The mailbox's zone, asked for only where an event needs it. */
export async function zoneFor(
  events: readonly CalendarEvent[],
  places: Pick<MailboxPlaces, "zone">,
  signal: AbortSignal,
): Promise<string | undefined> {
  return events.some(needsZone) ? await places.zone(signal) : undefined
}

/** Why this event cannot be written, if nobody knows where the mailbox's days begin, or Exchange does not: nothing is guessed. */
export function zoneMissing(event: CalendarEvent, mailboxZone: string | undefined): NeedsAttentionError | undefined {
  if (!needsZone(event) || (mailboxZone !== undefined && exchangeZone(mailboxZone) !== undefined)) return undefined
  const text =
    mailboxZone === undefined
      ? "the mailbox does not say in which time zone its days begin, so all-day events cannot be written; set spec.ews.timeZone"
      : `Exchange has no name for the time zone ${mailboxZone}, so all-day events cannot be written; set another as spec.ews.timeZone`
  return new NeedsAttentionError(text, { reason: "UnknownTimeZone" })
}

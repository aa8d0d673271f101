import type { CalendarChoice } from "../../core/ports.ts"
import type { Clock } from "../clock.ts"
import { CalendarFolder } from "./folders.ts"
import { MailboxZone } from "./mailbox-zone.ts"
import type { EwsMailbox, MailboxPlaces } from "./operations/mailbox.ts"

type PlacesOptions = {
  readonly mailbox: EwsMailbox
  readonly calendar: CalendarChoice
  readonly clock: Pick<Clock, "monotonicMs">
  /** What the connection says, for mailboxes that do not say it themselves. */
  readonly timeZone: string | undefined
}

/** The chosen calendar of a mailbox and its zone, each asked for when it is needed first and known from then on. */
export function openPlaces({ mailbox, calendar, clock, timeZone }: PlacesOptions): MailboxPlaces {
  const folder = new CalendarFolder(mailbox, calendar)
  const zone = new MailboxZone({ mailbox, clock, otherwise: timeZone })
  return {
    findFolder: signal => folder.find(signal),
    makeFolder: signal => folder.findOrMake(signal),
    forget: () => folder.forget(),
    zone: signal => zone.get(signal),
  }
}

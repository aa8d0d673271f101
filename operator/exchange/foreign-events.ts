import type { CalendarEvent } from "../core/event.ts"
import { fingerprint } from "../core/fingerprint.ts"
import { parseMark } from "../core/origin.ts"
import type { EventProblem, StoredEvent } from "../core/ports.ts"
import { UnreadableItemError } from "./unreadable-item.ts"

/** What other people put into a calendar. */
export type ForeignEvents = { readonly events: readonly StoredEvent[]; readonly problems: readonly EventProblem[] }

type Item = {
  readonly id: string
  readonly version: string
  readonly markText?: string
  readonly isMeeting: boolean
}

/** Those of the items that are foreign, as `read` gives them: in normal form. One that cannot be read is a problem. */
export function toForeign<One extends Item>(items: readonly One[], read: (item: One) => CalendarEvent): ForeignEvents {
  const events: StoredEvent[] = []
  const problems: EventProblem[] = []
  for (const item of items.filter(isForeign)) {
    try {
      const event = read(item)
      events.push({ id: item.id, version: item.version, fingerprint: fingerprint(event), event })
    } catch (error) {
      const what = error instanceof UnreadableItemError ? error.message : "something that cannot be read"
      problems.push({ key: item.id, reason: "ParseError", message: `an event of the mailbox has ${what}` })
    }
  }
  return { events, problems }
}

/** Meetings are left out: to touch one is to mail its guests. */
function isForeign({ markText, isMeeting }: Item): boolean {
  return !isMeeting && (markText === undefined || parseMark(markText) === undefined)
}

import { parseMark } from "../../core/origin.ts"
import type { Window } from "../../core/ports.ts"
import { widened } from "../../core/time.ts"
import { type ForeignEvents, toForeign } from "../foreign-events.ts"
import { normalEvent } from "./event/normal-event.ts"
import { type EwsItem, readEvent } from "./event/read-event.ts"
import { findInView } from "./operations/find-in-view.ts"
import type { Look } from "./operations/get-item.ts"
import type { FolderRef, ItemMailbox, ItemTarget, MailboxPlaces } from "./operations/mailbox.ts"
import { itemsIn, readWhole } from "./read-whole.ts"
import { isServerTrouble, problemError } from "./wire/problem.ts"

/** All-day events are days of the mailbox's owner, planned as days in UTC. */
const allDaySlack = Temporal.Duration.from({ days: 1 })

type ForeignRequest = {
  readonly folder: FolderRef
  readonly window: Window
  readonly places: Pick<MailboxPlaces, "zone">
}

/** What other people put into the calendar within the window: single events and whole series, without meetings. */
export async function readForeign(
  mailbox: ItemMailbox,
  { folder, window, places }: ForeignRequest,
  signal: AbortSignal,
): Promise<ForeignEvents> {
  const seen = await findInView(mailbox, { folder, window: widened(window, allDaySlack) }, signal)
  const unmarked = seen.filter(item => parseMark(item.markText ?? "") === undefined && !item.isMeeting)
  const targets = targetsOf(unmarked)
  const mailboxZone = targets.length > 0 ? await places.zone(signal) : undefined
  const found: ForeignEvents[] = []
  for await (const { looks, exceptions } of readWhole(mailbox, targets, signal)) {
    for (const look of looks) refuseIfTroubled(look)
    const read = (item: EwsItem) => normalEvent(readEvent(item, { mailboxZone, exceptions }), mailbox.transport.version)
    found.push(toForeign(itemsIn(looks), read))
  }
  return { events: found.flatMap(({ events }) => events), problems: found.flatMap(({ problems }) => problems) }
}

/** What could not be read just now may be what the source wants: nobody asks for it again after the first sync. */
function refuseIfTroubled(look: Look): void {
  if (look.kind === "Refused" && isServerTrouble(look.problem)) throw problemError(look.problem)
}

/** Occurrences of one series share its UID: one of them is enough to find it. */
function targetsOf(items: readonly EwsItem[]): readonly ItemTarget[] {
  const targets = new Map<string, ItemTarget>()
  for (const { id, uid = id, kind } of items) {
    const isAlone = kind === "Single" || kind === "RecurringMaster"
    targets.set(isAlone ? id : uid, isAlone ? { kind: "Item", id } : { kind: "MasterOf", occurrenceId: id })
  }
  return [...targets.values()]
}

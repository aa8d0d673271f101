import { ChangedMeanwhileError } from "../../core/errors.ts"
import type { CalendarEvent, EventContent, OccurrenceKey } from "../../core/event.ts"
import type { EwsVersion } from "../../core/exchange-settings.ts"
import { normalForm, occurrenceTime, seriesDate, seriesOf } from "../normal-form.ts"
import { exchangeDates } from "../pattern-expansion.ts"
import { inMovingOrder } from "../series-exceptions.ts"
import { normalEvent } from "./event/normal-event.ts"
import { writeEvent } from "./event/write-event.ts"
import { deleteItems } from "./operations/delete-item.ts"
import { getItems } from "./operations/get-item.ts"
import type { ItemMailbox, ItemTarget } from "./operations/mailbox.ts"
import { updateItems } from "./operations/update-item.ts"
import { isItemGone, problemError } from "./wire/problem.ts"
import type { WriteResult } from "./wire/response.ts"

/** Whether a new series of this event is written in steps: its master, and then its occurrences. */
export function takesSteps(event: CalendarEvent): boolean {
  const { excluded = [], overrides = [] } = event.recurrence ? (normalForm(event, "ews").recurrence ?? {}) : {}
  return excluded.length > 0 || overrides.length > 0
}

type OccurrenceRequest = {
  readonly masterId: string
  readonly event: CalendarEvent
  readonly mailboxZone: string | undefined
}

/**
 * Cancels and changes the occurrences of a series that nobody has touched yet. Cancels first: it makes room for what is
 * moved. Throws the core error of the first that fails.
 */
export async function writeOccurrences(
  mailbox: ItemMailbox,
  { masterId, event, mailboxZone }: OccurrenceRequest,
  signal: AbortSignal,
): Promise<void> {
  const { time, recurrence } = normalEvent(event, mailbox.transport.version)
  const { excluded = [], overrides = [] } = recurrence ?? {}
  const target = (key: OccurrenceKey): ItemTarget => ({ kind: "Occurrence", masterId, index: indexOf(key, event) })
  for (const result of await deleteItems(mailbox, excluded.map(target), signal)) expectDone(result, masterId)
  const original = new Map(event.recurrence?.overrides.map(({ occurrence, content }) => [occurrence, content]))
  // One by one: each change moves the versions of the others.
  for (const { occurrence, content } of inMovingOrder(overrides, key => occurrenceTime(key, time))) {
    const wanted = original.get(occurrence) ?? content
    await writeOccurrence(mailbox, { target: target(occurrence), content: wanted, mailboxZone }, signal)
  }
}

type OccurrenceChange = {
  readonly target: ItemTarget
  readonly content: EventContent
  readonly mailboxZone: string | undefined
}

async function writeOccurrence(
  mailbox: ItemMailbox,
  { target, content, mailboxZone }: OccurrenceChange,
  signal: AbortSignal,
): Promise<void> {
  const [look] = await getItems(mailbox, { targets: [target], shape: "Head" }, signal)
  if (look?.kind === "Refused" && !isItemGone(look.problem)) throw problemError(look.problem)
  if (look?.kind !== "Found") throw new ChangedMeanwhileError("of an occurrence")
  const { id, version } = look.item
  const write = (schema: EwsVersion) => writeEvent(content, { version: schema, mailboxZone })
  const [result] = await updateItems(mailbox, [{ target: { kind: "Item", id, version }, write }], signal)
  if (result) expectDone(result, id)
}

/** An occurrence that is gone when it should be cancelled is as good as cancelled. */
function expectDone(result: WriteResult, id: string): void {
  if (result.kind === "Unknown") throw result.error
  if (result.kind === "Refused" && !isItemGone(result.problem)) throw problemError(result.problem, id)
}

/** Its place in the pattern, counted from 1, those cancelled too. */
function indexOf(key: OccurrenceKey, event: CalendarEvent): number {
  const { time } = normalForm(event, "ews")
  const series = seriesOf(event, "ews")
  const date = seriesDate(key, time)
  const dates = series && date ? exchangeDates(series, date) : []
  if (!date || !dates.at(-1)?.equals(date)) throw new Error("an occurrence that is none of its series")
  return dates.length
}

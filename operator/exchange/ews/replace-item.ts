import { ChangedMeanwhileError } from "../../core/errors.ts"
import { checkOf, formatMark, shortHash } from "../../core/origin.ts"
import type { CalendarWriter, UpdateItem, WriteOutcome } from "../../core/ports.ts"
import { unfinished } from "../unfinished.ts"
import { markField } from "./event/write-event.ts"
import type { ItemMailbox } from "./operations/mailbox.ts"
import { updateItems } from "./operations/update-item.ts"
import { outcomeOf, targetOf } from "./write-outcome.ts"

type Replacement = {
  readonly item: UpdateItem
  /** It is a copy already, and no event of somebody's that becomes one. */
  readonly isMarked: boolean
}

/**
 * A new series in place of one whose occurrences were changed; the old one goes last. It is marked before there are two:
 * whatever ends this half way, the next pass knows both and keeps one.
 */
export async function replaceItem(
  { mailbox, writer }: { readonly mailbox: ItemMailbox; readonly writer: Pick<CalendarWriter, "create" | "remove"> },
  { item, isMarked }: Replacement,
  signal: AbortSignal,
): Promise<WriteOutcome> {
  const { id, version } = item
  const old = isMarked ? ({ ok: true, id, version } as const) : await claim(mailbox, item, signal)
  if (!old.ok) return old
  const idempotencyKey = shortHash(["replace", item.id, item.version, item.mark.fingerprint], 32)
  const mark = { ...item.mark, check: checkOf(idempotencyKey) }
  const [made] = await writer.create([{ event: item.event, mark, idempotencyKey }], signal)
  if (!made?.ok) return made ?? { ok: false, error: new ChangedMeanwhileError(item.id) }
  const [removed] = await writer.remove([old], signal)
  return removed?.ok === false ? removed : made
}

async function claim(mailbox: ItemMailbox, item: UpdateItem, signal: AbortSignal): Promise<WriteOutcome> {
  const write = () => [markField(formatMark(unfinished(item.mark)))]
  const [result] = await updateItems(mailbox, [{ target: targetOf(item), write }], signal)
  return outcomeOf(result, item.id)
}

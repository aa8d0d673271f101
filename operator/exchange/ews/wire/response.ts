import { TemporaryError } from "../../../core/errors.ts"
import type { BatchSize } from "./batch-size.ts"
import { type EwsProblem, isServerTrouble, isStopped, problemError, readMessageProblem } from "./problem.ts"
import { childOf, descend, type XmlElement } from "./xml-read.ts"

/** What became of one item that was to be written. */
export type WriteResult =
  | { readonly kind: "Done"; readonly id: string; readonly version: string }
  | { readonly kind: "Refused"; readonly problem: EwsProblem }
  /** No answer for it: it may have happened or not. */
  | { readonly kind: "Unknown"; readonly error: TemporaryError }

/** The one message of an operation that has one. Throws the core error of what it tells. */
export function onlyMessage(response: XmlElement): XmlElement {
  return succeeded(messagesIn(response)[0])
}

/** The message, when it says that all went well. Throws the core error of what it tells otherwise. */
export function succeeded(message: XmlElement | undefined): XmlElement {
  if (!message) throw new TemporaryError("Exchange's answer has no message", { reason: "Unreachable" })
  const problem = readMessageProblem(message)
  if (problem) throw problemError(problem)
  return message
}

/** One per item asked, in the same order. */
export function messagesIn(response: XmlElement): readonly XmlElement[] {
  return descend(response, "m:ResponseMessages")?.children ?? []
}

/** While one is answered the next is on its way; more would only wait at a server that writes to a mailbox in turn. */
const batchesAtOnce = 2

/**
 * Sends in batches. One whose answer got lost costs only its own items and makes the next ones smaller; what the server
 * did not come to is sent again. Whatever else stops a batch (the mailbox is gone, the account may not) is thrown as soon
 * as nothing is on its way any more, and nothing is known of the other batches.
 */
export async function writeInBatches<Item>(
  items: readonly Item[],
  batchSize: BatchSize,
  send: (batch: readonly Item[]) => Promise<XmlElement>,
): Promise<readonly WriteResult[]> {
  const results = new Map<number, WriteResult>()
  const open = [...items.entries()]
  const sendNext = async () => {
    const batch = open.splice(0, batchSize.items)
    const sent = batch.map(([, item]) => item)
    const written = untilStopped(await writeBatch(sent, send))
    if (written.some(isLost)) batchSize.shrink(batch.length)
    else if (written.length === batch.length) batchSize.grow()
    for (const [at, result] of written.entries()) results.set(batch[at]?.[0] ?? 0, result)
    open.unshift(...batch.slice(written.length))
  }
  await repeat(sendNext, () => open.length > 0)
  return items.flatMap((_, index) => results.get(index) ?? [])
}

/** Does it again and again while there is something left, some at once. After a failure nothing is begun any more. */
async function repeat(work: () => Promise<void>, isLeft: () => boolean): Promise<void> {
  const failures: unknown[] = []
  const lane = async () => {
    while (failures.length === 0 && isLeft()) await work().catch((failure: unknown) => failures.push(failure))
  }
  await Promise.all(Array.from({ length: batchesAtOnce }, lane))
  if (failures.length > 0) throw failures[0]
}

/** Those behind a failure were not tried. The first of a batch always was: a server that says otherwise makes no way. */
function untilStopped(results: readonly WriteResult[]): readonly WriteResult[] {
  const at = results.findIndex((result, index) => index > 0 && result.kind === "Refused" && isStopped(result.problem))
  return at < 0 ? results : results.slice(0, at)
}

/** A pause that was asked for has nothing to do with how much was sent. */
function isLost(result: WriteResult): boolean {
  return result.kind === "Unknown" && result.error.reason !== "Throttled"
}

async function writeBatch<Item>(
  batch: readonly Item[],
  send: (batch: readonly Item[]) => Promise<XmlElement>,
): Promise<readonly WriteResult[]> {
  try {
    const messages = messagesIn(await send(batch))
    return batch.map((_, index) => resultOf(messages[index]))
  } catch (error) {
    if (!(error instanceof TemporaryError)) throw error
    return batch.map(() => ({ kind: "Unknown", error }))
  }
}

/** Trouble may come after the item was saved. */
function resultOf(message: XmlElement | undefined): WriteResult {
  const problem = message && readMessageProblem(message)
  if (problem) return refusedOrUnknown(problem)
  if (!message) return unanswered()
  const [item] = childOf(message, "m:Items")?.children ?? []
  const { Id: id = "", ChangeKey: version = "" } = childOf(item, "t:ItemId")?.attributes ?? {}
  return { kind: "Done", id, version }
}

/** What was made or changed has an id and a version: an answer without says nothing about which item it was. */
export function withVersion(result: WriteResult): WriteResult {
  return result.kind === "Done" && (result.id === "" || result.version === "") ? unanswered() : result
}

function unanswered(): WriteResult {
  return { kind: "Unknown", error: new TemporaryError("no answer for this item", { reason: "Unreachable" }) }
}

function refusedOrUnknown(problem: EwsProblem): WriteResult {
  const error = isServerTrouble(problem) && !isStopped(problem) ? problemError(problem) : undefined
  return error instanceof TemporaryError ? { kind: "Unknown", error } : { kind: "Refused", problem }
}

import { TemporaryError } from "../../core/errors.ts"
import { type EwsProblem, problemError, readMessageProblem } from "./problem.ts"
import { childOf, descend, type XmlElement } from "./xml-read.ts"

/** What became of one item that was to be written. */
export type WriteResult =
  | { readonly kind: "Done"; readonly id: string; readonly version: string }
  | { readonly kind: "Refused"; readonly problem: EwsProblem }
  /** No answer for it: it may have happened or not. */
  | { readonly kind: "Unknown"; readonly error: TemporaryError }

/** The one message of an operation that has one. Throws the core error of what it tells. */
export function onlyMessage(response: XmlElement): XmlElement {
  const [message] = messagesIn(response)
  if (!message) throw new TemporaryError("Exchange's answer has no message", { reason: "Unreachable" })
  const problem = readMessageProblem(message)
  if (problem) throw problemError(problem)
  return message
}

/** One per item asked, in the same order. */
export function messagesIn(response: XmlElement): readonly XmlElement[] {
  return descend(response, "m:ResponseMessages")?.children ?? []
}

/**
 * Sends in batches, one after the other. A batch whose answer got lost costs only its own items; whatever else stops one
 * (the mailbox is gone, the account may not) is thrown, and nothing is known of the batches before.
 */
export async function writeInBatches<Item>(
  items: readonly Item[],
  send: (batch: readonly Item[]) => Promise<XmlElement>,
): Promise<readonly WriteResult[]> {
  const results: WriteResult[] = []
  for (const batch of batchesOf(items, writesPerCall)) results.push(...(await writeBatch(batch, send)))
  return results
}

export function* batchesOf<Item>(items: readonly Item[], size: number): Generator<readonly Item[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size)
}

/** A busy server stops within a batch; a longer one would only be cut off later. */
const writesPerCall = 100

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

function resultOf(message: XmlElement | undefined): WriteResult {
  const problem = message && readMessageProblem(message)
  if (problem) return { kind: "Refused", problem }
  if (!message)
    return { kind: "Unknown", error: new TemporaryError("no answer for this item", { reason: "Unreachable" }) }
  const [item] = childOf(message, "m:Items")?.children ?? []
  const { Id: id = "", ChangeKey: version = "" } = childOf(item, "t:ItemId")?.attributes ?? {}
  return { kind: "Done", id, version }
}

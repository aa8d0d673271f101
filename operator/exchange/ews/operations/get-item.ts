import type { EwsVersion } from "../../../core/exchange-settings.ts"
import { eventShape, headShape } from "../event/item-fields.ts"
import { type EwsItem, readItem } from "../event/read-event.ts"
import {
  type EwsProblem,
  isServerTrouble,
  isStopped,
  problemError,
  readMessageProblem,
  tookTooLong,
} from "../wire/problem.ts"
import { messagesIn } from "../wire/response.ts"
import { childOf, type XmlElement } from "../wire/xml-read.ts"
import { element } from "../wire/xml-write.ts"
import { askForItems, type ItemMailbox, type ItemTarget, itemId } from "./mailbox.ts"

/** What reading one item came to. `Unreadable`: it is there, but is no calendar item. */
export type Look =
  | { readonly kind: "Found"; readonly item: EwsItem }
  | { readonly kind: "Refused"; readonly problem: EwsProblem }
  | { readonly kind: "Unreadable" }

/** `Event`: all of it. `Head`: its version and mark, whether it recurs and whether people are invited. */
export type LookRequest = { readonly targets: readonly ItemTarget[]; readonly shape: "Event" | "Head" }

/**
 * Items, one look for each asked, in their order and in pieces as they come, because bodies make many at once heavy. While
 * one piece is read the next is on its way. Throws a core error when a call as a whole fails.
 * https://learn.microsoft.com/exchange/client-developer/web-service-reference/getitem-operation
 */
export async function* lookAtItems(
  mailbox: ItemMailbox,
  { targets, shape }: LookRequest,
  signal: AbortSignal,
): AsyncGenerator<readonly Look[], void> {
  const left = [...targets]
  const begin = (): Promise<readonly Look[]> | undefined => {
    const piece = left.splice(0, mailbox.batchSize.items)
    return piece.length === 0 ? undefined : lookAtPiece(mailbox, { targets: piece, shape }, signal)
  }
  let [current, next] = [begin(), begin()]
  while (current !== undefined) {
    next?.catch(() => {}) // told when it is its turn
    yield await current
    ;[current, next] = [next, begin()]
  }
}

/** All of a piece, in smaller calls when it is too much for one. */
async function lookAtPiece(
  mailbox: ItemMailbox,
  { targets, shape }: LookRequest,
  signal: AbortSignal,
): Promise<readonly Look[]> {
  const looks: Look[] = []
  while (looks.length < targets.length) {
    const rest = targets.slice(looks.length, looks.length + mailbox.batchSize.items)
    looks.push(...(await lookAtBatch(mailbox, { targets: rest, shape }, signal)))
  }
  return looks
}

/** All looks together, where items are few or light. */
export async function getItems(
  mailbox: ItemMailbox,
  request: LookRequest,
  signal: AbortSignal,
): Promise<readonly Look[]> {
  const looks: Look[] = []
  for await (const piece of lookAtItems(mailbox, request, signal)) looks.push(...piece)
  return looks
}

/** The looks at the first of them: none when all were too many at once, which the batch size remembers. */
async function lookAtBatch(
  mailbox: ItemMailbox,
  { targets, shape }: LookRequest,
  signal: AbortSignal,
): Promise<readonly Look[]> {
  try {
    const looks = untilStopped(await ask(mailbox, { targets, shape }, signal))
    if (looks.length === targets.length) mailbox.batchSize.grow()
    return await withSecondTry(mailbox, { targets: targets.slice(0, looks.length), shape }, looks, signal)
  } catch (error) {
    if (tookTooLong(error) && targets.length > 1 && mailbox.batchSize.shrink(targets.length)) return []
    throw error
  }
}

/** Trouble with an item passes, or is the item's own: those are asked for once more. */
async function withSecondTry(
  mailbox: ItemMailbox,
  { targets, shape }: LookRequest,
  looks: readonly Look[],
  signal: AbortSignal,
): Promise<readonly Look[]> {
  const again = targets.filter((_, index) => isTroubled(looks[index]))
  if (again.length === 0) return looks
  const second = await ask(mailbox, { targets: again, shape }, signal)
  const [first] = second
  // Nothing but trouble is the server's and not that of an item.
  if (again.length === targets.length && again.length > 1 && first?.kind === "Refused" && second.every(isTroubled))
    throw problemError(first.problem)
  const found = new Map(again.map((target, index) => [target, second[index]]))
  return looks.map((look, index) => (targets[index] && found.get(targets[index])) ?? look)
}

async function ask(
  mailbox: ItemMailbox,
  { targets, shape }: LookRequest,
  signal: AbortSignal,
): Promise<readonly Look[]> {
  const request = (version: EwsVersion) => {
    const fields = shape === "Event" ? eventShape(version) : headShape()
    return element("m:GetItem", {}, fields, element("m:ItemIds", {}, ...targets.map(itemId)))
  }
  const messages = messagesIn(await askForItems(mailbox, request, signal))
  return targets.map((_, index) => lookOf(messages[index]))
}

/** Those behind a failure may not have been tried: they are asked for anew. The first of a call always was. */
function untilStopped(looks: readonly Look[]): readonly Look[] {
  const at = looks.findIndex((look, index) => index > 0 && look.kind === "Refused" && isStopped(look.problem))
  return at < 0 ? looks : looks.slice(0, at)
}

function isTroubled(look: Look | undefined): boolean {
  return look?.kind === "Refused" && isServerTrouble(look.problem)
}

function lookOf(message: XmlElement | undefined): Look {
  const problem = message && readMessageProblem(message)
  if (problem) return { kind: "Refused", problem }
  const [found] = childOf(message, "m:Items")?.children ?? []
  const item = found && readItem(found)
  return item ? { kind: "Found", item } : { kind: "Unreadable" }
}

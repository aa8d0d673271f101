import { NeedsAttentionError, reasonOf, TemporaryError } from "../core/errors.ts"
import type { Operation } from "../core/operation.ts"
import type { CalendarWriter, WriteOutcome } from "../core/ports.ts"
import { startInstant } from "../core/time.ts"

export type Applied = {
  /** One per operation that was tried, in the order of trying. */
  readonly results: readonly AppliedOperation[]
  /** What ended the writing early: the rest was not tried. */
  readonly stopped?: TemporaryError | NeedsAttentionError
}

export type AppliedOperation = { readonly operation: Operation; readonly outcome: WriteOutcome }

export type ApplyRequest = {
  readonly operations: readonly Operation[]
  readonly writer: CalendarWriter
  /** Where the calendar is on its way: what is near is written first. */
  readonly now: Temporal.Instant
  readonly onProgress?: ((done: number) => void) | undefined
}

/**
 * Operations handed over at once, where the writer does not ask for more: a crash leaves at most so many answers unread,
 * progress shows in such steps, and so many events of every mailbox that is written are in memory as requests.
 */
const usualSlice = 100

/**
 * Writes a plan in slices, nearest events first and deletions last. One item's failure is its own result. Throws only
 * what is neither an item's failure nor a core error: an abort, a lost lease, a bug.
 */
export async function applyPlan(request: ApplyRequest, signal: AbortSignal): Promise<Applied> {
  const results: AppliedOperation[] = []
  for (const slice of slicesOf(request)) {
    signal.throwIfAborted()
    const operations = withoutUnreplaced(slice, results)
    try {
      results.push(...(await writeSlice(operations, request.writer, signal)))
    } catch (error) {
      if (error instanceof TemporaryError || error instanceof NeedsAttentionError) return { results, stopped: error }
      throw error
    }
    request.onProgress?.(results.length)
  }
  return { results }
}

/** Slices of one kind each. The order of kinds: put right what is there, add, and only then take away. */
function slicesOf({ operations, now, writer }: ApplyRequest): readonly (readonly Operation[])[] {
  const sliceSize = writer.itemsAtOnce ?? usualSlice
  const kinds = ["adopt", "update", "restore", "create", "strip", "remove"] as const
  return kinds.flatMap(kind => {
    const sorted = nearestFirst(
      operations.filter(operation => operation.kind === kind),
      now,
    )
    return Array.from({ length: Math.ceil(sorted.length / sliceSize) }, (_, index) =>
      sorted.slice(index * sliceSize, (index + 1) * sliceSize),
    )
  })
}

/** The first load of a big calendar takes hours; today and tomorrow should not wait for next summer. */
function nearestFirst(operations: readonly Operation[], now: Temporal.Instant): readonly Operation[] {
  const distance = (operation: Operation) =>
    "item" in operation
      ? Math.abs(startInstant(operation.item.event.time, "UTC").epochMilliseconds - now.epochMilliseconds)
      : 0
  return operations
    .map(operation => ({ operation, distance: distance(operation) }))
    .toSorted((a, b) => a.distance - b.distance)
    .map(({ operation }) => operation)
}

/**
 * What an event was before it changed its shape (single events, or one in all) stays until its new shape is there, also
 * where the new one means other days: an event in the old place is better than none.
 */
export function withoutUnreplaced(
  operations: readonly Operation[],
  results: readonly AppliedOperation[],
): readonly Operation[] {
  const missing = new Set(
    results.flatMap(({ operation, outcome }) =>
      operation.kind === "create" && !outcome.ok
        ? [newShapeOf(operation.mark.key, operation.item.occurrence === undefined)]
        : [],
    ),
  )
  if (missing.size === 0) return operations
  return operations.filter(
    operation =>
      !(operation.kind === "remove" && missing.has(newShapeOf(operation.key, operation.occurrence !== undefined))),
  )
}

/** An event, and whether its new shape is one in all. */
function newShapeOf(key: string, isWhole: boolean): string {
  return `${isWhole} ${key}`
}

async function writeSlice(
  operations: readonly Operation[],
  writer: CalendarWriter,
  signal: AbortSignal,
): Promise<readonly AppliedOperation[]> {
  const [first] = operations
  if (!first) return []
  const outcomes = await write(first.kind, operations, writer, signal)
  return operations.map((operation, index) => ({ operation, outcome: outcomes[index] ?? unanswered }))
}

const unanswered: WriteOutcome = {
  ok: false,
  error: new TemporaryError("the calendar gave no answer for this item", { reason: "Unreachable" }),
}

/** Every operation of a slice is of this kind; the filters only tell the compiler so. */
async function write(
  kind: Operation["kind"],
  operations: readonly Operation[],
  writer: CalendarWriter,
  signal: AbortSignal,
): Promise<readonly WriteOutcome[]> {
  switch (kind) {
    case "create":
      return writer.create(operations.filter(isCreate).map(toCreateItem), signal)
    case "update":
    case "restore":
    case "adopt":
      return writer.update(operations.filter(isRewrite).map(toUpdateItem), signal)
    case "strip":
      return writer.stripMark(operations.filter(isOfCopy).map(toItemVersion), signal)
    case "remove":
      return writer.remove(operations.filter(isOfCopy).map(toItemVersion), signal)
    default:
      return kind satisfies never
  }
}

type Create = Extract<Operation, { kind: "create" }>
type Rewrite = Extract<Operation, { kind: "update" | "restore" | "adopt" }>
type OfCopy = Extract<Operation, { kind: "strip" | "remove" }>

function isCreate(operation: Operation): operation is Create {
  return operation.kind === "create"
}

function isRewrite(operation: Operation): operation is Rewrite {
  return operation.kind === "update" || operation.kind === "restore" || operation.kind === "adopt"
}

function isOfCopy(operation: Operation): operation is OfCopy {
  return operation.kind === "strip" || operation.kind === "remove"
}

function toCreateItem({ item, mark, idempotencyKey }: Create) {
  return { event: item.event, mark, idempotencyKey }
}

function toUpdateItem({ item, mark, copy }: Rewrite) {
  return { ...copy, event: item.event, mark }
}

function toItemVersion({ copy }: OfCopy) {
  return copy
}

/** Whether an outcome leaves no doubt about what is in the mailbox now. */
export function isCertain({ outcome }: AppliedOperation): boolean {
  return outcome.ok || outcome.error instanceof NeedsAttentionError || reasonOf(outcome.error) === "ChangedMeanwhile"
}

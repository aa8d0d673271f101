import type { Random } from "../fakes/random.ts"
import type { Admin } from "../simulators/exchange/admin.ts"
import type { Fault } from "../simulators/exchange/faults.ts"
import type { Switches } from "../simulators/exchange/store/switches.ts"

/** What may go wrong between us and Exchange, and what its documentation leaves open. */

/** How Exchange is spoken to. */
export type Backend = "graph" | "ews"

const graphOperations = [
  undefined,
  "batch",
  "events",
  "events.create",
  "events.update",
  "events.delete",
  "events.list",
  "events.get",
  "calendarView.delta",
  "instances.list",
  "token",
] as const

const ewsOperations = [
  undefined,
  "ews.CreateItem",
  "ews.UpdateItem",
  "ews.DeleteItem",
  "ews.GetItem",
  "ews.FindItem",
  "ews.SyncFolderItems",
  "ews.GetFolder",
] as const

export function breakSomething(admin: Admin, backend: Backend, random: Random): void {
  const operation = backend === "graph" ? random.pick(graphOperations) : random.pick(ewsOperations)
  admin.seedFaults(random.between(1, 2 ** 30))
  admin.addFault({
    ...(operation === undefined ? {} : { operation }),
    probability: random.pick([0.2, 0.5, 1] as const),
    times: random.between(1, 6),
    after: random.between(0, 3),
    ...random.pick(backend === "graph" ? graphTroubles(random, operation) : ewsTroubles(random, operation)),
  })
}

type Trouble = Fault extends infer One ? (One extends Fault ? Omit<One, "mailbox" | "operation"> : never) : never

type Troubles = readonly [Trouble, ...Trouble[]]

function status(status: number, rest: object = {}) {
  return { kind: "status", status, ...rest } as const
}

function graphTroubles(random: Random, operation: string | undefined): Troubles {
  return [
    status(429, { retryAfter: random.pick([1, 10, 300] as const) }),
    status(429),
    status(503, { retryAfter: 2 }),
    status(503, { text: "<html>upstream connect error</html>" }),
    status(502),
    status(504),
    { kind: "drop", when: "before" },
    { kind: "drop", when: "after" },
    { kind: "drop", when: "midBody" },
    { kind: "delayedCommit", delayMs: random.pick([0, 2, 6] as const) },
    ...(operation === "calendarView.delta" ? [status(410)] : []),
    ...(operation === "events.update" || operation === "events.delete" ? [status(412), status(409)] : []),
    ...(operation === "events.list" || operation === "events.get" ? [status(404)] : []),
  ]
}

/** A fault is HTTP 500 with a code; 200 with a code is the problem of single items. */
function ewsTroubles(random: Random, operation: string | undefined): Troubles {
  return [
    status(500, { code: "ErrorServerBusy", retryAfter: random.pick([1, 10, 300] as const) }),
    status(500, { code: "ErrorServerBusy" }),
    status(500, { code: "ErrorInternalServerTransientError" }),
    status(500, { code: "ErrorMailboxMoveInProgress" }),
    status(200, { code: "ErrorTimeoutExpired" }),
    status(200, { code: "ErrorInternalServerTransientError" }),
    status(503, { retryAfter: 2 }),
    status(503, { text: "<html>upstream connect error</html>" }),
    status(502),
    status(504),
    { kind: "drop", when: "before" },
    { kind: "drop", when: "after" },
    { kind: "drop", when: "midBody" },
    { kind: "delayedCommit", delayMs: random.pick([0, 2, 6] as const) },
    ...(operation === "ews.UpdateItem" ? [status(200, { code: "ErrorIrresolvableConflict" })] : []),
    ...(operation === "ews.SyncFolderItems" ? [status(200, { code: "ErrorInvalidSyncStateData" })] : []),
    ...(operation === "ews.GetItem" ? [status(200, { code: "ErrorItemNotFound" })] : []),
  ]
}

export function someSwitches(random: Random): Partial<Switches> {
  const either = () => random.chance(0.5)
  return {
    ifMatchStatus: random.pick([412, 409] as const),
    deleteHonoursIfMatch: either(),
    deletedStayReachable: either(),
    transactionIdRepeat: random.pick(["sameEvent", "error"] as const),
    transactionIdStatus: random.pick([409, 400] as const),
    transactionIdNamesEvent: either(),
    patternChangeDropsExceptions: either(),
    occurrencesInheritProperties: either(),
    deltaNamesOccurrencesOfDeletedSeries: either(),
    deltaTombstonesOutOfWindow: either(),
    deltaShuffles: either(),
    deltaDuplicates: either(),
    deltaEmptyPages: either(),
    concurrencyStatus: random.pick([429, 503] as const),
    retryAfterSeconds: random.pick([1, undefined] as const),
    batchShuffles: either(),
  }
}

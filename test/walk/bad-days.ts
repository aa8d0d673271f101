import type { Random } from "../fakes/random.ts"
import type { Admin } from "../simulators/exchange/admin.ts"
import type { Fault } from "../simulators/exchange/faults.ts"
import type { Switches } from "../simulators/exchange/store/switches.ts"

/** What may go wrong between us and Exchange, and what its documentation leaves open. */

const operations = [
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

export function breakSomething(admin: Admin, random: Random): void {
  const operation = random.pick(operations)
  admin.seedFaults(random.between(1, 2 ** 30))
  admin.addFault({
    ...(operation === undefined ? {} : { operation }),
    probability: random.pick([0.2, 0.5, 1] as const),
    times: random.between(1, 6),
    after: random.between(0, 3),
    ...someTrouble(random, operation),
  })
}

type Trouble = Fault extends infer One ? (One extends Fault ? Omit<One, "mailbox" | "operation"> : never) : never

function someTrouble(random: Random, operation: string | undefined): Trouble {
  const status = (status: number, rest: object = {}) => ({ kind: "status", status, ...rest }) as const
  const troubles: readonly [Trouble, ...Trouble[]] = [
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
  return random.pick(troubles)
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

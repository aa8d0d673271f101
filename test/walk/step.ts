import type { Random } from "../fakes/random.ts"

/** What may happen, and how often compared with the rest. `settle` is where promises are looked at. */
const weights = {
  sourceAdds: 4,
  sourceChanges: 6,
  sourceRekeys: 1,
  sourceRemoves: 1,
  userCreates: 1,
  userRetitles: 2,
  userMoves: 3,
  userReshapes: 1,
  userRecurs: 1,
  userDeletes: 2,
  userDeletesOccurrence: 2,
  userDuplicates: 2,
  userMovesToOtherCalendar: 1,
  userInvitesGuests: 0.5,
  timePasses: 3,
  policyChanges: 1,
  bindingRenamed: 0.5,
  statusLost: 0.5,
  tokensRevoked: 0.5,
  deltaTokensLost: 0.5,
  mailboxMissing: 0.5,
  mailboxMoves: 0.7,
  switchesTurned: 1,
  somethingBreaks: 4,
  pass: 4,
  passWhileUserWorks: 3,
  passKilled: 3,
  passOverHalfASource: 1,
  passWithoutLeadership: 1,
  passesAtOnce: 1.5,
  passOfTwoProcesses: 0.7,
  reopen: 0.5,
} as const

export type StepKind = keyof typeof weights | "settle"

/** Each step has chance of its own: taking others away leaves what it does nearly as it was. */
export type Step = { readonly kind: StepKind; readonly seed: number }

/** So many things may go wrong together before all must be well again. */
const stepsBetweenSettling = 8

export function randomSteps(random: Random, count: number): readonly Step[] {
  return Array.from({ length: count }, (_, index) => {
    const isTimeToSettle = index % (stepsBetweenSettling + 1) === stepsBetweenSettling || index === count - 1
    return { kind: isTimeToSettle ? "settle" : someKind(random), seed: random.between(1, 2 ** 30) }
  })
}

const kinds = Object.entries(weights).flatMap(([kind, weight]) => (isKind(kind) ? [{ kind, weight }] : []))
const total = kinds.reduce((sum, { weight }) => sum + weight, 0)

function someKind(random: Random): StepKind {
  let left = random.next() * total
  for (const { kind, weight } of kinds) {
    left -= weight
    if (left < 0) return kind
  }
  return "pass"
}

function isKind(text: string): text is keyof typeof weights {
  return text in weights
}

export function formatSteps(steps: readonly Step[]): string {
  return steps.map(({ kind, seed }) => `${kind}:${seed}`).join(" ")
}

/** The inverse of `formatSteps`, so that a shrunken walk can be repeated. */
export function parseSteps(text: string): readonly Step[] {
  return text.split(/\s+/).flatMap(part => {
    const [kind = "", seed] = part.split(":")
    return kind === "settle" || isKind(kind) ? [{ kind, seed: Number(seed) }] : []
  })
}

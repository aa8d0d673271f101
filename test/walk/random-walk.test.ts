import { test } from "node:test"
import { Random } from "../fakes/random.ts"
import { MailboxWalk, type Tell } from "./mailbox-walk.ts"
import { shrink } from "./shrink.ts"
import { formatSteps, parseSteps, randomSteps, type Step } from "./step.ts"

/*
 * Whole passes over the simulated Exchange, through the adapter and over the wire, while everything happens that may: the
 * source changes, people work in Outlook, answers get lost, processes end, tokens are revoked, time goes on.
 *
 *   always        what is not ours is never touched; no pass takes away what the source wants; nobody is mailed
 *   when settled  the calendar shows what a new mailbox would, nothing twice; the next pass writes nothing and costs one
 *                 request
 *
 * The seed is printed: WALK_SEED repeats a walk, WALK_STEPS and WALKS make it longer. A walk that fails is shortened for
 * WALK_SHRINK_S seconds, and WALK_LIST takes the list of steps it is shortened to; WALK_TELL=1 tells what happens on it.
 */
// The same walks every time, so that a change is blamed for what it broke; new ground with `WALK_SEED=random`.
const asked = process.env["WALK_SEED"] ?? "20261125"
const seed = asked === "random" ? Math.floor(Math.random() * 2 ** 31) : Number(asked)
const steps = Number(process.env["WALK_STEPS"] ?? 45)
const walks = Number(process.env["WALKS"] ?? 12)
const shrinkMs = Number(process.env["WALK_SHRINK_S"] ?? 20) * 1_000
const list = process.env["WALK_LIST"]
const tell: Tell | undefined = process.env["WALK_TELL"]
  ? (what, more) => console.error(what, JSON.stringify(more))
  : undefined

test(`a mailbox finds its way back over the wire (WALK_SEED=${seed}, ${walks} walks of ${steps} steps)`, async t => {
  t.diagnostic(`WALK_SEED=${seed}`)
  for (let walk = 0; walk < walks; walk++) {
    const planned = list === undefined ? randomSteps(new Random(seed + walk), steps) : parseSteps(list)
    const broken = await follow(seed + walk, planned)
    if (broken) throw await explained(seed + walk, planned, broken)
    if (list !== undefined) return
  }
})

type Broken = { readonly error: unknown; readonly at: number }

/** What went wrong on the way, if anything did. */
async function follow(seed: number, steps: readonly Step[]): Promise<Broken | undefined> {
  const walk = await MailboxWalk.begin(seed, tell)
  let at = 0
  try {
    for (const step of steps) {
      at += 1
      await walk.take(step)
    }
    return undefined
  } catch (error) {
    return { error, at }
  } finally {
    await walk.close()
  }
}

async function explained(seed: number, steps: readonly Step[], broken: Broken): Promise<Error> {
  const until = performance.now() + shrinkMs
  const isAlike = async (steps: readonly Step[]) => {
    const again = await follow(seed, steps)
    return again !== undefined && kindOf(again.error) === kindOf(broken.error)
  }
  const shortest = await shrink(steps.slice(0, broken.at), isAlike, until)
  const replay = `WALK_SEED=${seed} WALK_LIST="${formatSteps(shortest)}"`
  const cause = (await follow(seed, shortest))?.error ?? broken.error
  const text = cause instanceof Error ? cause.message : String(cause)
  return new Error(`step ${broken.at} of WALK_SEED=${seed} WALKS=1 broke a promise; shorter: ${replay}\n${text}`, {
    cause,
  })
}

/** The first words tell promises apart; the numbers in them differ from walk to walk. */
function kindOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return text.split(/[\n:]/)[0]?.slice(0, 60) ?? ""
}

import assert from "node:assert/strict"
import { setTimeout as wait } from "node:timers/promises"
import { NeedsAttentionError, TemporaryError } from "../../operator/core/errors.ts"
import { keyHash } from "../../operator/core/origin.ts"
import type { Calendar, ExchangeConnection } from "../../operator/core/ports.ts"
import { openConnection } from "../../operator/exchange/index.ts"
import type { SyncReport } from "../../operator/sync/report.ts"
import { addServiceAccount, ewsSettingsFor, settingsFor } from "../exchange/simulated.ts"
import { Random } from "../fakes/random.ts"
import { type RunningExchange, startExchange } from "../simulators/exchange/start-exchange.ts"
import { type Backend, breakSomething, someSwitches } from "./bad-days.ts"
import { LeapingClock } from "./leaping-clock.ts"
import { People } from "./people.ts"
import { changedEvent } from "./some-event.ts"
import type { Step } from "./step.ts"
import { isQuiet, type PassOver, WalkingSync } from "./walking-sync.ts"
import { itemsIn, marksIn, type Place, shownIn } from "./what-is-there.ts"

const mailbox = "anna@contoso.example"
/** A pass may wait for an approval, and for what the one before it left in doubt. */
const passesToQuiet = 6
/** The longest that a commit may come after its answer. */
const latestCommitMs = 15
/** More than one batch of writes takes. */
const termsAtOnce = 24
/** Where clocks change, where years end, and where February is long. */
const beginnings = ["2026-10-18", "2027-03-08", "2026-12-20", "2028-02-15"] as const

/** The walk's own promises broke; everything else that is thrown is a bug as well. */
export class BrokenPromise extends Error {
  override readonly name = "BrokenPromise"
}

export type Tell = (what: string, more: unknown) => void

/** One mailbox, one or two syncs, and everything that may happen to them. */
export class MailboxWalk {
  readonly #exchange: RunningExchange
  readonly #tell: Tell
  readonly #people: People
  readonly #syncs: readonly WalkingSync[]
  readonly #mayDuplicate: boolean
  /** In which the days of the mailbox begin. */
  readonly #timeZone: string
  readonly #clock = new LeapingClock()
  readonly #credential: { readonly clientId: string; readonly secret: string }
  /** Whether the mailbox moves between Exchange Server and Exchange Online on its way. */
  readonly #moves: boolean
  #backend: Backend
  /** To the mailboxes compared with. */
  #elsewhere: ExchangeConnection
  #connection: ExchangeConnection
  #now: Temporal.Instant
  #mailboxes = 0
  #requests = 0
  #mayWrite: () => void = () => {}
  /** Called with the number of every request, after its answer. */
  #onRequest: (count: number) => void = () => {}

  /** `tell` hears of every step, request and report, for people who look into a walk. */
  static async begin(seed: number, tell: Tell = () => {}): Promise<MailboxWalk> {
    return new MailboxWalk(await startExchange(), new Random(seed), tell)
  }

  private constructor(exchange: RunningExchange, random: Random, tell: Tell) {
    const { admin } = exchange
    this.#exchange = exchange
    this.#tell = tell
    this.#credential = admin.addApp()
    this.#now = Temporal.Instant.from(`${random.pick(beginnings)}T10:20:00Z`)
    admin.freeze(this.#now.toString())
    admin.setSwitches(someSwitches(random))
    this.#timeZone = random.pick(["UTC", "Romance Standard Time", "New Zealand Standard Time"] as const)
    admin.addMailbox({ address: mailbox, timeZone: this.#timeZone })
    this.#people = new People(admin, mailbox)
    const matchExisting = random.chance(0.3)
    // A duplicate would rightly be taken for what the source wants, by a first sync that looks for matches.
    this.#mayDuplicate = !matchExisting
    const others = ["none", "default", "named"] as const
    const other = random.pick(others)
    const today = () => this.#today
    const first = new WalkingSync({ name: "first", calendar: { kind: "Default" }, matchExisting, today })
    const calendar = other === "named" ? ({ kind: "Named", name: "Timetable" } as const) : first.calendar
    const second = new WalkingSync({ name: "second", calendar, matchExisting, today })
    this.#syncs = other === "none" ? [first] : [first, second]
    addServiceAccount(exchange)
    this.#backend = random.pick(["graph", "ews"] as const)
    this.#moves = random.chance(0.3)
    this.#elsewhere = this.#open()
    this.#connection = this.#open()
  }

  async close(): Promise<void> {
    await this.#connection.close()
    await this.#elsewhere.close()
    await this.#exchange.close()
  }

  async take(step: Step): Promise<void> {
    this.#tell(step.kind, this.#now.toString())
    const before = this.#copiedKeys()
    await this.#do(step, new Random(step.seed))
    if (isOursAlone(step)) this.#assertNothingLost(before)
    this.#people.assertNothingTouched(step.kind)
    assert.deepEqual(this.#exchange.admin.outbox(), [], "nobody is mailed")
  }

  async #do({ kind }: Step, random: Random): Promise<void> {
    const { admin } = this.#exchange
    const sync = random.pick(this.#syncs)
    if (!sync) return
    switch (kind) {
      case "sourceAdds": {
        const count = random.chance(0.1) ? termsAtOnce : 1
        for (let added = 0; added < count; added += 1) sync.source.add(random)
        return
      }
      case "sourceChanges":
        return sync.source.change(random, event => changedEvent(event, random, this.#today))
      case "sourceRekeys":
        return sync.source.rekey(random)
      case "sourceRemoves":
        return sync.source.remove(random)
      case "userCreates":
        return this.#people.create(random, this.#today)
      case "userRetitles":
        return this.#people.retitle(random)
      case "userMoves":
        return this.#people.move(random)
      case "userReshapes":
        return this.#people.reshape(random, this.#today)
      case "userRecurs":
        return this.#people.recur(random, this.#today)
      case "userDeletes":
        return this.#people.delete(random)
      case "userDeletesOccurrence":
        return this.#people.deleteOccurrence(random)
      case "userDuplicates":
        return this.#mayDuplicate ? this.#duplicate(random) : undefined
      case "userMovesToOtherCalendar":
        return this.#people.moveToOtherCalendar(random)
      case "userInvitesGuests":
        return this.#people.inviteGuests(random)
      case "timePasses":
        return this.#advance({ hours: random.pick([1, 1, 5, 13, 24, 48, 24 * 8] as const) })
      case "policyChanges":
        return sync.changePolicy(random)
      case "bindingRenamed":
        return sync.rename()
      case "statusLost":
        return sync.forgetStatus()
      case "tokensRevoked":
        return admin.revokeTokens()
      case "deltaTokensLost":
        return admin.forgetDeltaTokens()
      case "mailboxMissing":
        return admin.setMailboxState(mailbox, random.pick(["missing", "onPremises", "softDeleted"] as const))
      case "mailboxMoves":
        return this.#move()
      case "switchesTurned":
        return admin.setSwitches(someSwitches(random))
      case "somethingBreaks":
        return breakSomething(admin, this.#backend, random)
      case "pass":
        return this.#pass(sync, random)
      case "passWhileUserWorks":
        return this.#passWhileUserWorks(sync, random)
      case "passKilled":
        return this.#passKilled(sync, random)
      case "passOverHalfASource":
        return this.#pass(sync, random, { onlyFirst: Math.floor(sync.source.keys.length / 2) })
      case "passWithoutLeadership":
        return this.#passWithoutLeadership(sync, random)
      case "passesAtOnce":
        return this.#passesAtOnce(random)
      case "passOfTwoProcesses":
        return this.#passOfTwoProcesses(sync)
      case "reopen":
        return this.#reopen()
      case "settle":
        return this.#settle()
      default:
        kind satisfies never
    }
  }

  /** Not within an hour of its writing: then, without its original, it could not be told from it (exchange/ews/copy.ts). */
  #duplicate(random: Random): void {
    this.#advance({ hours: 2 })
    this.#people.duplicate(random)
  }

  async #pass(
    sync: WalkingSync,
    random: Random,
    { signal = never(), ...over }: { readonly signal?: AbortSignal; readonly onlyFirst?: number } = {},
  ): Promise<void> {
    this.#advance({ minutes: 1 })
    const kind = random.chance(0.25) ? "Full" : "Incremental"
    await expectingTrouble(this.#passOf(sync, { kind, ...over }, signal), signal)
  }

  async #passOf(
    sync: WalkingSync,
    over: Partial<PassOver> & Pick<PassOver, "kind">,
    signal: AbortSignal,
  ): Promise<SyncReport> {
    const report = await sync.pass({ ...this.#over(sync), ...over }, signal)
    this.#tell(`  ${over.kind} pass`, brief(report))
    return report
  }

  /** The lease is lost in the middle: nothing more is written, and the pass ends as it can. */
  async #passWithoutLeadership(sync: WalkingSync, random: Random): Promise<void> {
    let writes = random.between(0, 2)
    this.#mayWrite = () => {
      writes -= 1
      if (writes < 0) throw new LeadershipLost("somebody else leads now")
    }
    await this.#pass(sync, random)
    this.#mayWrite = () => {}
  }

  /** All syncs of the mailbox run at the same time, as they may. */
  async #passesAtOnce(random: Random): Promise<void> {
    await Promise.all(this.#syncs.map(sync => this.#pass(sync, random)))
  }

  /** A leader that was thought dead ends its pass while the new one begins: of the same pass, under the same names. */
  async #passOfTwoProcesses(sync: WalkingSync): Promise<void> {
    this.#advance({ minutes: 1 })
    const other = this.#open()
    const over = { ...this.#over(sync), kind: "Incremental" } as const
    const elsewhere = { ...over, mailbox: opened(other, mailbox, sync) }
    const passes = [sync.pass(over, never()), sync.pass(elsewhere, never())]
    await Promise.all(passes.map(pass => expectingTrouble(pass, never())))
    await other.close()
  }

  async #passWhileUserWorks(sync: WalkingSync, random: Random): Promise<void> {
    const at = random.between(1, 6)
    this.#onRequest = count => {
      if (count % at !== 0) return
      random.pick([
        () => this.#people.delete(random),
        () => this.#people.deleteOccurrence(random),
        () => this.#people.move(random),
        () => this.#people.retitle(random),
        () => this.#people.moveToOtherCalendar(random),
      ])()
    }
    await this.#pass(sync, random)
    this.#onRequest = () => {}
  }

  /** The process ends at some request: its answer is never read, and nobody remembers the pass. */
  async #passKilled(sync: WalkingSync, random: Random): Promise<void> {
    const end = new AbortController()
    const at = random.between(1, 8)
    this.#onRequest = count => {
      if (count === at) end.abort(new Error("the process ends here"))
    }
    await this.#pass(sync, random, { signal: end.signal })
    this.#onRequest = () => {}
    await this.#reopen()
  }

  async #reopen(): Promise<void> {
    await this.#connection.close()
    this.#connection = this.#open()
  }

  /** From Exchange Server to Exchange Online, or back: another connection, the same calendar. */
  async #move(): Promise<void> {
    if (!this.#moves) return
    this.#backend = this.#backend === "graph" ? "ews" : "graph"
    await this.#elsewhere.close()
    this.#elsewhere = this.#open()
    await this.#reopen()
  }

  /** All is well again: then a few passes bring the mailbox to where a new one would be, and the next does nothing. */
  async #settle(): Promise<void> {
    const { admin } = this.#exchange
    admin.clearFaults()
    admin.setMailboxState(mailbox, "present")
    await wait(latestCommitMs)
    this.#clock.advance(600_000)
    this.#awaitMidnight()
    this.#people.uninviteGuests()
    for (const sync of this.#syncs) sync.insist()
    await this.#passUntilQuiet()
    for (const sync of this.#syncs) await this.#assertIdle(sync)
    await this.#assertAsNew()
  }

  /** The window moves on with the day, which costs a request: not while it is told how few there are. */
  #awaitMidnight(): void {
    const soon = this.#now.add({ minutes: 5 }).toZonedDateTimeISO("UTC").toPlainDate()
    if (!soon.equals(this.#today)) this.#advance({ minutes: 5 })
  }

  async #passUntilQuiet(): Promise<void> {
    const reports: SyncReport[] = []
    for (let passes = 0; passes < passesToQuiet; passes += 1) {
      const round: SyncReport[] = []
      for (const sync of this.#syncs) {
        this.#advance({ seconds: 1 })
        round.push(await this.#passOf(sync, { kind: "Incremental" }, never()))
      }
      if (round.every(isQuiet)) return
      reports.push(...round)
    }
    throw new BrokenPromise(`no pass was quiet: ${JSON.stringify(reports.map(brief))}`)
  }

  async #assertIdle(sync: WalkingSync): Promise<void> {
    this.#advance({ seconds: 1 })
    const report = await this.#passOf(sync, { kind: "Incremental" }, never())
    assert.ok(isQuiet(report), `a second pass plans nothing: ${JSON.stringify(brief(report))}`)
    // A page without entries is a request more, and no fault of ours.
    const most = this.#exchange.admin.switches().deltaEmptyPages ? 2 : 1
    assert.ok(this.#requests <= most, `an idle pass costs one request: this one ${this.#requests}`)
  }

  async #assertAsNew(): Promise<void> {
    const { admin } = this.#exchange
    const address = `fresh-${this.#mailboxes++}@contoso.example`
    const fresh = admin.addMailbox({ address, timeZone: this.#timeZone }).address
    for (const sync of this.#syncs) {
      const over = { ...this.#over(sync), mailbox: opened(this.#elsewhere, fresh, sync), kind: "Full" } as const
      const report = await sync.firstPassOver(over, never())
      assert.equal(report.failuresTotal, 0, `a new mailbox takes everything: ${JSON.stringify(brief(report))}`)
      this.#assertAlike(sync, fresh)
    }
  }

  #assertAlike(sync: WalkingSync, fresh: string): void {
    const { admin } = this.#exchange
    const common = { owner: sync.owner, window: sync.window(this.#now) }
    const [now, then] = [mailbox, fresh].map(address => ({ ...common, ...placeOf(sync, address) }))
    if (!now || !then) return
    assert.deepEqual(shownIn(admin, now), shownIn(admin, then), "the calendar shows what a new one would")
    assert.deepEqual(itemsIn(admin, now), itemsIn(admin, then), "the calendar holds what a new one would")
  }

  /** Keys in the source and in the window that have a copy. */
  #copiedKeys(): ReadonlySet<string> {
    const keys = this.#syncs.flatMap(sync => {
      const place = placeOf(sync, mailbox)
      const copied = new Set(marksIn(this.#exchange.admin, place).map(mark => mark.key))
      return sync.keysIn(sync.window(this.#now)).filter(key => copied.has(keyHash(key)))
    })
    return new Set(keys)
  }

  #assertNothingLost(before: ReadonlySet<string>): void {
    const wanted = new Set(this.#syncs.flatMap(sync => sync.keysIn(sync.window(this.#now))))
    const after = this.#copiedKeys()
    const lost = [...before].filter(key => wanted.has(key) && !after.has(key))
    assert.deepEqual(lost, [], "no pass takes away what the source wants")
  }

  #over(sync: WalkingSync): Omit<PassOver, "kind"> {
    const knownOwners = new Set(this.#syncs.map(({ owner }) => owner))
    this.#requests = 0
    return { mailbox: opened(this.#connection, mailbox, sync), now: this.#now, knownOwners }
  }

  #advance(by: Temporal.DurationLike): void {
    const before = this.#now
    this.#now = before.add(by)
    const ms = this.#now.epochMilliseconds - before.epochMilliseconds
    this.#exchange.admin.advance(ms)
    this.#clock.advance(ms)
  }

  get #today(): Temporal.PlainDate {
    return this.#now.toZonedDateTimeISO("UTC").toPlainDate()
  }

  #open(): ExchangeConnection {
    const { clientId, secret } = this.#credential
    const open = openConnection({
      clock: this.#clock,
      random: () => 0.5,
      proxy: {},
      mayWrite: () => this.#mayWrite(),
      observe: ({ operation, status, cost }) => {
        this.#tell("  request", { operation, status, cost })
        this.#requests += 1
        this.#onRequest(this.#requests)
      },
      log: { debug() {}, warn() {} },
    })
    if (this.#backend === "ews") return open(ewsSettingsFor(this.#exchange))
    return open(settingsFor(this.#exchange, clientId, { kind: "secret", secret }))
  }
}

function opened(connection: ExchangeConnection, address: string, { calendar }: WalkingSync): Calendar {
  return connection.mailbox({ address, calendar })
}

function placeOf({ calendar }: WalkingSync, address: string): Place {
  return calendar.kind === "Named" ? { mailbox: address, calendar: calendar.name } : { mailbox: address }
}

/** Whether nobody but us does anything in this step. */
function isOursAlone({ kind }: Step): boolean {
  return kind.startsWith("pass") && kind !== "passWhileUserWorks"
}

class LeadershipLost extends Error {
  override readonly name = "LeadershipLost"
}

/** What a pass may end with on a bad day. */
async function expectingTrouble(pass: Promise<unknown>, signal: AbortSignal): Promise<void> {
  try {
    await pass
  } catch (error) {
    const isTold = error instanceof TemporaryError || error instanceof NeedsAttentionError
    if (!isTold && !(error instanceof LeadershipLost) && error !== signal.reason) throw error
  }
}

function never(): AbortSignal {
  return new AbortController().signal
}

function brief({ lastPass, hold, failures, stopped, synced }: SyncReport) {
  const done = Object.fromEntries(Object.entries(lastPass).filter(([, count]) => count > 0))
  return { ...done, hold: hold?.by, failures, stopped: stopped?.message, synced: synced.reason }
}

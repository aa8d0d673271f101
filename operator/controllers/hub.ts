import type { Absence } from "../core/absence.ts"
import type { ExchangeConnection, Source, SourceReading } from "../core/ports.ts"
import type { KubeResource, ObjectKey } from "../runtime/objects.ts"
import { Losses } from "../sync/losses.ts"
import type { SyncReport } from "../sync/report.ts"
import type { Assessment } from "./connection-proof.ts"

/**
 * What is open and known in this process, shared by the controllers: opened connections, opened sources with their last
 * good reading, and how far each sync has come. All of it can be lost with the process and is built again.
 */

export type OpenedConnection = {
  /** Changes when anything that the connection was opened with does. */
  readonly settingsHash: string
  readonly exchange: ExchangeConnection
  /** When it was proved to work last, what had been asked for by then, and what came of it. Absent once in doubt. */
  readonly proof?: Proof
  /** Why nothing may go through it although it is open, if so. */
  readonly blocked?: { readonly reason: string; readonly message: string }
}

type Proof = { readonly at: Temporal.Instant; readonly asked: string; readonly assessment: Assessment }

/** A proof that failed for what only a person can mend: not asked for again within a moment. */
export type FailedProof = Proof & { readonly settingsHash: string }

export type OpenedSource = {
  readonly settingsHash: string
  readonly source: Source
  /** Kept through failed reads: a failure is never an empty calendar. */
  readonly reading?: SourceReading
  /** The identities that reading was asked for by name. */
  readonly asked: ReadonlySet<string>
  /** The manifests in that reading by name, and in which state each was read. */
  readonly manifests: ReadonlyMap<string, string>
}

type Examined = "connection" | "source" | "binding"

/** What the last good pass of a sync was made of. */
export type SyncedState = { readonly sourceFingerprint: string; readonly failedKeys: ReadonlySet<string> }

export class Hub {
  readonly connections = new Map<ObjectKey, OpenedConnection>()
  readonly sources = new Map<ObjectKey, OpenedSource>()
  readonly synced = new Map<ObjectKey, SyncedState>()
  readonly failedProofs = new Map<ObjectKey, FailedProof>()
  /** Syncs that had their turn in this process, whatever came of it. */
  readonly attempted = new Set<ObjectKey>()
  /** Why a source could not be read the last time, where that is so. */
  readonly unreadSources = new Map<ObjectKey, Error>()
  /** What was looked at by this process, and at which generation: before that, its absence here says nothing. */
  readonly #examined = new Map<string, number>()
  readonly losses = new Losses()
  /** Mailboxes that suddenly list few of their copies, until a second look has told. */
  readonly #absences = new Map<ObjectKey, Absence>()
  /** Since when a sync's source is ahead of its mailbox. */
  readonly changedAt = new Map<ObjectKey, Temporal.Instant>()

  /** Puts a connection in place of the one before, which is closed. */
  async replaceConnection(key: ObjectKey, opened: OpenedConnection | undefined): Promise<void> {
    const before = this.connections.get(key)
    if (opened === undefined) this.connections.delete(key)
    else this.connections.set(key, opened)
    if (before !== undefined && before.exchange !== opened?.exchange) await before.exchange.close()
  }

  /** What was proved of an open connection stands no longer. False where it is shut, or known not to work. */
  forgetProof(key: ObjectKey): boolean {
    const opened = this.connections.get(key)
    if (opened === undefined || opened.blocked !== undefined) return false
    const { proof: _forgotten, ...rest } = opened
    this.connections.set(key, rest)
    return true
  }

  async replaceSource(key: ObjectKey, opened: OpenedSource | undefined): Promise<void> {
    const before = this.sources.get(key)
    if (opened === undefined) this.sources.delete(key)
    else this.sources.set(key, opened)
    if (before !== undefined && before.source !== opened?.source) await before.source.close()
  }

  /** True the first time for this generation: whoever waited for the answer must hear it, whatever it is. */
  markExamined(kind: Examined, { metadata }: KubeResource): boolean {
    const name = `${kind} ${metadata.uid}`
    const generation = metadata.generation ?? 0
    const isFirst = (this.#examined.get(name) ?? -1) < generation
    if (isFirst) this.#examined.set(name, generation)
    return isFirst
  }

  wasExamined(kind: Examined, { metadata }: KubeResource): boolean {
    return (this.#examined.get(`${kind} ${metadata.uid}`) ?? -1) >= (metadata.generation ?? 0)
  }

  absenceOf(sync: ObjectKey): Absence | undefined {
    return this.#absences.get(sync)
  }

  noteAbsence(sync: ObjectKey, { absence }: Pick<SyncReport, "absence">): void {
    if (absence === undefined) this.#absences.delete(sync)
    else this.#absences.set(sync, absence)
  }

  forgetSync(key: ObjectKey): void {
    this.synced.delete(key)
    this.attempted.delete(key)
    this.changedAt.delete(key)
    this.losses.forget(key)
    this.#absences.delete(key)
  }

  async close(): Promise<void> {
    await Promise.all([...this.connections.keys()].map(key => this.replaceConnection(key, undefined)))
    await Promise.all([...this.sources.keys()].map(key => this.replaceSource(key, undefined)))
  }
}

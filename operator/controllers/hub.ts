import type { ExchangeConnection, Source, SourceReading } from "../core/ports.ts"
import type { ObjectKey } from "../runtime/objects.ts"
import type { Assessment } from "./connection-proof.ts"

/**
 * What is open and known in this process, shared by the controllers: opened connections, opened sources with their last
 * good reading, and how far each sync has come. All of it can be lost with the process and is built again.
 */

export type OpenedConnection = {
  /** Changes when anything that the connection was opened with does. */
  readonly settingsHash: string
  readonly exchange: ExchangeConnection
  /** When it was proved to work last, what had been asked for by then, and what came of it. */
  readonly proof: { readonly at: Temporal.Instant; readonly asked: string; readonly assessment: Assessment }
  /** Why nothing may go through it although it is open, if so. */
  readonly blocked?: { readonly reason: string; readonly message: string }
}

export type OpenedSource = {
  readonly settingsHash: string
  readonly source: Source
  /** Kept through failed reads: a failure is never an empty calendar. */
  readonly reading?: SourceReading
}

/** What the last good pass of a sync was made of. */
export type SyncedState = { readonly sourceFingerprint: string; readonly failedKeys: ReadonlySet<string> }

export class Hub {
  readonly connections = new Map<ObjectKey, OpenedConnection>()
  readonly sources = new Map<ObjectKey, OpenedSource>()
  readonly synced = new Map<ObjectKey, SyncedState>()
  /** Connections and sources looked at by this process: before, their absence here says nothing. */
  readonly #examined = new Set<string>()
  /** Since when a sync's source is ahead of its mailbox. */
  readonly changedAt = new Map<ObjectKey, Temporal.Instant>()

  /** Puts a connection in place of the one before, which is closed. */
  async replaceConnection(key: ObjectKey, opened: OpenedConnection | undefined): Promise<void> {
    const before = this.connections.get(key)
    if (opened === undefined) this.connections.delete(key)
    else this.connections.set(key, opened)
    if (before !== undefined && before.exchange !== opened?.exchange) await before.exchange.close()
  }

  async replaceSource(key: ObjectKey, opened: OpenedSource | undefined): Promise<void> {
    const before = this.sources.get(key)
    if (opened === undefined) this.sources.delete(key)
    else this.sources.set(key, opened)
    if (before !== undefined && before.source !== opened?.source) await before.source.close()
  }

  /** True the first time: whoever waited for the answer must hear it, whatever it is. */
  markExamined(kind: "connection" | "source", key: ObjectKey): boolean {
    const name = `${kind} ${key}`
    const isFirst = !this.#examined.has(name)
    this.#examined.add(name)
    return isFirst
  }

  wasExamined(kind: "connection" | "source", key: ObjectKey): boolean {
    return this.#examined.has(`${kind} ${key}`)
  }

  async close(): Promise<void> {
    await Promise.all([...this.connections.keys()].map(key => this.replaceConnection(key, undefined)))
    await Promise.all([...this.sources.keys()].map(key => this.replaceSource(key, undefined)))
  }
}

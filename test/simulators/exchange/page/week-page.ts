import { readFileSync } from "node:fs"
import { setTimeout as wait } from "node:timers/promises"
import type { Reply } from "../graph/call.ts"
import type { Mailbox } from "../store/mailbox.ts"
import { DEFAULT_CALENDAR } from "../store/mailbox.ts"
import { itemsOf, type Store } from "../store/store.ts"
import { findZone, utc, wallOf } from "../store/time-zones.ts"
import { weekOf } from "./week.ts"

/**
 * The page for people: a list of mailboxes, and the week of one. It asks for the next state with the tag of the last
 * one; the answer waits until something changed, so a page that shows nothing new costs nothing.
 */
export class WeekPage {
  readonly #store: Store
  readonly #waiting = new Set<() => void>()
  readonly #summaries = new WeakMap<Mailbox, { readonly revision: number; readonly summary: unknown }>()
  #closed = false

  constructor(store: Store) {
    this.#store = store
    store.onChange(() => this.#wake())
  }

  owns(url: string): boolean {
    return /^\/(\?.*)?$/.test(url) || url.startsWith("/week/")
  }

  async answer(url: string, etag: string | undefined): Promise<Reply> {
    const { pathname, searchParams } = new URL(url, "http://localhost")
    if (pathname === "/" || pathname in assets) return asset(pathname)
    if (pathname === "/week/mailboxes") return this.#whenChanged(etag, () => this.#mailboxes())
    const mailbox = this.#store.findMailbox(decodeURIComponent(pathname.slice("/week/of/".length)))
    if (!pathname.startsWith("/week/of/") || !mailbox) return { status: 404, body: "Not found" }
    return this.#whenChanged(etag, () => this.#week(mailbox, searchParams))
  }

  close(): void {
    this.#closed = true
    this.#wake()
  }

  #wake(): void {
    for (const wake of this.#waiting) wake()
    this.#waiting.clear()
  }

  async #whenChanged(etag: string | undefined, make: () => State): Promise<Reply> {
    let state = make()
    if (state.tag === etag) {
      await this.#nextChange()
      // Many writes in a row become one answer.
      if (!this.#closed) await wait(COALESCE_MS)
      state = make()
    }
    const headers = { etag: state.tag, "cache-control": "no-cache" }
    if (state.tag === etag) return { status: 304, headers }
    return { status: 200, headers, body: state.value() }
  }

  async #nextChange(): Promise<void> {
    if (this.#closed) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, LONGEST_WAIT_MS)
    timer.unref()
    this.#waiting.add(resolve)
    await promise
    clearTimeout(timer)
    this.#waiting.delete(resolve)
  }

  #mailboxes(): State {
    const { mailboxes } = this.#store
    const revisions = mailboxes.map(({ revision }) => revision)
    return {
      tag: `"m${mailboxes.length}-${revisions.reduce((sum, revision) => sum + revision, 0)}"`,
      value: () => mailboxes.map(mailbox => this.#summary(mailbox)),
    }
  }

  /** Counting every item of every mailbox a few times a second would be felt; only what changed is counted anew. */
  #summary(mailbox: Mailbox): unknown {
    const known = this.#summaries.get(mailbox)
    if (known?.revision === mailbox.revision) return known.summary
    const summary = summaryOf(mailbox)
    this.#summaries.set(mailbox, { revision: mailbox.revision, summary })
    return summary
  }

  #week(mailbox: Mailbox, query: URLSearchParams): State {
    const zone = findZone(mailbox.timeZone) ?? utc
    const now = wallOf(this.#store.clock.now(), zone.zone)
    const asked = query.get("start") ?? ""
    const start = /^\d{4}-\d\d-\d\d$/.test(asked) ? asked : now.toPlainDate().toString()
    const calendar = query.get("calendar")
    const minute = now.toString({ smallestUnit: "minute" })
    return {
      tag: `"w${mailbox.revision}-${minute}"`,
      value: () => weekOf(this.#store, mailbox, { start, ...(calendar ? { calendar } : {}) }),
    }
  }
}

function summaryOf(mailbox: Mailbox): unknown {
  const items = itemsOf(mailbox, DEFAULT_CALENDAR)
  return {
    id: mailbox.id,
    address: mailbox.address,
    displayName: mailbox.displayName,
    purpose: mailbox.purpose,
    state: mailbox.state,
    events: items.length,
    made: items.filter(({ content }) => content.named.size > 0).length,
    revision: mailbox.revision,
  }
}

type State = { readonly tag: string; readonly value: () => unknown }

const COALESCE_MS = 120
const LONGEST_WAIT_MS = 20_000

const assets: Readonly<Record<string, { readonly file: string; readonly type: string }>> = {
  "/": { file: "index.html", type: "text/html; charset=utf-8" },
  "/week/week.css": { file: "week.css", type: "text/css; charset=utf-8" },
  "/week/week-view.js": { file: "week-view.js", type: "text/javascript; charset=utf-8" },
}

function asset(path: string): Reply {
  const found = assets[path]
  if (!found) return { status: 404, body: "Not found" }
  const body = readFileSync(new URL(found.file, import.meta.url), "utf8")
  return { status: 200, headers: { "content-type": found.type, "cache-control": "no-cache" }, body }
}

import type { CalendarChoice } from "../../core/ports.ts"
import { expectRecord, type GraphClient } from "./client.ts"
import { textAt } from "./json.ts"
import { problemError } from "./problem.ts"

/** Where the paths of a calendar begin; the view has another beginning for a mailbox's own calendar. */
export type FolderPaths = { readonly events: string; readonly view: string }

/** The chosen calendar of one mailbox. A named one is found by its name and made by the first write, never by a reading. */
export class CalendarFolder {
  readonly #client: GraphClient
  readonly #mailbox: string
  /** Undefined for the mailbox's own calendar. */
  readonly #name: string | undefined
  #paths: FolderPaths | undefined

  constructor(client: GraphClient, mailbox: string, choice: CalendarChoice) {
    this.#client = client
    this.#mailbox = mailbox
    this.#name = choice.kind === "Named" ? choice.name : undefined
  }

  /** `/users/<address>`, in which items are addressed whatever calendar they are in. */
  get user(): string {
    return `/users/${encodeURIComponent(this.#mailbox)}`
  }

  /** Undefined when there is no calendar of that name. */
  async find(signal: AbortSignal): Promise<FolderPaths | undefined> {
    if (this.#name === undefined) return { events: `${this.user}/calendar/events`, view: `${this.user}/calendarView` }
    this.#paths ??= await this.#lookUp(this.#name, signal)
    return this.#paths
  }

  async findOrMake(signal: AbortSignal): Promise<FolderPaths> {
    const found = await this.find(signal)
    if (found) return found
    this.#paths = await this.#make(this.#name ?? "", signal)
    return this.#paths
  }

  /** After a failure that may mean the calendar is no longer there: look again. */
  forget(): void {
    this.#paths = undefined
  }

  async #lookUp(name: string, signal: AbortSignal): Promise<FolderPaths | undefined> {
    const path = `${this.user}/calendars?$select=id,name&$top=100`
    const call = { path, operation: "calendars", mailbox: this.#mailbox }
    for await (const { items } of this.#client.pages(call, signal)) {
      const found = items.find(item => textAt(item, "name") === name)
      const id = found && textAt(found, "id")
      if (id !== undefined) return this.#pathsOf(id)
    }
    return undefined
  }

  async #make(name: string, signal: AbortSignal): Promise<FolderPaths> {
    const path = `${this.user}/calendars`
    const call = { method: "POST", path, body: { name }, operation: "calendars", mailbox: this.#mailbox } as const
    const answer = await this.#client.ask({ ...call, writes: true, retry: false }, signal)
    if (answer.ok) return this.#pathsOf(textAt(expectRecord(answer), "id") ?? "")
    // Somebody was faster, or an earlier request of ours was: then it is there now.
    const found = await this.#lookUp(name, signal)
    if (found) return found
    throw problemError(answer.problem)
  }

  #pathsOf(id: string): FolderPaths {
    const calendar = `${this.user}/calendars/${encodeURIComponent(id)}`
    return { events: `${calendar}/events`, view: `${calendar}/calendarView` }
  }
}

import { NeedsAttentionError } from "../../core/errors.ts"
import type { CalendarChoice } from "../../core/ports.ts"
import { createCalendarNamed } from "./operations/create-folder.ts"
import { findCalendarNamed } from "./operations/find-folder.ts"
import type { EwsMailbox, FolderRef } from "./operations/mailbox.ts"

/** The chosen calendar of one mailbox. A named one is found by its name and made by the first write, never by a reading. */
export class CalendarFolder {
  readonly #mailbox: EwsMailbox
  readonly #choice: CalendarChoice
  #found: FolderRef | undefined

  constructor(mailbox: EwsMailbox, choice: CalendarChoice) {
    this.#mailbox = mailbox
    this.#choice = choice
  }

  /** Undefined when there is no calendar of that name. */
  async find(signal: AbortSignal): Promise<FolderRef | undefined> {
    if (this.#choice.kind === "Default") return { kind: "Default" }
    this.#found ??= refTo(await findCalendarNamed(this.#mailbox, this.#choice.name, signal))
    return this.#found
  }

  async findOrMake(signal: AbortSignal): Promise<FolderRef> {
    const found = await this.find(signal)
    if (found || this.#choice.kind === "Default") return found ?? { kind: "Default" }
    const made = refTo(await createCalendarNamed(this.#mailbox, this.#choice.name, signal))
    this.#found = made
    // Somebody was faster, or an earlier request of ours was: then it is there now.
    const folder = made ?? (await this.find(signal))
    if (folder) return folder
    const text =
      "the calendar's name is taken by a folder that is no calendar, or in other letters; choose another name"
    throw new NeedsAttentionError(text, { reason: "ApplyFailed" })
  }

  /** After a failure that may mean the calendar is no longer there: look again. */
  forget(): void {
    this.#found = undefined
  }
}

function refTo(id: string | undefined): FolderRef | undefined {
  return id === undefined ? undefined : { kind: "Id", id }
}

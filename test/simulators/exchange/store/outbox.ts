import type { Item } from "./item.ts"
import type { Mailbox } from "./mailbox.ts"

export type Mail = {
  readonly atMs: number
  readonly from: string
  readonly kind: "invitation" | "update" | "cancellation" | "response" | "forward"
  readonly to: readonly string[]
  readonly item: number
}

/** Every mail Exchange would have sent because an item with attendees was written. Tests want it empty. */
export class Outbox {
  #mails: Mail[] = []
  #quiet = false

  get mails(): readonly Mail[] {
    return this.#mails
  }

  clear(): void {
    this.#mails = []
  }

  /** What a person does in Outlook is none of the client's mails. */
  quietly<T>(work: () => T): T {
    this.#quiet = true
    try {
      return work()
    } finally {
      this.#quiet = false
    }
  }

  /** An answer to an organizer, or a meeting sent on to somebody. */
  add(mail: Mail): void {
    this.#mails.push(mail)
  }

  record(
    change: { readonly kind: "created" | "updated" | "deleted"; readonly mailbox: Mailbox; readonly item: Item },
    { nowMs, draftsStay }: { readonly nowMs: number; readonly draftsStay: boolean },
  ): void {
    if (this.#quiet) return
    const { item, mailbox } = change
    const organizes = item.organizer === undefined || item.organizer.address === mailbox.address
    const to = recipients(item).filter(address => address.toLowerCase() !== mailbox.address.toLowerCase())
    if (!organizes || to.length === 0 || (draftsStay && item.content.isDraft)) return
    const kind = ({ created: "invitation", updated: "update", deleted: "cancellation" } as const)[change.kind]
    this.#mails.push({ atMs: nowMs, from: mailbox.address, kind, to, item: item.number })
  }
}

function recipients(item: Item): string[] {
  const ofExceptions = [...(item.series?.exceptions.values() ?? [])].flatMap(({ changes }) => changes.attendees ?? [])
  return [...new Set([...item.content.attendees, ...ofExceptions].map(attendee => attendee.address))]
}

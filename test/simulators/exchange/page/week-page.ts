import type { Reply } from "../graph/call.ts"
import type { Store } from "../store/store.ts"

/** The page for people: mailboxes, and the week of each. */
export class WeekPage {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  owns(url: string): boolean {
    return url === "/" || url.startsWith("/week/")
  }

  async answer(_url: string, _etag: string | undefined): Promise<Reply> {
    return { status: 200, body: `<p>${this.#store.mailboxes.length} mailboxes</p>` }
  }

  close(): void {}
}

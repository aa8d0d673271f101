import type { ICalSettings, Source } from "../../core/ports.ts"
import type { Feed } from "./feed.ts"
import { feedAddress } from "./feed-address.ts"
import { type ICalDeps, openFeedConnection } from "./feed-connection.ts"
import { SharedCalendar } from "./shared-calendar.ts"

/** One address, one calendar. */
export function openSharedFeed(deps: ICalDeps, settings: ICalSettings, location: { readonly url: string }): Source {
  const connection = openFeedConnection(deps, settings)
  const shared = new SharedCalendar()
  let feed: Feed | undefined
  return {
    async read({ identities }, signal) {
      feed ??= connection.feed(feedAddress(location.url))
      return shared.reading(identities, await feed.read(signal))
    },
    close: connection.close,
  }
}

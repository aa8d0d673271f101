import type { ICalSettings, Source } from "../../core/ports.ts"
import type { ICalDeps } from "./feed-connection.ts"
import { openFeedPerIdentity } from "./feed-per-identity.ts"
import { openSharedFeed } from "./shared-feed.ts"
import { openTextSource } from "./text-source.ts"

/**
 * iCalendar in the three places it is found in: one feed for everybody, a feed for each identity, and a text at hand.
 * What is read of it is the same (icalendar/).
 */

export function openICalSource(deps: ICalDeps, settings: ICalSettings): Source {
  const { location } = settings
  switch (location.kind) {
    case "url":
      return openSharedFeed(deps, settings, location)
    case "urlTemplate":
      return openFeedPerIdentity(deps, settings, location)
    case "text":
      return openTextSource(settings, location)
    default:
      return location satisfies never
  }
}

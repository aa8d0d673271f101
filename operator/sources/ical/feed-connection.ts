import type { ICalSettings } from "../../core/ports.ts"
import { openDispatcher, type ProxySettings } from "../../http/client.ts"
import { Feed } from "./feed.ts"

/** Feeds of one source come from one server, mostly; it is not asked by more at a time than a browser would. */
export const feedsAtOnce = 4
/** A server that does not take the connection by then is away, however long its answers may take. */
const maxConnectMs = 10_000

export type ICalDeps = { readonly proxy: ProxySettings; readonly now: () => Temporal.Instant }

export type FeedConnection = { readonly feed: (url: URL) => Feed; readonly close: () => Promise<void> }

/** The pool of connections behind the feeds of one source. */
export function openFeedConnection({ proxy, now }: ICalDeps, settings: ICalSettings): FeedConnection {
  const { credential, timeoutMs, timeZone, identityBy, caBundlePem } = settings
  const dispatcher = openDispatcher({
    proxy,
    caBundlePem,
    connections: feedsAtOnce,
    connectTimeoutMs: Math.min(timeoutMs, maxConnectMs),
    answerTimeoutMs: timeoutMs,
  })
  const reading = { timeZone, identityBy }
  return {
    feed: url => new Feed({ url, credential, dispatcher, timeoutMs, now, reading }),
    close: () => dispatcher.destroy(),
  }
}

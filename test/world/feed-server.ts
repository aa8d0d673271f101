import { createHash } from "node:crypto"
import { once } from "node:events"
import { createServer, type Server } from "node:http"

/** A calendar feed as any web server serves it: an ETag, a 304, and whatever status a test wants. */
export type FeedServer = {
  readonly url: string
  /** What `/name` answers from now on. */
  set(name: string, feed: Feed): void
  /** How often `/name` was asked for, conditional requests included. */
  requests(name: string): number
  close(): Promise<void>
}

export type Feed = {
  readonly body: string
  readonly status?: number
  readonly contentType?: string
  readonly headers?: Readonly<Record<string, string>>
}

export async function startFeedServer(port = 0): Promise<FeedServer> {
  const feeds = new Map<string, Feed>()
  const counts = new Map<string, number>()
  const server: Server = createServer((request, response) => {
    const name = decodeURIComponent(new URL(request.url ?? "/", "http://feed").pathname.slice(1))
    counts.set(name, (counts.get(name) ?? 0) + 1)
    const feed = feeds.get(name)
    if (feed === undefined) return response.writeHead(404, { "content-type": "text/plain" }).end("no such calendar")
    const etag = `"${createHash("sha256").update(feed.body).digest("hex").slice(0, 16)}"`
    if ((feed.status ?? 200) === 200 && request.headers["if-none-match"] === etag)
      return response.writeHead(304, { etag }).end()
    return response
      .writeHead(feed.status ?? 200, {
        "content-type": feed.contentType ?? "text/calendar; charset=utf-8",
        etag,
        ...feed.headers,
      })
      .end(feed.body)
  })
  server.listen(port, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("the feed server has no port")
  return {
    url: `http://127.0.0.1:${address.port}`,
    set: (name, feed) => void feeds.set(name, feed),
    requests: name => counts.get(name) ?? 0,
    close: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, "close")
    },
  }
}

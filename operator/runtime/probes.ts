import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { Registry } from "prom-client"

/** Undefined when well; otherwise what is wrong, in words fit for a probe's answer. */
export type Check = { readonly name: string; readonly problem: () => string | undefined }

export type ProbesOptions = {
  /** Fails: kill me. Measures progress, because a process that hangs is up as well. */
  readonly live: readonly Check[]
  /** Fails: do not count on me. */
  readonly ready: readonly Check[]
  readonly registry: Registry
  /** Called before metrics are read. */
  readonly refresh: () => void
}

/** `/livez`, `/readyz` (both with `?verbose`, as the API server's own) and `/metrics`. */
export class Probes {
  readonly #options: ProbesOptions
  readonly #server: Server

  constructor(options: ProbesOptions) {
    this.#options = options
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.writeHead(500).end())
    })
  }

  /** The port, which the system chose when 0 was asked for. */
  listen({ host, port }: { readonly host: string; readonly port: number }): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject)
      this.#server.listen({ host, port }, () => {
        const address = this.#server.address()
        resolve(typeof address === "object" && address !== null ? address.port : port)
      })
    })
  }

  close(): Promise<void> {
    this.#server.closeAllConnections()
    return new Promise(resolve => this.#server.close(() => resolve()))
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost")
    const verbose = searchParams.has("verbose")
    switch (request.method === "GET" || request.method === "HEAD" ? pathname : "") {
      case "/livez":
        answerChecks(response, this.#options.live, verbose)
        break
      case "/readyz":
        answerChecks(response, this.#options.ready, verbose)
        break
      case "/metrics":
        this.#options.refresh()
        response.writeHead(200, { "content-type": this.#options.registry.contentType })
        response.end(await this.#options.registry.metrics())
        break
      default:
        response.writeHead(404).end("not found\n")
    }
  }
}

function answerChecks(response: ServerResponse, checks: readonly Check[], verbose: boolean): void {
  const results = checks.map(({ name, problem }) => ({ name, problem: problem() }))
  const well = results.every(({ problem }) => problem === undefined)
  response.writeHead(well ? 200 : 503, { "content-type": "text/plain; charset=utf-8" })
  const lines = results.map(({ name, problem }) => (problem === undefined ? `[+]${name} ok` : `[-]${name} ${problem}`))
  response.end(well && !verbose ? "ok\n" : `${[...lines, well ? "check passed" : "check failed"].join("\n")}\n`)
}

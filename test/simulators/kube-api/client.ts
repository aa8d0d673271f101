import { once } from "node:events"
import type { IncomingMessage } from "node:http"
import { Agent, request } from "node:https"
import { type Json, parseJson } from "./json.ts"
import type { KubeApi } from "./kube-api.ts"

export type Call = {
  readonly method?: string
  readonly body?: Json | string
  readonly contentType?: string
  readonly accept?: string
  readonly userAgent?: string
}

export type Reply = {
  readonly code: number
  readonly headers: IncomingMessage["headers"]
  readonly body: Json
  readonly text: string
}

/** A plain HTTP client for tests that want to see the wire: no retries, no cache, no types. */
export class Client {
  readonly #api: Pick<KubeApi, "url" | "caPem">
  readonly #token: string | undefined
  readonly #agent: Agent

  constructor(api: Pick<KubeApi, "url" | "caPem">, token?: string) {
    this.#api = api
    this.#token = token
    this.#agent = new Agent({ ca: api.caPem, keepAlive: true })
  }

  /** Sends one request and reads its answer; rejects when the connection breaks before the answer is whole. */
  async call(path: string, call: Call = {}): Promise<Reply> {
    const response = await this.#send(path, call)
    const chunks: Buffer[] = []
    for await (const chunk of response) chunks.push(chunk)
    const text = Buffer.concat(chunks).toString("utf8")
    const isJson = (response.headers["content-type"] ?? "").startsWith("application/json")
    return { code: response.statusCode ?? 0, headers: response.headers, body: isJson ? parseJson(text) : text, text }
  }

  /** Opens a watch and hands out its events one by one; ends when the server ends it, rejects when it breaks. */
  async *watch(path: string, call: Call = {}): AsyncGenerator<Json, void, void> {
    const response = await this.#send(path, call)
    let rest = ""
    try {
      for await (const chunk of response) {
        const lines = `${rest}${chunk}`.split("\n")
        rest = lines.pop() ?? ""
        for (const line of lines) yield parseJson(line)
      }
    } finally {
      response.destroy()
    }
  }

  close(): void {
    this.#agent.destroy()
  }

  async #send(path: string, { method = "GET", body, contentType = "application/json", accept, userAgent }: Call) {
    const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body)
    const sent = request(`${this.#api.url}${path}`, {
      method,
      agent: this.#agent,
      headers: {
        ...(this.#token === undefined ? {} : { Authorization: `Bearer ${this.#token}` }),
        // Node would send the body of a DELETE without saying how long it is.
        ...(text === undefined ? {} : { "Content-Type": contentType, "Content-Length": Buffer.byteLength(text) }),
        ...(accept === undefined ? {} : { Accept: accept }),
        ...(userAgent === undefined ? {} : { "User-Agent": userAgent }),
      },
    })
    sent.end(text)
    const [response]: IncomingMessage[] = await once(sent, "response")
    if (response === undefined) throw new Error("no response")
    return response
  }
}

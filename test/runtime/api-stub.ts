import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http"
import { createServer as createTlsServer } from "node:https"
import type { AddressInfo, Socket } from "node:net"
import { TLSSocket } from "node:tls"
import { KubeConfig } from "@kubernetes/client-node"

/**
 * A small API server for these tests: it keeps objects by path, and does what a script says instead where there is one.
 * It is not meant to be right about Kubernetes beyond what the runtime stands on.
 */

export type StubRequest = {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage["headers"]
  readonly body: Json
}

export type Reply =
  | { readonly code?: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown }
  /** The connection is cut without an answer. */
  | "reset"
  /** No answer at all. */
  | "silence"

type Json = Record<string, unknown>
type StoredObject = Json & { readonly metadata: Json }
type Verb = "list" | "watch" | "get" | "create" | "update" | "patch" | "delete"
export type Rule = (request: StubRequest) => Reply | undefined

/** An open watch, spoken through by the test. */
export class StubWatch {
  readonly request: StubRequest
  readonly #response: ServerResponse

  constructor(request: StubRequest, response: ServerResponse) {
    this.request = request
    this.#response = response
    response.writeHead(200, { "content-type": "application/json" })
    response.flushHeaders()
  }

  get open(): boolean {
    return !this.#response.destroyed && !this.#response.writableEnded
  }

  send(type: string, object: object): void {
    this.raw(`${JSON.stringify({ type, object })}\n`)
  }

  bookmark(resourceVersion: string): void {
    this.send("BOOKMARK", { kind: "Widget", metadata: { resourceVersion } })
  }

  raw(text: string): void {
    this.#response.write(text)
  }

  /** As the server ends a watch whose time is over. */
  end(): void {
    this.#response.end()
  }

  /** As a load balancer ends it. */
  reset(): void {
    this.#response.socket?.resetAndDestroy()
  }
}

export function statusReply(code: number, reason: string, headers: Readonly<Record<string, string>> = {}): Reply {
  return { code, headers, body: { kind: "Status", apiVersion: "v1", code, reason, message: `stub says ${reason}` } }
}

export const gone = statusReply(410, "Expired")

export class ApiStub {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #objects = new Map<string, StoredObject>()
  readonly #scripts = new Map<Verb, Reply[]>()
  readonly requests: (StubRequest & { readonly verb: Verb })[] = []
  readonly watches: StubWatch[] = []
  /** Looked at before the store, after the scripts. */
  rule: Rule = () => undefined
  /** Opens watches but leaves speaking to the test. */
  quietWatches = false
  version = 100
  /** Connections ever made. */
  handshakes = 0
  /** The name on the certificate of the last client, over TLS. */
  peerName: string | undefined
  readonly #secure: boolean

  constructor(tls?: { readonly cert: string; readonly key: string }) {
    const listener: RequestListener = (request, response) => {
      this.#serve(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)))
    }
    this.#secure = tls !== undefined
    this.#server =
      tls === undefined
        ? createServer(listener)
        : createTlsServer({ ...tls, requestCert: true, rejectUnauthorized: false }, listener)
    this.#server.on(tls === undefined ? "connection" : "secureConnection", (socket: Socket) => {
      this.#sockets.add(socket)
      this.handshakes += 1
      if (socket instanceof TLSSocket) this.peerName = `${socket.getPeerCertificate().subject?.CN}`
      socket.on("error", () => undefined).on("close", () => this.#sockets.delete(socket))
    })
  }

  async listen(): Promise<this> {
    await new Promise<void>(resolve => this.#server.listen(0, "127.0.0.1", resolve))
    return this
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo
    return `${this.#secure ? "https" : "http"}://127.0.0.1:${port}`
  }

  get sockets(): number {
    return this.#sockets.size
  }

  get openWatches(): readonly StubWatch[] {
    return this.watches.filter(({ open }) => open)
  }

  get lastWatch(): StubWatch {
    const watch = this.watches.at(-1)
    if (watch === undefined) throw new Error("nobody watches")
    return watch
  }

  kubeConfig(user: object = {}, cluster: object = {}): KubeConfig {
    const config = new KubeConfig()
    config.loadFromOptions({
      clusters: [{ name: "stub", server: this.url, skipTLSVerify: !this.#secure, ...cluster }],
      users: [{ name: "tester", ...user }],
      contexts: [{ name: "stub", cluster: "stub", user: "tester" }],
      currentContext: "stub",
    })
    return config
  }

  /** The next requests of this verb are answered so, one after the other; then everything is as usual. */
  script(verb: Verb, ...replies: readonly Reply[]): void {
    this.#scripts.set(verb, [...(this.#scripts.get(verb) ?? []), ...replies])
  }

  count(verb: Verb): number {
    return this.requests.filter(request => request.verb === verb).length
  }

  get writes(): number {
    return this.requests.filter(({ method }) => method !== "GET").length
  }

  object(path: string): StoredObject | undefined {
    return this.#objects.get(path)
  }

  /** Puts an object there as somebody else would; watchers hear of it unless `unheard`. */
  put(object: object, { unheard = false } = {}): void {
    const { metadata } = object as StoredObject
    const path = `/apis/test.dev/v1/namespaces/${metadata["namespace"]}/widgets/${metadata["name"]}`
    this.#store(path, object as StoredObject, unheard)
  }

  remove(path: string, { unheard = false } = {}): void {
    const object = this.#objects.get(path)
    if (object === undefined) throw new Error(`no ${path}`)
    this.#objects.delete(path)
    this.#tell("DELETED", path, this.#versioned(object), unheard)
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    for (const socket of this.#sockets) socket.destroy()
    await new Promise(resolve => this.#server.close(resolve))
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await readRequest(message).catch(() => undefined)
    if (request === undefined) return
    const verb = verbOf(request)
    this.requests.push({ ...request, verb })
    const reply = this.#scripts.get(verb)?.shift() ?? this.rule(request) ?? this.#usual(verb, request, response)
    if (reply === undefined || reply === "silence") return
    if (reply === "reset") message.socket.resetAndDestroy()
    else
      response
        .writeHead(reply.code ?? 200, reply.headers)
        .end(typeof reply.body === "string" ? reply.body : JSON.stringify(reply.body ?? {}))
  }

  #usual(verb: Verb, request: StubRequest, response: ServerResponse): Reply | undefined {
    switch (verb) {
      case "list":
        return { body: this.#list(request) }
      case "watch":
        this.watches.push(new StubWatch(request, response))
        return undefined
      case "create":
        return this.#create(request)
      default:
        return this.#one(verb, request)
    }
  }

  #list({ path, query }: StubRequest): Json {
    const name = query.get("fieldSelector")?.replace("metadata.name=", "")
    const items = [...this.#objects].filter(([at]) => isIn(path, at)).map(([, object]) => object)
    const chosen = items.filter(({ metadata }) => name === undefined || metadata["name"] === name)
    return { kind: "List", apiVersion: "v1", metadata: { resourceVersion: `${this.version}` }, items: chosen }
  }

  #create({ path, body }: StubRequest): Reply {
    const at = `${path}/${(body as StoredObject).metadata["name"]}`
    if (this.#objects.has(at)) return statusReply(409, "AlreadyExists")
    return { code: 201, body: this.#store(at, body as StoredObject) }
  }

  #one(verb: Verb, { path, body }: StubRequest): Reply {
    const at = path.replace(/\/status$/, "")
    const object = this.#objects.get(at)
    if (object === undefined) return statusReply(404, "NotFound")
    const wanted = (body["metadata"] as Json | undefined)?.["resourceVersion"]
    switch (verb) {
      case "update":
        if (wanted !== object.metadata["resourceVersion"]) return statusReply(409, "Conflict")
        return { body: this.#store(at, body as StoredObject) }
      case "patch":
        return { body: Array.isArray(body) ? object : this.#store(at, merge(object, body) as StoredObject) }
      case "delete":
        this.remove(at)
        return {}
      default:
        return { body: object }
    }
  }

  #store(path: string, object: StoredObject, unheard = false): StoredObject {
    const before = this.#objects.get(path)
    const stored = this.#versioned(object)
    this.#objects.set(path, stored)
    this.#tell(before === undefined ? "ADDED" : "MODIFIED", path, stored, unheard)
    return stored
  }

  #versioned(object: StoredObject): StoredObject {
    this.version += 1
    const uid = object.metadata["uid"] ?? `uid-${this.version}`
    return { ...object, metadata: { ...object.metadata, uid, resourceVersion: `${this.version}` } }
  }

  #tell(type: string, path: string, object: StoredObject, unheard: boolean): void {
    if (unheard || this.quietWatches) return
    for (const watch of this.openWatches) if (isIn(watch.request.path, path)) watch.send(type, object)
  }
}

/** Whether the object at `path` is in the collection, of one namespace or of all. */
function isIn(collection: string, path: string): boolean {
  return (
    path.replace(/\/[^/]+$/, "") === collection ||
    path.replace(/\/namespaces\/[^/]+/, "").replace(/\/[^/]+$/, "") === collection
  )
}

function verbOf({ method, path, query }: StubRequest): Verb {
  const named =
    /\/(api|apis\/[^/]+)\/[^/]+(\/namespaces\/[^/]+)?\/[^/]+\/[^/]+/.test(path) &&
    !/\/namespaces\/[^/]+\/[^/]+$/.test(path)
  switch (method) {
    case "POST":
      return "create"
    case "PUT":
      return "update"
    case "PATCH":
      return "patch"
    case "DELETE":
      return "delete"
    default:
      return query.get("watch") === "true" ? "watch" : named ? "get" : "list"
  }
}

async function readRequest(message: IncomingMessage): Promise<StubRequest> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk)
  const text = Buffer.concat(chunks).toString()
  const { pathname, searchParams } = new URL(message.url ?? "/", "http://stub")
  const { method = "GET", headers } = message
  return { method, path: pathname, query: searchParams, headers, body: text === "" ? {} : JSON.parse(text) }
}

function merge(target: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch
  const result: Json = typeof target === "object" && target !== null && !Array.isArray(target) ? { ...target } : {}
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name]
    else result[name] = merge(result[name], value)
  }
  return result
}

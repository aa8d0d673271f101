import { createHash } from "node:crypto"
import type { RequestOptions } from "node:https"
import { HttpMethod, KubeConfig, RequestContext } from "@kubernetes/client-node"
import { Agent, type Dispatcher, ProxyAgent } from "undici"
import type { Clock } from "./clock.ts"

export type Access = { readonly headers: Readonly<Record<string, string>>; readonly dispatcher: Dispatcher }

// Certificates and tokens on disk change about hourly; reading them for each request would cost more than the request.
const rememberMs = 10_000
// As client-go: shorter than the idle limit of common load balancers.
const keepAliveProbeMs = 30_000
// A window the server closes from its side after 60 s at the earliest.
const idleConnectionMs = 30_000

/**
 * Who we are and over which connections we talk. One dispatcher serves all requests until CA, certificate or proxy
 * change, because the library would otherwise shake hands anew for each request.
 */
export class KubeAuth {
  #kubeConfig: KubeConfig
  readonly #clock: Clock
  #remembered: { readonly access: Promise<Access>; readonly atMs: number } | undefined
  #pool: { readonly key: string; readonly dispatcher: Dispatcher } | undefined

  constructor(kubeConfig: KubeConfig, clock: Clock) {
    this.#kubeConfig = kubeConfig
    this.#clock = clock
  }

  get server(): string {
    const server = this.#kubeConfig.getCurrentCluster()?.server
    if (server === undefined) throw new Error("the kubeconfig names no cluster")
    return server
  }

  access(): Promise<Access> {
    const nowMs = this.#clock.monotonicMs()
    if (this.#remembered !== undefined && nowMs - this.#remembered.atMs < rememberMs) return this.#remembered.access
    const access = this.#prepare()
    this.#remembered = { access, atMs: nowMs }
    access.catch(() => this.#forget(access))
    return access
  }

  /** After a 401: tokens and certificates are read afresh, past every cache of the library. */
  renew(): void {
    const { clusters, users, contexts, currentContext } = this.#kubeConfig
    this.#kubeConfig = new KubeConfig()
    this.#kubeConfig.loadFromOptions({ clusters, users, contexts, currentContext })
    this.#remembered = undefined
  }

  async close(): Promise<void> {
    const pool = this.#pool
    this.#pool = undefined
    this.#remembered = undefined
    await pool?.dispatcher.destroy()
  }

  #forget(access: Promise<Access>): void {
    if (this.#remembered?.access === access) this.#remembered = undefined
  }

  async #prepare(): Promise<Access> {
    const options: RequestOptions = { headers: {} }
    await this.#kubeConfig.applyToHTTPSOptions(options)
    const headers = Object.entries(options.headers ?? {}).map(([name, value]) => [name, `${value}`])
    if (typeof options.auth === "string") headers.push(["Authorization", `Basic ${btoa(options.auth)}`])
    return { headers: Object.fromEntries(headers), dispatcher: await this.#dispatcher(options) }
  }

  async #dispatcher({ ca, cert, key, rejectUnauthorized, servername }: RequestOptions): Promise<Dispatcher> {
    const tls = definedOnly({ ca, cert, key, rejectUnauthorized, servername })
    const identity = createHash("sha256")
      .update(JSON.stringify([this.server, tls]))
      .digest("hex")
    if (this.#pool?.key === identity) return this.#pool.dispatcher
    const before = this.#pool
    const dispatcher = await this.#connect(tls)
    this.#pool = { key: identity, dispatcher }
    // Requests under way end in their own time; watches notice at their next reconnect.
    before?.dispatcher.close().catch(() => undefined)
    return dispatcher
  }

  async #connect(tls: TlsOptions): Promise<Dispatcher> {
    const proxy = this.#kubeConfig.getCurrentCluster()?.proxyUrl
    // Time limits are ours (a watch is silent for a minute by design). HTTP/2 can wedge a whole session silently.
    const pool = { allowH2: false, keepAliveTimeout: idleConnectionMs, headersTimeout: 0, bodyTimeout: 0 }
    if (proxy?.startsWith("socks")) return this.#libraryDispatcher()
    if (proxy !== undefined && proxy !== "") return new ProxyAgent({ ...pool, uri: proxy, requestTls: tls })
    return new Agent({ ...pool, connect: { ...tls, keepAlive: true, keepAliveInitialDelay: keepAliveProbeMs } })
  }

  /** Only the library can speak to SOCKS proxies. */
  async #libraryDispatcher(): Promise<Dispatcher> {
    const context = new RequestContext(this.server, HttpMethod.GET)
    await this.#kubeConfig.applySecurityAuthentication(context)
    const dispatcher = context.getDispatcher()
    if (dispatcher === undefined) throw new Error("no way to the SOCKS proxy of the kubeconfig")
    return dispatcher
  }
}

type Pem = string | Buffer

type TlsOptions = {
  readonly ca?: Pem
  readonly cert?: Pem
  readonly key?: Pem
  readonly servername?: string
  readonly rejectUnauthorized?: boolean
}

function definedOnly(options: RequestOptions): TlsOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}

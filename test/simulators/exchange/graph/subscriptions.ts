import { randomUUID } from "node:crypto"
import { request } from "node:https"
import { timestamp } from "../store/clock.ts"
import { itemId } from "../store/ids.ts"
import { isJson, type Json, textAt } from "../store/json.ts"
import { inCloud, type Mailbox } from "../store/mailbox.ts"
import { entryOf } from "../store/series.ts"
import type { Change, Store } from "../store/store.ts"
import { type Call, ok, type Reply } from "./call.ts"
import { GraphError } from "./graph-error.ts"
import { renderEvent } from "./render-event.ts"
import { calendarTarget, defaultTarget } from "./target.ts"

/** Change notifications. https://learn.microsoft.com/graph/api/subscription-post-subscriptions */

type Subscription = {
  readonly id: string
  readonly resource: string
  readonly changeType: string
  readonly clientState: string | undefined
  readonly notificationUrl: string
  readonly lifecycleUrl: string | undefined
  readonly mailbox: Mailbox
  readonly folder: number
  readonly immutableIds: boolean
  readonly applicationId: string
  expiresMs: number
}

const MAXIMUM_LIFE_MS = 10_080 * 60_000
const MINIMUM_LIFE_MS = 45 * 60_000
const HANDSHAKE_MS = 10_000
const MAXIMUM_PER_MAILBOX = 1000
const MAXIMUM_CLIENT_STATE = 128

export class Subscriptions {
  readonly #store: Store
  readonly #tenantId: string
  readonly #alive = new Map<string, Subscription>()
  readonly #deliveries = new Set<Promise<void>>()

  constructor(store: Store, tenantId: string) {
    this.#store = store
    this.#tenantId = tenantId
    store.onChange(change => this.#notify(change))
    store.clock.onJump(() => this.#expire())
  }

  get count(): number {
    return this.#alive.size
  }

  /** Resolves when every notification under way has been delivered or given up. */
  async settled(): Promise<void> {
    await Promise.all(this.#deliveries)
  }

  async answer(call: Call, id: string): Promise<Reply> {
    this.#expire()
    if (call.method === "POST" && id === "") return this.#create(call)
    if (call.method === "GET" && id === "") return ok({ value: [...this.#alive.values()].map(render) })
    const found = this.#alive.get(id)
    if (!found) throw new GraphError(404, "ResourceNotFound", "The object was not found.")
    if (call.method === "GET") return ok(render(found))
    if (call.method === "DELETE") {
      this.#alive.delete(id)
      return { status: 204 }
    }
    if (call.method !== "PATCH") throw new GraphError(405, "Request_BadRequest", "The method is not allowed.")
    found.expiresMs = this.#expiry(call.body)
    return ok(render(found))
  }

  /** Tells every subscriber of a mailbox something about its life: `reauthorizationRequired`, `missed` and so on. */
  lifecycle(event: string): void {
    for (const subscription of this.#alive.values()) {
      if (event === "subscriptionRemoved") this.#alive.delete(subscription.id)
      const value = [{ lifecycleEvent: event, ...this.#common(subscription) }]
      if (subscription.lifecycleUrl) this.#deliver(subscription.lifecycleUrl, { value })
    }
  }

  async #create(call: Call): Promise<Reply> {
    const { body } = call
    const changeType = textAt(body, "changeType") ?? ""
    const resource = textAt(body, "resource") ?? ""
    const notificationUrl = secureUrl(body, "notificationUrl")
    const lifecycleUrl =
      isJson(body) && body["lifecycleNotificationUrl"] ? secureUrl(body, "lifecycleNotificationUrl") : undefined
    const clientState = textAt(body, "clientState")
    if (changeType === "" || notificationUrl === undefined)
      throw invalid("changeType and notificationUrl are required.")
    if ((clientState?.length ?? 0) > MAXIMUM_CLIENT_STATE) throw invalid("clientState is longer than 128 characters.")
    const { mailbox, folder } = this.#resourceOf(resource)
    const expiresMs = this.#expiry(body)
    this.#refuseTooMany(mailbox, { resource, changeType })
    for (const url of [notificationUrl, lifecycleUrl]) if (url !== undefined) await handshake(url)
    const subscription: Subscription = {
      id: randomUUID(),
      resource,
      changeType,
      clientState,
      notificationUrl,
      lifecycleUrl,
      mailbox,
      folder,
      immutableIds: call.preferences.ids === "immutable",
      applicationId: call.caller.appId,
      expiresMs,
    }
    this.#alive.set(subscription.id, subscription)
    return { status: 201, body: render(subscription) }
  }

  #refuseTooMany(mailbox: Mailbox, wanted: { readonly resource: string; readonly changeType: string }): void {
    const own = [...this.#alive.values()].filter(subscription => subscription.mailbox === mailbox)
    if (own.some(({ resource, changeType }) => resource === wanted.resource && changeType === wanted.changeType))
      throw new GraphError(409, "Conflict", "A subscription for this resource and change type exists already.")
    if (own.length >= MAXIMUM_PER_MAILBOX)
      throw new GraphError(403, "Forbidden", "The limit of subscriptions has been reached.")
  }

  #resourceOf(resource: string): { readonly mailbox: Mailbox; readonly folder: number } {
    const form = /^\/?users\/([^/]+)(?:\/calendars\/([^/]+)|\/calendar)?\/events$/i.exec(resource)
    const mailbox = form?.[1] ? this.#store.findMailbox(decodeURIComponent(form[1])) : undefined
    if (!form) throw invalid(`The resource '${resource}' is not supported.`)
    if (!mailbox || !inCloud(mailbox)) throw new GraphError(404, "ResourceNotFound", "The resource was not found.")
    return form[2] ? calendarTarget(mailbox, decodeURIComponent(form[2])) : defaultTarget(mailbox)
  }

  /** At most a week, at least three quarters of an hour. */
  #expiry(body: unknown): number {
    const nowMs = this.#store.clock.now()
    let wantedMs: number
    try {
      wantedMs = Temporal.Instant.from(textAt(body, "expirationDateTime") ?? "").epochMilliseconds
    } catch {
      throw invalid("expirationDateTime is not valid.")
    }
    if (wantedMs <= nowMs) throw invalid("Subscription expiration date is in the past.")
    if (wantedMs - nowMs > MAXIMUM_LIFE_MS)
      throw invalid("Subscription expiration can only be 10080 minutes in the future.")
    return Math.max(wantedMs, nowMs + MINIMUM_LIFE_MS)
  }

  #expire(): void {
    const nowMs = this.#store.clock.now()
    for (const [id, { expiresMs }] of this.#alive) if (expiresMs <= nowMs) this.#alive.delete(id)
  }

  #notify(change: Change): void {
    if (this.#alive.size === 0) return
    this.#expire()
    const noise = this.#store.switches.notificationNoise && change.kind === "created"
    const kinds = noise ? ["created", "updated"] : [change.kind]
    for (const subscription of this.#alive.values()) {
      if (subscription.mailbox !== change.mailbox || subscription.folder !== change.item.folder) continue
      const value = kinds
        .filter(kind => subscription.changeType.split(",").includes(kind))
        .map(kind => this.#notification(subscription, change, kind))
      if (value.length > 0) this.#deliver(subscription.notificationUrl, { value })
    }
  }

  #common(subscription: Subscription): Json {
    return {
      subscriptionId: subscription.id,
      subscriptionExpirationDateTime: timestamp(subscription.expiresMs),
      clientState: subscription.clientState ?? null,
      tenantId: this.#tenantId,
    }
  }

  #notification(subscription: Subscription, { mailbox, item }: Change, changeType: string): Json {
    const form = subscription.immutableIds ? "immutable" : "classic"
    const id = itemId({ mailbox: mailbox.id, number: item.number, folder: item.folder }, form)
    const resource = `Users/${mailbox.id}/Events/${id}`
    const preferences = {
      zone: { name: "UTC", zone: "UTC" },
      zoneName: "UTC",
      ids: form,
      bodies: "html",
      maxPageSize: undefined,
      applied: [],
    } as const
    const { "@odata.etag": etag } = renderEvent(entryOf(item), { mailbox, preferences, seesContent: false }, [])
    return {
      id: randomUUID(),
      ...this.#common(subscription),
      changeType,
      resource,
      resourceData: { "@odata.type": "#Microsoft.Graph.Event", "@odata.id": resource, "@odata.etag": etag, id },
    }
  }

  #deliver(url: string, body: Json): void {
    const delivery = post(url, JSON.stringify(body), "application/json").then(
      () => undefined,
      () => undefined,
    )
    this.#deliveries.add(delivery)
    void delivery.finally(() => this.#deliveries.delete(delivery))
  }
}

function render(subscription: Subscription): Json {
  return {
    "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#subscriptions/$entity",
    id: subscription.id,
    resource: subscription.resource,
    applicationId: subscription.applicationId,
    changeType: subscription.changeType,
    clientState: null,
    notificationUrl: subscription.notificationUrl,
    lifecycleNotificationUrl: subscription.lifecycleUrl ?? null,
    expirationDateTime: timestamp(subscription.expiresMs),
    includeResourceData: null,
    latestSupportedTlsVersion: "v1_2",
  }
}

function secureUrl(body: unknown, name: string): string | undefined {
  const text = textAt(body, name)
  if (text === undefined) return undefined
  if (!URL.canParse(text) || new URL(text).protocol !== "https:") throw invalid(`${name} must be an https URL.`)
  return text
}

async function handshake(url: string): Promise<void> {
  const token = `Validation: Testing client application reachability for subscription Request-Id: ${randomUUID()}`
  const target = new URL(url)
  const separator = target.search === "" ? "?" : "&"
  try {
    const { status, type, text } = await post(
      `${url}${separator}validationToken=${encodeURIComponent(token)}`,
      "",
      "text/plain",
    )
    if (status === 200 && /^text\/plain/i.test(type) && text === token) return
  } catch {
    // refused below, like a wrong answer
  }
  throw new GraphError(
    400,
    "InvalidRequest",
    "Subscription validation request failed. Notification endpoint must respond with 200 OK to validation request.",
  )
}

function invalid(message: string): GraphError {
  return new GraphError(400, "InvalidRequest", message)
}

type Answer = { readonly status: number; readonly type: string; readonly text: string }

/** Receivers in tests have certificates of their own making. */
function post(url: string, body: string, type: string): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const headers = { "content-type": `${type}; charset=utf-8`, "content-length": Buffer.byteLength(body) }
  const signal = AbortSignal.timeout(HANDSHAKE_MS)
  const sent = request(url, { method: "POST", headers, signal, rejectUnauthorized: false }, response => {
    const chunks: Buffer[] = []
    response.on("data", (chunk: Buffer) => chunks.push(chunk))
    response.on("error", reject)
    response.on("end", () =>
      resolve({
        status: response.statusCode ?? 0,
        type: response.headers["content-type"] ?? "",
        text: Buffer.concat(chunks).toString("utf8"),
      }),
    )
  })
  sent.on("error", reject)
  sent.end(body)
  return promise
}

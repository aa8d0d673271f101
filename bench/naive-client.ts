import { Agent, fetch } from "undici"

/**
 * What a script on Graph usually does: one request per event, one after the other. Here to be compared with, in the same
 * run, against the same server at the same distance.
 */
export class NaiveClient {
  readonly #root: string
  readonly #agent: Agent
  readonly #token: string

  private constructor(root: string, agent: Agent, token: string) {
    this.#root = root
    this.#agent = agent
    this.#token = token
  }

  static async signIn(tenant: {
    readonly url: string
    readonly caPem: string
    readonly tenantId: string
    readonly clientId: string
    readonly secret: string
  }): Promise<NaiveClient> {
    const agent = new Agent({ connect: { ca: tenant.caPem } })
    const body = new URLSearchParams({
      grant_type: "client_credentials",
      scope: `${tenant.url}/.default`,
      client_id: tenant.clientId,
      client_secret: tenant.secret,
    })
    const url = `${tenant.url}/${tenant.tenantId}/oauth2/v2.0/token`
    const answer = await fetch(url, { method: "POST", body: body.toString(), headers: form, dispatcher: agent })
    const token: unknown = await answer.json()
    if (typeof token !== "object" || token === null || !("access_token" in token)) throw new Error("no token")
    return new NaiveClient(`${tenant.url}/v1.0`, agent, String(token.access_token))
  }

  /** Creates so many events, one request each; gives the seconds it took. */
  async create(mailbox: string, count: number): Promise<number> {
    return await seconds(async () => {
      for (let index = 0; index < count; index++)
        await this.#send("POST", `/users/${mailbox}/events`, benchEvent(index))
    })
  }

  /** The same in full batches, one after the other, answers unread: the least that this server and this machine take. */
  async createInBatches(mailbox: string, count: number): Promise<number> {
    const headers = { "Content-Type": "application/json" }
    const url = `/users/${mailbox}/events`
    return await seconds(async () => {
      for (let first = 0; first < count; first += largestBatch) {
        const size = Math.min(largestBatch, count - first)
        const requests = Array.from({ length: size }, (_, step) => {
          return { id: String(step), method: "POST", url, headers, body: benchEvent(first + step) }
        })
        await this.#send("POST", "/$batch", { requests })
      }
    })
  }

  /** Reads each event to see whether it changed, and writes the first few; gives the seconds it took. */
  async lookAndChange(mailbox: string, ids: readonly string[], changed: number): Promise<number> {
    return await seconds(async () => {
      for (const [index, id] of ids.entries()) {
        const path = `/users/${mailbox}/events/${encodeURIComponent(id)}`
        await this.#send("GET", path)
        if (index < changed) await this.#send("PATCH", path, { location: { displayName: "Room B" } })
      }
    })
  }

  close(): Promise<void> {
    return this.#agent.close()
  }

  async #send(method: "GET" | "POST" | "PATCH", path: string, body?: object): Promise<void> {
    const answer = await fetch(`${this.#root}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.#token}`, "content-type": "application/json" },
      dispatcher: this.#agent,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    await answer.text()
    if (!answer.ok) throw new Error(`status ${answer.status}`)
  }
}

const form = { "content-type": "application/x-www-form-urlencoded" }
const largestBatch = 20

function benchEvent(index: number): object {
  const day = Temporal.Now.plainDateISO().add({ days: 2 + Math.floor(index / 8) })
  const at = (minute: string) => ({
    dateTime: `${day}T${String(8 + (index % 8)).padStart(2, "0")}:${minute}:00`,
    timeZone: "Europe/Copenhagen",
  })
  return { subject: `Lesson ${index}`, start: at("00"), end: at("45"), location: { displayName: "Room A" } }
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return (performance.now() - startedAt) / 1000
}

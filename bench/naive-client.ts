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
    return new NaiveClient(`${tenant.url}/v1.0/users`, agent, String(token.access_token))
  }

  /** Creates so many events, one request each; gives the seconds it took. */
  async create(mailbox: string, count: number): Promise<number> {
    const startedAt = performance.now()
    const first = Temporal.Now.plainDateISO().add({ days: 2 })
    for (let index = 0; index < count; index++) {
      const day = first.add({ days: Math.floor(index / 8) })
      const at = (minute: string) => ({
        dateTime: `${day}T${String(8 + (index % 8)).padStart(2, "0")}:${minute}:00`,
        timeZone: "Europe/Copenhagen",
      })
      const event = { subject: `Lesson ${index}`, start: at("00"), end: at("45"), location: { displayName: "Room A" } }
      const answer = await fetch(`${this.#root}/${mailbox}/events`, {
        method: "POST",
        body: JSON.stringify(event),
        headers: { authorization: `Bearer ${this.#token}`, "content-type": "application/json" },
        dispatcher: this.#agent,
      })
      await answer.text()
      if (answer.status !== 201) throw new Error(`status ${answer.status}`)
    }
    return (performance.now() - startedAt) / 1000
  }

  close(): Promise<void> {
    return this.#agent.close()
  }
}

const form = { "content-type": "application/x-www-form-urlencoded" }

import { Agent, type Dispatcher, request } from "undici"
import { type RunningExchange, type StartOptions, startExchange } from "./start-exchange.ts"
import { isJson, type Json, listAt, parseJson, textAt } from "./store/json.ts"

/** A bare client for the simulator's own tests: one app, one mailbox, plain HTTP. */

export const anna = "anna@contoso.example"

export type Answer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Json
  readonly text: string
}

export type Talk = RunningExchange &
  AsyncDisposable & {
    readonly clientId: string
    readonly secret: string
    readonly dispatcher: Dispatcher
    /** Below `/v1.0/users/anna…`; a path that begins with `//` counts from the origin, a full URL is taken as it is. */
    readonly send: (
      method: string,
      path: string,
      body?: unknown,
      headers?: Readonly<Record<string, string>>,
    ) => Promise<Answer>
    readonly get: (path: string, headers?: Readonly<Record<string, string>>) => Promise<Answer>
    /** Creates an event and gives its id; throws when it was refused. */
    readonly make: (event: Json, calendar?: string) => Promise<string>
    readonly batch: (steps: readonly Json[]) => Promise<readonly Json[]>
    readonly login: () => Promise<void>
    readonly token: () => Promise<string>
  }

export async function talk(options: StartOptions = {}): Promise<Talk> {
  const exchange = await startExchange({ mailboxes: [{ address: anna, displayName: "Anna" }], ...options })
  const { clientId, secret } = exchange.admin.addApp()
  const dispatcher = new Agent({ connect: { ca: exchange.caPem } })
  let token = await fetchToken(exchange, { clientId, secret, dispatcher })
  const close = async () => {
    await dispatcher.destroy()
    await exchange.close()
  }
  const send: Talk["send"] = async (method, path, body, headers = {}) => {
    const answer = await request(urlOf(exchange.url, path), {
      method: methodOf(method),
      dispatcher,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      body: body === undefined ? null : JSON.stringify(body),
    })
    const text = await answer.body.text()
    const parsed = parseJson(text)
    return { status: answer.statusCode, headers: answer.headers, body: isJson(parsed) ? parsed : {}, text }
  }
  return {
    ...exchange,
    clientId,
    secret,
    dispatcher,
    send,
    get: (path, headers) => send("GET", path, undefined, headers),
    make: async (event, calendar) => {
      const made = await send("POST", calendar === undefined ? "/events" : `/calendars/${calendar}/events`, event)
      if (made.status !== 201) throw new Error(`not created: ${made.status} ${made.text}`)
      return textAt(made.body, "id") ?? ""
    },
    batch: async steps => {
      const { body } = await send("POST", "//v1.0/$batch", { requests: steps })
      return (listAt(body, "responses") ?? []).filter(isJson)
    },
    token: async () => token,
    login: async () => {
      token = await fetchToken(exchange, { clientId, secret, dispatcher })
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

function urlOf(origin: string, path: string): string {
  if (path.startsWith("https:")) return path
  return path.startsWith("//") ? origin + path.slice(1) : `${origin}/v1.0/users/${anna}${path}`
}

const methods = ["GET", "POST", "PATCH", "DELETE"] as const

function methodOf(method: string): (typeof methods)[number] {
  const found = methods.find(known => known === method)
  if (!found) throw new Error(`no method ${method}`)
  return found
}

type Credential = { readonly clientId: string; readonly secret: string; readonly dispatcher: Dispatcher }

async function fetchToken(exchange: RunningExchange, given: Credential): Promise<string> {
  const answer = await request(`${exchange.url}/${exchange.admin.tenantId}/oauth2/v2.0/token`, {
    method: "POST",
    dispatcher: given.dispatcher,
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({
      client_id: given.clientId,
      client_secret: given.secret,
      scope: "https://graph.microsoft.com/.default",
      grant_type: "client_credentials",
    }).toString(),
  })
  return textAt(await answer.body.json(), "access_token") ?? ""
}

/** An hour in Helsinki on a Tuesday, unless said otherwise. */
export function meeting(changes: Json = {}): Json {
  return {
    subject: "Physics",
    start: helsinki("2026-03-10T09:00:00"),
    end: helsinki("2026-03-10T10:00:00"),
    ...changes,
  }
}

export function helsinki(dateTime: string): Json {
  return { dateTime, timeZone: "FLE Standard Time" }
}

/** The pages of a list, followed to the end. */
export async function allPages(
  talker: Pick<Talk, "get">,
  path: string,
  headers?: Readonly<Record<string, string>>,
): Promise<{ readonly rows: readonly Json[]; readonly deltaLink: string; readonly pages: number }> {
  const rows: Json[] = []
  let next: string | undefined = path
  let deltaLink = ""
  let pages = 0
  while (next !== undefined) {
    const { status, body, text } = await talker.get(next, headers)
    if (status !== 200) throw new Error(`${status} ${text}`)
    rows.push(...(listAt(body, "value") ?? []).filter(isJson))
    next = textAt(body, "@odata.nextLink")
    deltaLink = textAt(body, "@odata.deltaLink") ?? ""
    pages++
  }
  return { rows, deltaLink, pages }
}

export function codeOf(answer: { readonly body: Json }): string | undefined {
  return textAt(answer.body["error"], "code")
}

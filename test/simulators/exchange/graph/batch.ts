import { isJson, type Json, jsonAt, listAt, textAt, textsAt } from "../store/json.ts"
import type { Reply } from "./call.ts"
import { GraphError } from "./graph-error.ts"

/**
 * Up to twenty requests in one. https://learn.microsoft.com/graph/json-batching
 *
 * Steps run four at a time whatever their mailbox, one after the other as soon as one depends on another, and are
 * answered in any order.
 */

export type Step = {
  readonly id: string
  readonly method: string
  /** Relative to the version. */
  readonly url: string
  readonly headers: ReadonlyMap<string, string>
  readonly body: unknown
  readonly dependsOn: readonly string[]
}

const MAXIMUM_STEPS = 20
const AT_ONCE = 4

export async function runBatch(
  body: unknown,
  given: { readonly run: (step: Step) => Promise<Reply>; readonly shuffles: boolean },
): Promise<Reply> {
  const steps = parseSteps(body)
  const replies = new Map<string, Reply>()
  const serial = steps.some(step => step.dependsOn.length > 0)
  const queue = [...steps]
  const work = async () => {
    for (let step = queue.shift(); step; step = queue.shift()) {
      const failed = step.dependsOn.some(id => (replies.get(id)?.status ?? 0) >= 400 || !replies.has(id))
      replies.set(step.id, failed ? failedDependency() : await given.run(step))
    }
  }
  await Promise.all(Array.from({ length: serial ? 1 : AT_ONCE }, work))
  // A step cannot lose its connection alone.
  if ([...replies.values()].some(reply => reply.dropped)) return { status: 200, dropped: "silently" }
  const order = given.shuffles ? shuffled(steps) : steps
  return { status: 200, body: { responses: order.map(({ id }) => answerOf(id, replies.get(id))) } }
}

function parseSteps(body: unknown): readonly Step[] {
  const requests = listAt(body, "requests")
  if (!requests) throw malformed("Invalid batch payload format.")
  if (requests.length > MAXIMUM_STEPS)
    throw new GraphError(
      400,
      "MaximumValueExceeded",
      `Number of batch request steps exceeds the maximum value of ${MAXIMUM_STEPS}.`,
    )
  const steps = requests.map(parseStep)
  const ids = new Set(steps.map(step => step.id))
  if (ids.size !== steps.length) throw malformed("Request Id values must be unique within a batch.")
  if (steps.some(step => step.dependsOn.some(id => !ids.has(id))))
    throw malformed("A dependsOn value names no request of the batch.")
  return steps
}

function parseStep(request: unknown): Step {
  const id = textAt(request, "id") ?? ""
  const url = textAt(request, "url") ?? ""
  const method = textAt(request, "method")?.toUpperCase() ?? ""
  if (!isJson(request) || id === "" || url === "" || method === "") throw malformed("Invalid batch payload format.")
  const headers = new Map<string, string>()
  for (const [name, value] of Object.entries(jsonAt(request, "headers") ?? {}))
    headers.set(name.toLowerCase(), String(value))
  return { id, url, method, headers, body: request["body"], dependsOn: textsAt(request, "dependsOn") }
}

function malformed(message: string): GraphError {
  return new GraphError(400, "BadRequest", message)
}

function failedDependency(): Reply {
  const error = { code: "FailedDependency", message: "A request this one depends on has failed." }
  return { status: 424, body: { error } }
}

function answerOf(id: string, reply: Reply | undefined): Json {
  const status = reply?.status ?? 500
  const headers = { "Cache-Control": "private", ...cased(reply?.headers ?? {}) }
  const typed =
    reply?.body === undefined
      ? headers
      : { ...headers, "Content-Type": typeof reply.body === "string" ? "text/html" : "application/json" }
  // What is no JSON travels as base64.
  const body = typeof reply?.body === "string" ? Buffer.from(reply.body).toString("base64") : reply?.body
  return { id, status, headers: typed, ...(body === undefined ? {} : { body }) }
}

/** Header names as the service writes them. */
function cased(headers: NonNullable<Reply["headers"]>): Record<string, string> {
  const title = (name: string) => name.replace(/(^|-)[a-z]/g, letters => letters.toUpperCase())
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [title(name), String(value)]))
}

/** Another order every time a batch has another length, the same for the same batch. */
function shuffled(steps: readonly Step[]): readonly Step[] {
  return [...steps.slice(steps.length / 2), ...steps.slice(0, steps.length / 2).reverse()]
}

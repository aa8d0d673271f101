import type { Admin } from "./admin.ts"
import type { Reply } from "./graph/call.ts"
import { GraphError } from "./graph/graph-error.ts"
import { parseJson } from "./store/json.ts"

/**
 * The admin over HTTP, for programs in other processes: `POST /_sim/{method}` with a JSON array of its arguments (or
 * one argument) answers what the method gives; `GET /_sim/{method}` calls it without any.
 */
export function answerAdmin(
  admin: Admin,
  request: { readonly method: string; readonly url: string; readonly text: string },
): Reply {
  const name = request.url.replace(/^\/_sim\//, "").replace(/[?#].*$/, "")
  const found: unknown =
    name !== "constructor" && Object.hasOwn(Object.getPrototypeOf(admin), name) ? Reflect.get(admin, name) : undefined
  if (found === undefined) return { status: 404, body: { error: `the admin has no ${name}` } }
  if (typeof found !== "function") return { status: 200, body: { result: found } }
  const parsed = request.text === "" ? [] : parseJson(request.text)
  if (parsed === undefined) return { status: 400, body: { error: "the arguments are no JSON" } }
  try {
    const result: unknown = Reflect.apply(found, admin, Array.isArray(parsed) ? parsed : [parsed])
    return { status: 200, body: { result: result ?? null } }
  } catch (error) {
    if (error instanceof GraphError || error instanceof Error) return { status: 400, body: { error: error.message } }
    throw error
  }
}

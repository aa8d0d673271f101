import { type Json, textAt } from "../store/json.ts"
import { GraphError } from "./graph-error.ts"

/** Single fields of a body: the type they must have, or the answer for one of another type. */

export function flag(body: Json, name: string): boolean | undefined {
  const value = body[name]
  if (value === undefined || value === null) return undefined
  // Widely used clients write booleans as text, so the service must be taking them.
  if (value === "true" || value === "false") return value === "true"
  if (typeof value !== "boolean")
    throw new GraphError(400, "RequestBodyRead", `Cannot convert the value of '${name}' to the type 'Edm.Boolean'.`)
  return value
}

export function oneOf<T extends string>(values: readonly T[], body: Json, name: string): T {
  const text = textAt(body, name)
  const found = values.find(value => value.toLowerCase() === text?.toLowerCase())
  if (found === undefined)
    throw new GraphError(
      400,
      "RequestBodyRead",
      `Requested value '${text ?? ""}' was not found for property '${name}'.`,
    )
  return found
}

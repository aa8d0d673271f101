import { badRequest, expired, tooLargeRevision } from "./failure.ts"
import { type FieldError, forbiddenField, invalidObject } from "./field-error.ts"

const options = { group: "meta.k8s.io", plural: "", kind: "ListOptions" }

/** Throws for a combination of options that lists do not take, and for a revision that cannot be served. */
export function requireListOptions(query: URLSearchParams, current: number): void {
  const asked = query.get("resourceVersion") ?? ""
  const match = query.get("resourceVersionMatch") ?? ""
  const errors: FieldError[] = []
  const refuse = (field: string, detail: string) => errors.push(forbiddenField([field], detail))
  if (match !== "" && asked === "") {
    refuse("resourceVersionMatch", "resourceVersionMatch is forbidden unless resourceVersion is provided")
  }
  if (match !== "" && query.get("continue")) {
    refuse("resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided")
  }
  if (query.get("sendInitialEvents") !== null) refuse("sendInitialEvents", "sendInitialEvents is forbidden for list")
  requireNone(errors)
  if (asked !== "") requireRevision(asked, match, current)
}

/** Throws for a combination of options that watches do not take. */
export function requireWatchOptions(query: URLSearchParams): void {
  const match = query.get("resourceVersionMatch") ?? ""
  const hasInitial = query.get("sendInitialEvents") !== null
  const path = ["resourceVersionMatch"]
  if (hasInitial && match !== "NotOlderThan") {
    requireNone([forbiddenField(path, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan")])
  }
  if (!hasInitial && match !== "") {
    requireNone([
      forbiddenField(path, "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"),
    ])
  }
}

function requireNone(errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalidObject(options, "", errors)
}

function requireRevision(asked: string, match: string, current: number): void {
  const revision = Number(asked)
  if (!Number.isInteger(revision) || revision < 0) throw badRequest(`invalid resource version: "${asked}"`)
  if (revision > current) throw tooLargeRevision(revision, current)
  // Old states are not kept: only the current one can be listed exactly.
  if (match === "Exact" && revision !== current) throw expired(`too old resource version: ${revision}`)
}

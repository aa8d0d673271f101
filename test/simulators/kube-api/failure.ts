import type { JsonObject } from "./json.ts"

export type Cause = { readonly reason: string; readonly message: string; readonly field: string }

export type FailureDetails = {
  readonly name?: string
  readonly group?: string
  readonly kind?: string
  readonly uid?: string
  readonly causes?: readonly Cause[]
  readonly retryAfterSeconds?: number
}

/** An answer that is not a success; travels as a `Status` object worded like the real server's. */
export class Failure extends Error {
  override readonly name = "Failure"
  readonly code: number
  readonly reason: string
  readonly details: FailureDetails | undefined

  constructor(code: number, reason: string, message: string, details?: FailureDetails) {
    super(message)
    this.code = code
    this.reason = reason
    this.details = details
  }

  get status(): JsonObject {
    return {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: this.message,
      ...(this.reason === "" ? {} : { reason: this.reason }),
      ...(this.details === undefined ? {} : { details: this.details }),
      code: this.code,
    }
  }
}

/** What a failure is about: enough of a kind to word it. */
export type Subject = { readonly group: string; readonly plural: string; readonly kind: string }

export function badRequest(message: string): Failure {
  return new Failure(400, "BadRequest", message)
}

export function notFound(subject: Subject, name: string): Failure {
  const details = { name, ...groupOf(subject), kind: subject.plural }
  return new Failure(404, "NotFound", `${qualified(subject)} "${name}" not found`, details)
}

export function noSuchPath(): Failure {
  return new Failure(404, "NotFound", "the server could not find the requested resource", {})
}

export function alreadyExists(subject: Subject, name: string): Failure {
  const details = { name, ...groupOf(subject), kind: subject.plural }
  return new Failure(409, "AlreadyExists", `${qualified(subject)} "${name}" already exists`, details)
}

export function conflict(subject: Subject, name: string, problem: string): Failure {
  const details = { name, ...groupOf(subject), kind: subject.plural }
  return new Failure(
    409,
    "Conflict",
    `Operation cannot be fulfilled on ${qualified(subject)} "${name}": ${problem}`,
    details,
  )
}

export function forbidden(subject: Subject, name: string, problem: string, causes?: readonly Cause[]): Failure {
  const details = { name, ...groupOf(subject), kind: subject.plural, ...(causes === undefined ? {} : { causes }) }
  const about = name === "" ? `${qualified(subject)} is` : `${qualified(subject)} "${name}" is`
  return new Failure(403, "Forbidden", `${about} forbidden: ${problem}`, details)
}

export function expired(message: string): Failure {
  return new Failure(410, "Expired", message)
}

export function methodNotAllowed(): Failure {
  return new Failure(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {})
}

export function unsupportedMediaType(accepted: readonly string[]): Failure {
  return new Failure(
    415,
    "UnsupportedMediaType",
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(", ")}`,
    {},
  )
}

export function notAcceptable(offered: readonly string[]): Failure {
  return new Failure(406, "NotAcceptable", `only the following media types are accepted: ${offered.join(", ")}`, {})
}

export function tooLargeRevision(asked: number, current: number): Failure {
  const causes = [{ reason: "ResourceVersionTooLarge", message: "Too large resource version", field: "" }]
  return new Failure(504, "Timeout", `Timeout: Too large resource version: ${asked}, current: ${current}`, {
    causes,
    retryAfterSeconds: 1,
  })
}

function groupOf({ group }: Subject): { readonly group?: string } {
  return group === "" ? {} : { group }
}

function qualified({ group, plural }: Subject): string {
  return group === "" ? plural : `${plural}.${group}`
}

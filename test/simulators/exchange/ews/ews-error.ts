import type { Markup } from "./markup.ts"

/**
 * https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode
 * An error of one item of a request: the answer is 200 all the same, with ResponseClass="Error" at that item.
 */
export class EwsError extends Error {
  readonly code: string
  /** What the message says once more for programs, by name. */
  readonly values: readonly (readonly [string, string])[]

  constructor(code: string, message: string, values: readonly (readonly [string, string])[] = []) {
    super(message)
    this.name = "EwsError"
    this.code = code
    this.values = values
  }
}

/** Web services are switched off for a mailbox: a bare 403. */
export class EwsForbidden extends Error {}

/** What refuses the whole request: HTTP 500 with a SOAP fault. */
export class EwsFault extends Error {
  readonly code: string
  /** Further children of the fault's detail: BackOffMilliseconds, line and position. */
  readonly details: readonly Markup[]

  constructor(code: string, message: string, details: readonly Markup[] = []) {
    super(message)
    this.name = "EwsFault"
    this.code = code
    this.details = details
  }
}

export function itemNotFound(): EwsError {
  return new EwsError("ErrorItemNotFound", "The specified object was not found in the store.")
}

export function folderNotFound(): EwsError {
  return new EwsError("ErrorFolderNotFound", "The specified folder could not be found in the store.")
}

export function malformedId(): EwsError {
  return new EwsError("ErrorInvalidIdMalformed", "Id is malformed.")
}

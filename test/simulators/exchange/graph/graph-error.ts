import type { Json } from "../store/json.ts"

/** An answer that is an error: `{"error":{code,message}}` with a status. Codes are the contract, texts are not. */
export class GraphError extends Error {
  readonly status: number
  readonly code: string
  readonly headers: Readonly<Record<string, string>>
  readonly annotations: Json

  constructor(
    status: number,
    code: string,
    message: string,
    more: { readonly headers?: Readonly<Record<string, string>>; readonly annotations?: Json } = {},
  ) {
    super(message)
    this.status = status
    this.code = code
    this.headers = more.headers ?? {}
    this.annotations = more.annotations ?? {}
  }
}

export const itemNotFound = () =>
  new GraphError(404, "ErrorItemNotFound", "The specified object was not found in the store.")

export const malformedId = () => new GraphError(400, "ErrorInvalidIdMalformed", "Id is malformed.")

export const validationFailure = (message: string) => new GraphError(400, "ErrorPropertyValidationFailure", message)

export const unknownZone = (name: string) =>
  new GraphError(
    400,
    "TimeZoneNotSupportedException",
    `A valid TimeZone value must be specified. The following TimeZone value is not supported: '${name}'.`,
  )

export const noSuchResource = (path: string) =>
  new GraphError(400, "BadRequest", `Resource not found for the segment '${path}'.`)

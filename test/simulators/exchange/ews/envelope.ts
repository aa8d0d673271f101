import { EwsError, type EwsFault } from "./ews-error.ts"
import { el, type Markup } from "./markup.ts"
import { releaseOf, type ServerVersion } from "./server-version.ts"

/** SOAP 1.1 around an answer. https://learn.microsoft.com/exchange/client-developer/exchange-web-services/ */

export const namespaces = {
  soap: "http://schemas.xmlsoap.org/soap/envelope/",
  messages: "http://schemas.microsoft.com/exchange/services/2006/messages",
  types: "http://schemas.microsoft.com/exchange/services/2006/types",
  errors: "http://schemas.microsoft.com/exchange/services/2006/errors",
} as const

export function envelope(body: Markup, version: ServerVersion): string {
  const names = { "xmlns:h": namespaces.types, xmlns: namespaces.types }
  const info = el("h:ServerVersionInfo", { ...versionInfo(version), ...names })
  return document(
    el("s:Envelope", { "xmlns:s": namespaces.soap }, el("s:Header", {}, info), el("s:Body", bodyNames, body)),
  )
}

function versionInfo(version: ServerVersion): Readonly<Record<string, string | undefined>> {
  const { build, schema } = releaseOf(version)
  const [MajorVersion, MinorVersion, MajorBuildNumber] = build
  return { MajorVersion, MinorVersion, MajorBuildNumber, MinorBuildNumber: "10", Version: schema }
}

/** One of the envelopes of a stream: no declaration, and the root without a prefix, which clients look for. */
export function streamedEnvelope(body: Markup, version: ServerVersion): string {
  const info = el("ServerVersionInfo", { ...versionInfo(version), xmlns: namespaces.types })
  const soap = { "xmlns:soap11": namespaces.soap }
  const parts = [el("soap11:Header", soap, info), el("soap11:Body", { ...soap, ...bodyNames }, body)]
  return el("Envelope", { xmlns: namespaces.soap }, parts).markup
}

const bodyNames = {
  "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
  "xmlns:m": namespaces.messages,
  "xmlns:t": namespaces.types,
}

/** Faults come without the header. */
export function faultEnvelope({ code, message, details }: EwsFault): string {
  const detail = el(
    "detail",
    {},
    el("e:ResponseCode", { "xmlns:e": namespaces.errors }, code),
    el("e:Message", { "xmlns:e": namespaces.errors }, message),
    details,
  )
  const faultcode = el("faultcode", { "xmlns:a": namespaces.types }, `a:${code}`)
  const fault = el("s:Fault", {}, faultcode, el("faultstring", { "xml:lang": "en-US" }, message), detail)
  return document(el("s:Envelope", { "xmlns:s": namespaces.soap }, el("s:Body", {}, fault)))
}

function document({ markup }: Markup): string {
  return `<?xml version="1.0" encoding="utf-8"?>${markup}`
}

/** One response message for each row, in their order; what a row throws as EwsError is its own error. */
export function responses<T>(
  operation: string,
  rows: readonly T[],
  answer: (row: T) => readonly Markup[],
  failed: readonly Markup[] = [],
): Markup {
  const messages = rows.map(row => {
    try {
      return responseMessage(operation, { outcome: "Success", content: answer(row) })
    } catch (error) {
      if (!(error instanceof EwsError)) throw error
      return responseMessage(operation, { outcome: "Error", error, content: failed })
    }
  })
  return el(`m:${operation}Response`, {}, el("m:ResponseMessages", {}, messages))
}

/** What became of one row. */
export function responseMessage(
  operation: string,
  given: {
    readonly outcome: "Success" | "Warning" | "Error"
    readonly error?: EwsError
    readonly content: readonly Markup[]
  },
): Markup {
  const { error, content } = given
  return el(`m:${operation}ResponseMessage`, { ResponseClass: given.outcome }, ...outcome(error), content)
}

/** The answer of an operation that has one message and nothing around it. */
export function singleResponse(operation: string, content: readonly Markup[], error?: EwsError): Markup {
  return el(`m:${operation}Response`, { ResponseClass: error ? "Error" : "Success" }, outcome(error), content)
}

/** The children every response message begins with. */
export function outcome(error?: EwsError): readonly Markup[] {
  if (!error) return [el("m:ResponseCode", {}, "NoError")]
  return [
    el("m:MessageText", {}, error.message),
    el("m:ResponseCode", {}, error.code),
    el("m:DescriptiveLinkKey", {}, 0),
    ...(error.values.length === 0 ? [] : [el("m:MessageXml", {}, error.values.map(named))]),
  ]
}

function named([name, value]: readonly [string, string]): Markup {
  return el("t:Value", { Name: name }, value)
}

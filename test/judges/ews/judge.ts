import { readFileSync } from "node:fs"
import {
  ParseOption,
  XmlBufferInputProvider,
  XmlDocument,
  XmlLibError,
  XsdValidator,
  xmlRegisterInputProvider,
} from "libxml2-wasm"

/**
 * Judges whole SOAP envelopes, requests and answers alike, by the schema in this folder: what calendars need of Exchange Web
 * Services, written from Microsoft's reference. It is no copy of the files a server has.
 */

export type Violation = {
  /** Counted from one. */
  readonly line: number
  readonly message: string
}

const files = ["soap.xsd", "messages.xsd", "types.xsd"] as const
/** libxml2 asks for the imported files by names in this folder, which is nowhere. */
const PLACE = "ews-schema"

let validator: XsdValidator | undefined

function schema(): XsdValidator {
  if (validator) return validator
  const sources = files.map(name => [`${PLACE}/${name}`, readFileSync(new URL(name, import.meta.url))] as const)
  xmlRegisterInputProvider(new XmlBufferInputProvider(Object.fromEntries(sources)))
  const root = XmlDocument.fromBuffer(sources[0]?.[1] ?? new Uint8Array(), { url: `${PLACE}/soap.xsd` })
  validator = XsdValidator.fromDoc(root)
  return validator
}

/** Everything in an envelope that its schema forbids, in the order it stands there; empty when it is valid. */
export function violations(xml: string): readonly Violation[] {
  const judge = schema()
  return told(() => {
    // Bodies of items have no limit of their own.
    const document = XmlDocument.fromBuffer(Buffer.from(xml, "utf8"), { option: ParseOption.XML_PARSE_HUGE })
    try {
      judge.validate(document)
    } finally {
      document.dispose()
    }
  })
}

function told(work: () => void): readonly Violation[] {
  try {
    work()
    return []
  } catch (error) {
    if (!(error instanceof XmlLibError)) throw error
    return error.details.map(({ line, message }) => ({ line, message: message.trim() }))
  }
}

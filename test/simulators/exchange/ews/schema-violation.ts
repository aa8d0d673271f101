import { type Violation, violations } from "../../../judges/ews/judge.ts"
import { EwsFault } from "./ews-error.ts"
import { el } from "./markup.ts"
import type { XmlElement } from "./xml.ts"

/** Refuses, as Exchange does, a request that its schema does not allow: with the place, and what is wrong there. */
export function checkSchema(request: string): void {
  const [first] = violations(request)
  if (first) throw schemaViolation(placeOf(request, first), first.message)
}

/** The judge names a line; the position is where the element it names begins. */
function placeOf(request: string, { line, message }: Violation): Place {
  const name = /^Element '(?:\{[^}]*\})?([^']+)'/.exec(message)?.[1] ?? ""
  const at = request.split("\n")[line - 1]?.indexOf(name) ?? 0
  return { line, column: at + 1 }
}

type Place = Pick<XmlElement, "line" | "column">

/** The fault for what no schema can say, or what is no XML at all. */
export function schemaViolation({ line, column }: Place, text: string): EwsFault {
  const xmlns = { "xmlns:t": "http://schemas.microsoft.com/exchange/services/2006/types" }
  return new EwsFault("ErrorSchemaValidation", `The request failed schema validation: ${text}`, [
    el(
      "t:MessageXml",
      xmlns,
      el("t:LineNumber", {}, line),
      el("t:LinePosition", {}, column),
      el("t:Violation", {}, text),
    ),
  ])
}

/** Clients meet control characters, which are no XML 1.0: Exchange writes them as references all the same. */
const control = /&#x(?:[0-8BCEF]|1[0-9A-F]);/g

/** Throws when an answer is not what the schema promises clients: a bug of the simulator, and no client's business. */
export function checkAnswer(answer: string): void {
  const found = violations(answer.replace(control, "?"))
  if (found.length === 0) return
  const lines = found.map(({ line, message }) => `line ${line}: ${message}`)
  throw new Error(`an answer of the simulator breaks the schema:\n${lines.join("\n")}\n${answer}`)
}

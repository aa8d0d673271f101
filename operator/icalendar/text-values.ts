/** The TEXT values of RFC 5545 §3.3.11, made fit for a calendar: no escapes, no control characters, no endless texts. */

const escapes: Readonly<Record<string, string>> = { "\\n": "\n", "\\N": "\n" }

export function unescapeText(value: string): string {
  if (!value.includes("\\")) return value
  return value.replaceAll(/\\[\s\S]/g, sequence => escapes[sequence] ?? sequence.slice(1))
}

/** A text of several lines; undefined when nothing is left of it. */
export function readText(value: string, maxLength: number): string | undefined {
  const text = cut(unescapeText(value).replaceAll(/\r\n?/g, "\n").trim(), maxLength)
  return text === "" ? undefined : text
}

/** A text of one line; undefined when nothing is left of it. */
export function readLine(value: string, maxLength: number): string | undefined {
  const text = cut(unescapeText(value).replaceAll(/\s+/g, " ").trim(), maxLength)
  return text === "" ? undefined : text
}

/** A list with commas between its texts; commas inside a text are escaped. */
export function readTextList(value: string, maxLength: number): string[] {
  return (value.match(/(?:\\[\s\S]|[^,\\])+/g) ?? []).flatMap(text => readLine(text, maxLength) ?? [])
}

/** No half of a surrogate pair is left at the end, nor anywhere else. */
function cut(text: string, maxLength: number): string {
  return text.slice(0, maxLength).toWellFormed()
}

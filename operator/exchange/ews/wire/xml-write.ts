/**
 * XML as data, so that text from calendars can never become markup: every text and attribute is escaped here, and
 * characters XML 1.0 cannot hold (https://www.w3.org/TR/xml/#charsets) are left out.
 */
export type XmlNode = {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly content: readonly XmlContent[]
}

/** Absent content is left out, so that optional parts can be written in their place. */
export type XmlContent = XmlNode | string | undefined

/** An element with attributes; `undefined` among them is left out. Names are ours and checked. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | undefined>> = {},
  ...content: readonly XmlContent[]
): XmlNode {
  checkName(name)
  const present: Record<string, string> = {}
  for (const [key, value] of Object.entries(attributes)) {
    checkName(key)
    if (value !== undefined) present[key] = value
  }
  return { name, attributes: present, content }
}

/** An element that holds a text and nothing else. */
export function textElement(name: string, text: string): XmlNode {
  return element(name, {}, text)
}

/** The document, with its declaration. */
export function writeXml(root: XmlNode): string {
  return `<?xml version="1.0" encoding="utf-8"?>${writeNode(root)}`
}

const namePattern = /^[a-zA-Z][-\w]*(:[a-zA-Z][-\w]*)?$/

/** A few dozen, written a hundred times in every request. */
const checkedNames = new Set<string>()

function checkName(name: string): void {
  if (checkedNames.has(name)) return
  if (!namePattern.test(name)) throw new Error("not an XML name")
  checkedNames.add(name)
}

function writeNode({ name, attributes, content }: XmlNode): string {
  let start = name
  for (const [key, value] of Object.entries(attributes)) start += ` ${key}="${escapeAttribute(value)}"`
  let inside = ""
  for (const part of content) inside += writeContent(part)
  return inside === "" ? `<${start}/>` : `<${start}>${inside}</${name}>`
}

function writeContent(content: XmlContent): string {
  if (content === undefined) return ""
  return typeof content === "string" ? escapeText(content) : writeNode(content)
}

const forbidden = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu

/** The text as it is after having been written: without what XML cannot hold. */
export function xmlText(text: string): string {
  return text.replaceAll(forbidden, "")
}

/** A carriage return written as itself would be read as a line feed. */
function escapeText(text: string): string {
  return xmlText(text).replaceAll(/[&<>\r]/g, reference)
}

/** All blanks but the space would be read as spaces. */
function escapeAttribute(text: string): string {
  return xmlText(text).replaceAll(/[&<>"\t\n\r]/g, reference)
}

function reference(character: string): string {
  return `&#${character.codePointAt(0)};`
}

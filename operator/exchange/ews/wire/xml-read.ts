import { SaxesParser, type SaxesTagNS } from "saxes"

/** An element as read. Names carry our own prefixes (`t:ItemId`), whatever the sender calls its namespaces. */
export type XmlElement = {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly XmlElement[]
  /** All text directly in it. */
  readonly text: string
}

/** Not a whole well-formed document. Says nothing of what is in it. */
export class MalformedXmlError extends Error {
  override readonly name = "MalformedXmlError"
}

/** The namespaces of EWS and what they are called here. */
export const namespaces = {
  s: "http://schemas.xmlsoap.org/soap/envelope/",
  m: "http://schemas.microsoft.com/exchange/services/2006/messages",
  t: "http://schemas.microsoft.com/exchange/services/2006/types",
  e: "http://schemas.microsoft.com/exchange/services/2006/errors",
} as const

/**
 * Reads one document in pieces as they come. Strict: an answer cut short, a second root, a document type or an unknown
 * entity is a MalformedXmlError, and so is what is nested too deep or has too much in it. Character references XML does not allow are left out, because Exchange writes them for
 * control characters in a subject.
 */
export class XmlReader {
  readonly #parser = new SaxesParser({ xmlns: true })
  readonly #open: OpenElement[] = []
  readonly #mostElements: number
  #root: XmlElement | undefined
  #elements = 0
  /** The start of a character reference that the next piece may end. */
  #rest = ""

  constructor(mostElements = usualMostElements) {
    this.#mostElements = mostElements
    this.#parser.on("error", () => {
      // The library's message quotes the document.
      throw new MalformedXmlError("the answer is not well-formed XML")
    })
    this.#parser.on("doctype", () => {
      throw new MalformedXmlError("the answer has a document type")
    })
    this.#parser.on("opentag", tag => this.#start(tag))
    this.#parser.on("closetag", () => this.#end())
    this.#parser.on("text", text => this.#say(text))
    this.#parser.on("cdata", text => this.#say(text))
  }

  write(piece: string): void {
    const text = this.#rest + piece
    this.#rest = /&[#\w]{0,12}$/.exec(text)?.[0] ?? ""
    const whole = text.slice(0, text.length - this.#rest.length)
    this.#parser.write(whole.includes("&#") ? withoutForbidden(whole) : whole)
  }

  /** The root. Throws when the document has not come to its end. */
  end(): XmlElement {
    if (this.#rest !== "") throw new MalformedXmlError("the answer is cut short")
    this.#parser.close()
    if (!this.#root) throw new MalformedXmlError("the answer is empty")
    return this.#root
  }

  #start(tag: SaxesTagNS): void {
    this.#elements += 1
    if (this.#elements > this.#mostElements) throw new MalformedXmlError("the answer has no end")
    if (this.#open.length >= deepest) throw new MalformedXmlError("the answer is nested too deep")
    const attributes = Object.values(tag.attributes).map(({ local, value }) => [local, value])
    const opened = { name: nameOf(tag), attributes: Object.fromEntries(attributes), children: [], text: "" }
    this.#open.push(opened)
  }

  #end(): void {
    const closed = this.#open.pop()
    if (!closed) return
    const parent = this.#open.at(-1)
    if (parent) parent.children.push(closed)
    else this.#root = closed
  }

  #say(text: string): void {
    const inside = this.#open.at(-1)
    if (inside) inside.text += text
  }
}

/** Reads a document that is there as a whole. Throws MalformedXmlError. */
export function readXml(text: string): XmlElement {
  const reader = new XmlReader()
  reader.write(text)
  return reader.end()
}

export function childOf(parent: XmlElement | undefined, name: string): XmlElement | undefined {
  return parent?.children.find(child => child.name === name)
}

export function childrenOf(parent: XmlElement | undefined, name: string): readonly XmlElement[] {
  return parent?.children.filter(child => child.name === name) ?? []
}

/** The text of a child; undefined when there is no such child, or nothing in it. */
export function textIn(parent: XmlElement | undefined, name: string): string | undefined {
  const text = childOf(parent, name)?.text
  return text === "" ? undefined : text
}

/** Down a path of names. */
export function descend(from: XmlElement | undefined, ...path: readonly string[]): XmlElement | undefined {
  return path.reduce<XmlElement | undefined>((at, name) => childOf(at, name), from)
}

type OpenElement = {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: XmlElement[]
  text: string
}

/** No answer of Exchange comes near; beyond it somebody wants our stack. */
const deepest = 100
/** A hundred series with a thousand changes each; an element takes many times the memory of the four bytes it is sent as. */
const usualMostElements = 500_000

const prefixes: ReadonlyMap<string, string> = new Map(Object.entries(namespaces).map(([prefix, uri]) => [uri, prefix]))

function nameOf({ uri, local }: SaxesTagNS): string {
  if (uri === "") return local
  return `${prefixes.get(uri) ?? "other"}:${local}`
}

function withoutForbidden(text: string): string {
  return text.replaceAll(/&#(?:x([\da-fA-F]{1,8})|(\d{1,8}));/g, (whole, hex: string | undefined, decimal: string) =>
    isAllowed(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)) ? whole : "",
  )
}

function isAllowed(code: number): boolean {
  if (code === 9 || code === 10 || code === 13) return true
  return (code >= 0x20 && code <= 0xd7ff) || (code >= 0xe000 && code <= 0xfffd) || (code >= 0x10000 && code <= 0x10ffff)
}

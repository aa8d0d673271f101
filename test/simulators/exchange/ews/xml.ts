import { SaxesParser } from "saxes"

/** Reading XML that a client wrote: a tree of elements with their namespaces resolved and their places kept. */

export type XmlElement = {
  /** Without its prefix. */
  readonly name: string
  readonly namespace: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly XmlElement[]
  readonly text: string
  readonly line: number
  readonly column: number
}

type Growing = Omit<XmlElement, "children" | "text"> & { readonly children: Growing[]; text: string }

/** The root element, or undefined when the text is no well-formed XML. */
export function parseXml(text: string): XmlElement | undefined {
  const parser = new SaxesParser({ xmlns: true })
  const open: Growing[] = []
  let root: Growing | undefined
  parser.on("opentag", tag => {
    const attributes = Object.fromEntries(Object.values(tag.attributes).map(({ local, value }) => [local, value]))
    const { line, column } = parser
    const element = { name: tag.local, namespace: tag.uri, attributes, children: [], text: "", line, column }
    open.at(-1)?.children.push(element)
    root ??= element
    open.push(element)
  })
  const addText = (chunk: string) => {
    const current = open.at(-1)
    if (current) current.text += chunk
  }
  parser.on("text", addText)
  parser.on("cdata", addText)
  parser.on("closetag", () => {
    open.pop()
  })
  try {
    parser.write(text).close()
  } catch {
    return undefined
  }
  return root
}

export function childOf(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find(child => child.name === name)
}

export function childrenOf(element: XmlElement | undefined, name: string): readonly XmlElement[] {
  return element?.children.filter(child => child.name === name) ?? []
}

/** The text below a path of names, trimmed; undefined when one of them is missing. */
export function textOf(element: XmlElement | undefined, ...path: readonly string[]): string | undefined {
  let at = element
  for (const name of path) at = childOf(at, name)
  return at?.text.trim()
}

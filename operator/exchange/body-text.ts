import type { Body } from "../core/event.ts"

/**
 * The words of a body, for comparison: Exchange rewraps html and may hand back text as html, so that only what a reader
 * would read can be compared. Lines stay lines; blanks at their ends and empty lines go.
 */
export function bodyText({ contentType, content }: Body): string {
  const text = contentType === "html" ? htmlText(content) : content
  return text
    .split(/\r\n|\r|\n/)
    .map(line => line.replaceAll(/[\s\u00a0\u200b\ufeff]+/g, " ").trim())
    .filter(line => line !== "")
    .join("\n")
}

/** What an html page says. Walks through it once, whatever it is made of: bodies are not ours. */
function htmlText(html: string): string {
  const lower = html.toLowerCase()
  let text = ""
  for (let at = 0; at < html.length; ) {
    const tagAt = html.indexOf("<", at)
    const words = html.slice(at, tagAt < 0 ? html.length : tagAt)
    text += decodeEntities(words.replaceAll(/\s+/g, " "))
    if (tagAt < 0) break
    const tag = readTag(lower, tagAt)
    text += lineBreaks.has(tag.name) ? "\n" : tag.text
    at = tag.end
  }
  return text
}

type Tag = { readonly name: string; readonly text: string; readonly end: number }

function readTag(lower: string, at: number): Tag {
  if (lower.startsWith("<!--", at)) return { name: "", text: "", end: after(lower, "-->", at) }
  const name = /^<\/?([a-z][a-z0-9]*)/.exec(lower.slice(at, at + 24))?.[1]
  if (name === undefined) {
    // A lone "<" is text; `<!doctype` and the like are tags without words.
    return /^<[!?]/.test(lower.slice(at, at + 2))
      ? { name: "", text: "", end: after(lower, ">", at) }
      : { name: "", text: "<", end: at + 1 }
  }
  const isOpening = lower[at + 1] !== "/"
  const end = isOpening && unread.has(name) ? after(lower, `</${name}`, at) : at
  return { name, text: "", end: after(lower, ">", end) }
}

function after(text: string, wanted: string, from: number): number {
  const at = text.indexOf(wanted, from)
  return at < 0 ? text.length : at + wanted.length
}

const unread = new Set(["head", "style", "script", "title", "xml"])
const lineBreaks = new Set(
  "br p div tr li ul ol table hr h1 h2 h3 h4 h5 h6 blockquote pre section article header footer".split(" "),
)

function decodeEntities(text: string): string {
  if (!text.includes("&")) return text
  return text.replaceAll(/&(?:#(\d{1,7})|#[xX]([\da-fA-F]{1,6})|([a-zA-Z]\w{1,8}));/g, (whole, decimal, hex, name) => {
    if (name !== undefined) return namedEntities.get(name) ?? whole
    return character(decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal)) ?? whole
  })
}

function character(code: number): string | undefined {
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : undefined
}

/** The names of U+00A0 to U+00FF in their order (HTML 4 §24.2); Exchange writes letters this way. */
const latin1 =
  "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest " +
  "Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig " +
  "agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml"

const others =
  "amp & lt < gt > quot \" apos ' ndash – mdash — lsquo ‘ rsquo ’ sbquo ‚ ldquo “ rdquo ” bdquo „ bull • hellip … euro € trade ™ lsaquo ‹ rsaquo › dagger † permil ‰ OElig Œ oelig œ Scaron Š scaron š Yuml Ÿ fnof ƒ circ ˆ tilde ˜ larr ← rarr → uarr ↑ darr ↓"

const namedEntities: ReadonlyMap<string, string> = new Map([
  ...latin1.split(" ").map((name, index): [string, string] => [name, String.fromCodePoint(0xa0 + index)]),
  ...pairs(others.split(" ")),
])

function pairs(words: readonly string[]): [string, string][] {
  return words.flatMap((name, index): [string, string][] => (index % 2 === 0 ? [[name, words[index + 1] ?? ""]] : []))
}

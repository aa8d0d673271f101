/** Writing XML: everything that is not markup already is escaped. */

export type Markup = { readonly markup: string }
type Content = Markup | string | number | boolean | undefined | readonly Content[]
type Attributes = Readonly<Record<string, string | number | boolean | undefined>>

/** An element; undefined content and attributes are left out. */
export function el(name: string, attributes: Attributes = {}, ...content: readonly Content[]): Markup {
  let written = ""
  for (const [key, value] of Object.entries(attributes))
    if (value !== undefined) written += ` ${key}="${escaped(String(value)).replaceAll('"', "&quot;")}"`
  const inner = contentOf(content)
  return { markup: inner === "" ? `<${name}${written}/>` : `<${name}${written}>${inner}</${name}>` }
}

function contentOf(content: Content): string {
  if (content === undefined) return ""
  if (typeof content !== "object") return escaped(String(content))
  if ("markup" in content) return content.markup
  let inner = ""
  for (const part of content) inner += contentOf(part)
  return inner
}

/** Control characters come out as references, as Exchange writes them: no XML 1.0, and clients meet it all the same. */
function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replace(controls, control => `&#x${control.charCodeAt(0).toString(16).toUpperCase()};`)
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: exactly these are meant
const controls = /[\u0000-\u0008\u000b-\u001f]/g

import type { Body, EventContent } from "./event.ts"

type BodyLook = { readonly includeLink: boolean; readonly hideHeadings: boolean }

/**
 * The body of a copy: what the source says, then the people, then the link. People stand here as text, because an
 * attendee would be invited. Undefined when there is nothing to say.
 */
export function renderBody(content: EventContent, look: BodyLook): Body | undefined {
  const people = content.people ?? []
  const link = look.includeLink ? content.url : undefined
  if (people.length === 0 && link === undefined) return content.body
  const additions = { people, link, headings: !look.hideHeadings }
  if (content.body?.contentType === "html")
    return { contentType: "html", content: appendHtml(content.body.content, additions) }
  const text = [content.body?.content.trimEnd() ?? "", ...textAdditions(additions)].filter(part => part !== "")
  return { contentType: "text", content: text.join("\n\n") }
}

type Additions = { readonly people: readonly string[]; readonly link: string | undefined; readonly headings: boolean }

function textAdditions({ people, link, headings }: Additions): readonly string[] {
  return [
    ...(people.length > 0 ? [`${headings ? "People: " : ""}${people.map(oneLine).join(", ")}`] : []),
    ...(link === undefined ? [] : [`${headings ? "Link: " : ""}${oneLine(link)}`]),
  ]
}

function appendHtml(html: string, { people, link, headings }: Additions): string {
  const additions = [
    ...(people.length > 0 ? [`<p>${headings ? "People: " : ""}${escapeHtml(people.map(oneLine).join(", "))}</p>`] : []),
    ...(link === undefined ? [] : [`<p>${headings ? "Link: " : ""}${htmlLink(oneLine(link))}</p>`]),
  ].join("")
  const end = html.toLowerCase().lastIndexOf("</body")
  return end < 0 ? html + additions : html.slice(0, end) + additions + html.slice(end)
}

/** Only addresses of the web become links: a `javascript:` from a source stays text. */
function htmlLink(link: string): string {
  const text = escapeHtml(link)
  return /^https?:\/\//i.test(link) ? `<a href="${text}">${text}</a>` : text
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;")
}

function oneLine(text: string): string {
  return text.replaceAll(/[\s\p{Cc}]+/gu, " ").trim()
}

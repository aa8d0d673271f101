/**
 * How Exchange gives bodies back: HTML comes back as a whole document around what was sent, plain text is converted
 * when HTML is asked for, and HTML is flattened when text is.
 */

type Body = { readonly contentType: "text" | "html"; readonly content: string }

const PREVIEW_LENGTH = 255

export function storedBody({ contentType, content }: Body): Body {
  return { contentType, content: contentType === "html" ? wrapped(content) : content.replace(/\r?\n/g, "\r\n") }
}

/** Scripts are dropped, and the rest gets Exchange's own head. */
function wrapped(html: string): string {
  if (html === "") return ""
  const clean = html.replace(/<script\b[\s\S]*?<\/script\s*>/gi, "").replace(/\son\w+\s*=\s*("[^"]*"|'[^']*')/gi, "")
  const body = /<body\b[^>]*>([\s\S]*?)<\/body\s*>/i.exec(clean)?.[1] ?? clean.replace(/<\/?html\b[^>]*>/gi, "")
  const head = '<head>\r\n<meta http-equiv="Content-Type" content="text/html; charset=utf-8">'
  return `<html>${head}\r\n</head>\r\n<body>\r\n${body.trim().replace(/\r?\n/g, "\r\n")}\r\n</body>\r\n</html>\r\n`
}

export function renderedBody(body: Body, wanted: "text" | "html"): Body {
  if (body.content === "" || body.contentType === wanted) return { contentType: wanted, content: body.content }
  return { contentType: wanted, content: wanted === "text" ? flattened(body.content) : convertedFromText(body.content) }
}

function convertedFromText(text: string): string {
  const lines = escaped(text).split("\r\n").join("<br>\r\n")
  const head =
    '<head>\r\n<meta http-equiv="Content-Type" content="text/html; charset=utf-8">\r\n' +
    '<meta name="Generator" content="Microsoft Exchange Server">\r\n<!-- converted from text -->\r\n</head>'
  return `<html>${head}\r\n<body>\r\n<div class="PlainText">${lines}</div>\r\n</body>\r\n</html>\r\n`
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
}

const entities = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["nbsp", " "],
  ["#39", "'"],
])

function flattened(html: string): string {
  return html
    .replace(/<head\b[\s\S]*?<\/head\s*>/gi, "")
    .replace(/\r?\n/g, " ")
    .replace(/<(br|\/p|\/div|\/tr|\/li|\/h\d)\b[^>]*>/gi, "\r\n")
    .replace(/<[^>]+>/g, "")
    .replace(/&(#?\w+);/g, (whole, name: string) => entities.get(name) ?? whole)
    .replace(/[ \t]*\r\n[ \t]*/g, "\r\n")
    .trim()
}

export function previewOf(body: Body): string {
  const text = body.contentType === "html" ? flattened(body.content) : body.content
  return text.slice(0, PREVIEW_LENGTH)
}

import { readFileSync, writeFileSync } from "node:fs"

/** Puts what was measured under its heading in a page of the manual and leaves the rest as it is. Throws when there is none. */
export function replaceSection(page: URL, title: string, content: string): void {
  const sections = readFileSync(page, "utf8").split(/^(?=## )/m)
  const at = sections.findIndex(section => section.startsWith(`## ${title}\n`))
  if (at < 0) throw new Error(`the page has no section "${title}"`)
  sections[at] = `## ${title}\n\n${content.trim()}\n${at === sections.length - 1 ? "" : "\n"}`
  writeFileSync(page, sections.join(""))
}

import { NeedsAttentionError } from "./errors.ts"
import type { EventContent } from "./event.ts"

const placeholders = ["subject", "location", "type"] as const
type Placeholder = (typeof placeholders)[number]

/** A subject with places to fill. Values are put in once and never read as a template themselves. */
export type SubjectTemplate = readonly (string | { readonly placeholder: Placeholder })[]

/** Throws NeedsAttentionError (InvalidSpec) for a placeholder that does not exist or braces left open. */
export function parseSubjectTemplate(text: string): SubjectTemplate {
  return text.split(/(\{\{.*?\}\})/).flatMap((part): SubjectTemplate => {
    const name = /^\{\{(.*)\}\}$/.exec(part)?.[1]?.trim()
    if (name !== undefined) return [{ placeholder: parsePlaceholder(name) }]
    if (part.includes("{{") || part.includes("}}")) throw invalid("has braces that are not closed or not opened")
    return part === "" ? [] : [part]
  })
}

/** The subject of one event: on one line, without gaps where something is absent. */
export function fillSubject(template: SubjectTemplate, content: EventContent): string {
  const text = template.map(part => (typeof part === "string" ? part : (content[part.placeholder] ?? ""))).join("")
  return text.replaceAll(/[\s\p{Cc}]+/gu, " ").trim()
}

function parsePlaceholder(name: string): Placeholder {
  const placeholder = placeholders.find(known => known === name)
  if (!placeholder) throw invalid(`knows no {{${name}}}, only ${placeholders.map(known => `{{${known}}}`).join(", ")}`)
  return placeholder
}

function invalid(problem: string): NeedsAttentionError {
  return new NeedsAttentionError(`appearance.subject ${problem}`, { reason: "InvalidSpec" })
}

import { NeedsAttentionError } from "../core/errors.ts"
import { type ContentLine, parseContentLine } from "./content-line.ts"

/** A component as jCal has it: its name, its own properties in order, and the components inside. */
export type Component = {
  readonly name: string
  readonly properties: readonly ContentLine[]
  readonly components: readonly Component[]
}

/** A year of lessons of a large school is some 50,000 events; more components than this is a trap or a mistake. */
const maxComponents = 250_000
/** Twelve lines are an ordinary event; an event with more lines than this loses the rest. */
const maxPropertiesPerComponent = 25_000
/** Over the whole feed: what bounds the memory of reading it. */
const maxProperties = 5_000_000
/** Calendar, event and alarm are three. What is deeper belongs to nothing that is read. */
const maxDepth = 8

/** Nothing sensible holds one of these but a calendar, so their beginning ends whatever was left open before it. */
const topLevel = new Set(["VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY", "VTIMEZONE", "VAVAILABILITY"])
/** Where broken folding left the rest of a text on a line of its own, it is taken back. */
const texts = new Set(["SUMMARY", "DESCRIPTION", "LOCATION", "X-ALT-DESC"])

/**
 * The calendars in a text. One broken line costs that line; a component that is not closed ends where the next begins.
 * Throws NeedsAttentionError when the text is no calendar (`Implausible`: an error page, an empty body) or only a part
 * of one (`ParseError`): neither may ever be taken for an empty calendar.
 */
export function readComponents(text: string): readonly Component[] {
  const reader = new ComponentReader()
  const start = beginning(text)
  for (const line of logicalLines(withoutControls(text.slice(start)))) reader.take(line)
  return reader.finish()
}

function beginning(text: string): number {
  const match = /^[\s\uFEFF\0]*(?=BEGIN[ \t]*:[ \t]*VCALENDAR)/i.exec(text)
  if (match !== null) return match[0].length
  throw new NeedsAttentionError(`the answer is ${describe(text)} and no calendar`, { reason: "Implausible" })
}

/** Says what kind of thing came instead, and nothing of what it says. */
function describe(text: string): string {
  if (text.trim() === "") return "empty"
  if (/^\s*(?:<!doctype|<html|<head|<body|<\?xml)/i.test(text)) return "a web page"
  return /^\s*[[{]/.test(text) ? "JSON" : "some other text"
}

/** Tabs and line ends stay. */
function withoutControls(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
  const controls = /[\x00-\x08\x0B\x0C\x0E-\x1F\x7F]/
  return controls.test(text) ? text.replaceAll(new RegExp(controls, "g"), "") : text
}

/** Lines ended by CRLF, LF or CR, with folded ones joined. */
function* logicalLines(text: string): Generator<string> {
  const unfolded = text.replaceAll(/(?:\r\n|\n|\r)[ \t]/g, "")
  const lineEnd = /\r\n|\n|\r/g
  let start = 0
  for (let match = lineEnd.exec(unfolded); match !== null; match = lineEnd.exec(unfolded)) {
    if (match.index > start) yield unfolded.slice(start, match.index)
    start = lineEnd.lastIndex
  }
  if (start < unfolded.length) yield unfolded.slice(start)
}

type OpenComponent = {
  readonly name: string
  readonly properties: { name: string; params: string; value: string }[]
  readonly components: OpenComponent[]
}

class ComponentReader {
  readonly #calendars: OpenComponent[] = []
  /** From the calendar inwards; empty between calendars. */
  readonly #open: OpenComponent[] = []
  #components = 0
  #properties = 0

  take(text: string): void {
    const line = parseContentLine(text)
    if (line === undefined) this.#appendToText(text)
    else if (line.name === "BEGIN") this.#begin(line.value.trim().toUpperCase())
    else if (line.name === "END") this.#end(line.value.trim().toUpperCase())
    else this.#property(line)
  }

  finish(): readonly Component[] {
    if (this.#open.length > 0) {
      throw new NeedsAttentionError("the calendar ends before its END:VCALENDAR", { reason: "ParseError" })
    }
    return this.#calendars
  }

  #begin(name: string): void {
    this.#refuseMoreThan(maxComponents, ++this.#components, "components")
    if (name === "VCALENDAR") this.#refuseInside()
    const component: OpenComponent = { name, properties: [], components: [] }
    if (topLevel.has(name)) this.#open.length = Math.min(this.#open.length, 1)
    if (this.#open.length === 0 && name !== "VCALENDAR") return
    if (this.#open.length < maxDepth) (this.#open.at(-1)?.components ?? this.#calendars).push(component)
    this.#open.push(component)
  }

  /** A second beginning where the first has no end: the first one's file was cut off and another was put behind it. */
  #refuseInside(): void {
    if (this.#open.length === 0) return
    throw new NeedsAttentionError("a calendar begins inside another one", { reason: "ParseError" })
  }

  #end(name: string): void {
    const index = this.#open.findLastIndex(component => component.name === name)
    if (index >= 0) this.#open.length = index
  }

  #property(line: ContentLine): void {
    const component = this.#open.at(-1)
    if (component === undefined || component.properties.length >= maxPropertiesPerComponent) return
    this.#refuseMoreThan(maxProperties, ++this.#properties, "lines")
    component.properties.push(line)
  }

  #appendToText(text: string): void {
    const last = this.#open.at(-1)?.properties.at(-1)
    if (last !== undefined && texts.has(last.name)) last.value += `\\n${text}`
  }

  #refuseMoreThan(limit: number, count: number, what: string): void {
    if (count <= limit) return
    throw new NeedsAttentionError(`the calendar has more than ${limit} ${what}`, { reason: "Implausible" })
  }
}

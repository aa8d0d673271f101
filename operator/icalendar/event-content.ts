import type { Body, EventContent, EventTime, Importance, Sensitivity, ShowAs } from "../core/event.ts"
import { readReminder } from "./alarms.ts"
import type { Component } from "./components.ts"
import { type ContentLine, param } from "./content-line.ts"
import { readLine, readText, readTextList } from "./text-values.ts"

/** What a VEVENT says beside its time: RFC 5545 §3.8, RFC 7986, and Outlook's own properties (MS-OXCICAL §2.1.3.1.1.20). */

/** More is shown nowhere; the rest is cut. */
const maxLine = 1_024
/** Exchange takes more, but no person writes it; the rest is cut. */
const maxBody = 262_144
const maxCategories = 50
/** A body with more names than this helps nobody. */
const maxPeople = 500

type Said = Omit<EventContent, "time">

export function readEventContent(component: Component, time: EventTime): EventContent {
  const read = reader(component)
  const subject = read.line("SUMMARY") ?? ""
  return {
    subject,
    time,
    ...present(texts(read)),
    ...present(attributes(read)),
    ...present(details(read, component, time)),
  }
}

type Reader = {
  readonly find: (name: string) => ContentLine | undefined
  readonly all: (name: string) => readonly ContentLine[]
  readonly line: (name: string) => string | undefined
  /** Upper case, for words of the standard. */
  readonly word: (name: string) => string | undefined
}

function reader({ properties }: Component): Reader {
  const find = (name: string) => properties.find(line => line.name === name)
  const line = (name: string) => readLine(find(name)?.value ?? "", maxLine)
  return {
    find,
    line,
    all: name => properties.filter(other => other.name === name),
    word: name => line(name)?.toUpperCase(),
  }
}

type Optional<Data> = { readonly [Name in keyof Data]?: Data[Name] | undefined }

/** Only what is there: an absent field and a field that is undefined are not the same to an exact type. */
function present(said: Optional<Said>): Partial<Said> {
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined))
}

function texts(read: Reader): Optional<Said> {
  return { location: read.line("LOCATION"), body: readBody(read), url: readUrl(read) }
}

function attributes(read: Reader): Optional<Said> {
  return { showAs: readShowAs(read), sensitivity: readSensitivity(read), importance: readImportance(read) }
}

function details(read: Reader, component: Component, time: EventTime): Optional<Said> {
  return { people: readPeople(read), categories: readCategories(read), reminder: readReminder(component, time) }
}

/** HTML, where Outlook wrote it beside the text; an empty page with a full text beside it does not count. */
function readBody(read: Reader): Body | undefined {
  const html = readHtml(read.find("X-ALT-DESC"))
  if (html !== undefined) return { contentType: "html", content: html }
  const text = readText(read.find("DESCRIPTION")?.value ?? "", maxBody)
  return text === undefined ? undefined : { contentType: "text", content: text }
}

function readHtml(line: ContentLine | undefined): string | undefined {
  if (line === undefined || param(line, "FMTTYPE")?.toLowerCase() !== "text/html") return undefined
  const html = readText(line.value, maxBody)
  return html !== undefined && hasVisibleText(html) ? html : undefined
}

/** Cut at the tags rather than matched: a page of nothing but `<` must not cost more than any other. */
function hasVisibleText(html: string): boolean {
  const [beforeTags = "", ...tags] = html.split("<")
  const pieces = [beforeTags, ...tags.map(tag => tag.slice(tag.indexOf(">") + 1))]
  return pieces.some(piece => piece.replaceAll("&nbsp;", "").trim() !== "")
}

function readUrl(read: Reader): string | undefined {
  const link = read.find("URL") ?? read.find("CONFERENCE")
  const url = readLine(link?.value ?? "", maxLine)
  return url !== undefined && /^https?:\/\//i.test(url) && URL.canParse(url) ? url : undefined
}

const busyStatus: Readonly<Record<string, ShowAs>> = {
  FREE: "Free",
  TENTATIVE: "Tentative",
  BUSY: "Busy",
  OOF: "OutOfOffice",
  WORKINGELSEWHERE: "WorkingElsewhere",
}

/** Outlook's own words win over TRANSP, which knows only two. */
function readShowAs(read: Reader): ShowAs | undefined {
  const own = read.word("X-MICROSOFT-CDO-BUSYSTATUS") ?? read.word("X-MICROSOFT-CDO-INTENDEDSTATUS") ?? ""
  if (Object.hasOwn(busyStatus, own)) return busyStatus[own]
  const transparency = read.word("TRANSP")
  if (transparency === "TRANSPARENT") return "Free"
  if (read.word("STATUS") === "TENTATIVE") return "Tentative"
  return transparency === "OPAQUE" ? "Busy" : undefined
}

/** A class nobody knows is private: RFC 5545 §3.8.1.3 asks for it. */
function readSensitivity(read: Reader): Sensitivity | undefined {
  const word = read.word("CLASS")
  switch (word) {
    case undefined:
      return undefined
    case "PUBLIC":
    case "DEFAULT":
      return "Normal"
    case "CONFIDENTIAL":
      return "Confidential"
    case "PERSONAL":
      return "Personal"
    default:
      return "Private"
  }
}

const importanceWords: Readonly<Record<string, Importance>> = {
  "0": "Low",
  "1": "Normal",
  "2": "High",
  LOW: "Low",
  NORMAL: "Normal",
  HIGH: "High",
}

/** PRIORITY is 1 (highest) to 9; 0 says nothing (RFC 5545 §3.8.1.9). */
function readImportance(read: Reader): Importance | undefined {
  const own = read.word("X-MICROSOFT-CDO-IMPORTANCE") ?? read.word("IMPORTANCE") ?? ""
  if (Object.hasOwn(importanceWords, own)) return importanceWords[own]
  const priority = Number(read.word("PRIORITY") ?? 0)
  if (!(priority >= 1 && priority <= 9)) return undefined
  return priority < 5 ? "High" : priority > 5 ? "Low" : "Normal"
}

function readCategories(read: Reader): readonly string[] | undefined {
  const names = read.all("CATEGORIES").flatMap(line => readTextList(line.value, maxLine))
  return names.length === 0 ? undefined : [...new Set(names)].slice(0, maxCategories)
}

/** Organizer first. Rooms and equipment are invited too, but are nobody. */
function readPeople(read: Reader): readonly string[] | undefined {
  const lines = [...read.all("ORGANIZER"), ...read.all("ATTENDEE")]
  const people = lines.filter(isPerson).flatMap(line => personOf(line) ?? [])
  return people.length === 0 ? undefined : [...new Set(people)].slice(0, maxPeople)
}

function isPerson(line: ContentLine): boolean {
  return !/^(?:ROOM|RESOURCE)$/i.test(param(line, "CUTYPE") ?? "")
}

function personOf(line: ContentLine): string | undefined {
  const address = /^mailto:(.+)$/i.exec(line.value.trim())?.[1] ?? param(line, "EMAIL")
  const name = readLine(param(line, "CN") ?? "", maxLine)?.replace(/^mailto:/i, "")
  const mail = address?.includes("@") ? address.trim().slice(0, maxLine) : undefined
  if (name === undefined || name === "") return mail
  return mail === undefined || mail.toLowerCase() === name.toLowerCase() ? name : `${name} <${mail}>`
}

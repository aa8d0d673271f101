import { NeedsAttentionError } from "../../core/errors.ts"
import { canonicalZone } from "../../core/time-zones.ts"
import type { Clock } from "../clock.ts"
import type { EwsMailbox } from "./operations/mailbox.ts"
import { readUserConfiguration } from "./operations/user-configuration.ts"
import { knows } from "./wire/schema-version.ts"
import { childOf, childrenOf, MalformedXmlError, readXml, textIn, type XmlElement } from "./wire/xml-read.ts"

/** People move seldom; whoever does waits half a day for new all-day events to begin at the new midnight. */
const keptForMs = 12 * 3_600_000

type ZoneOptions = {
  readonly mailbox: EwsMailbox
  readonly clock: Pick<Clock, "monotonicMs">
  /** What the connection says, for mailboxes that do not say it themselves. */
  readonly otherwise: string | undefined
}

/** Where one mailbox's days begin: as its owner chose it in Outlook on the web, or worked by it in Outlook. */
export class MailboxZone {
  readonly #options: ZoneOptions
  #known: { readonly zone: string | undefined; readonly untilMs: number } | undefined

  constructor(options: ZoneOptions) {
    this.#options = options
  }

  /** IANA name; undefined when nobody says. */
  async get(signal: AbortSignal): Promise<string | undefined> {
    const { mailbox, clock, otherwise } = this.#options
    if (this.#known && clock.monotonicMs() < this.#known.untilMs) return this.#known.zone
    const zone = (await zoneSaidBy(mailbox, signal)) ?? otherwise
    this.#known = { zone, untilMs: clock.monotonicMs() + keptForMs }
    return zone
  }
}

async function zoneSaidBy(mailbox: EwsMailbox, signal: AbortSignal): Promise<string | undefined> {
  if (!knows(mailbox.transport.version, "GetUserConfiguration")) return undefined
  try {
    return (await chosenOnTheWeb(mailbox, signal)) ?? (await ofWorkingHours(mailbox, signal))
  } catch (error) {
    // A server that does not take the question says nothing by it; everything else stands without an answer.
    if (error instanceof NeedsAttentionError && error.reason === "ApplyFailed") return undefined
    throw error
  }
}

async function chosenOnTheWeb(mailbox: EwsMailbox, signal: AbortSignal): Promise<string | undefined> {
  const options = { folder: "root", name: "OWA.UserOptions", property: "Dictionary" } as const
  const dictionary = await readUserConfiguration(mailbox, options, signal)
  const entry = childrenOf(dictionary, "t:DictionaryEntry").find(one => valueIn(one, "t:DictionaryKey") === "timezone")
  return zoneNamed(valueIn(entry, "t:DictionaryValue"))
}

function valueIn(entry: XmlElement | undefined, part: "t:DictionaryKey" | "t:DictionaryValue"): string | undefined {
  return textIn(childOf(entry, part), "t:Value")
}

/** `Root/WorkHoursVersion1/TimeZone/Name`, in a namespace of its own: MS-OXOCFG 2.2.5.2.1. */
async function ofWorkingHours(mailbox: EwsMailbox, signal: AbortSignal): Promise<string | undefined> {
  const hours = { folder: "calendar", name: "WorkHours", property: "XmlData" } as const
  const data = await readUserConfiguration(mailbox, hours, signal)
  const root = data && xmlIn(Buffer.from(data.text, "base64").toString("utf8"))
  const zone = ["WorkHoursVersion1", "TimeZone", "Name"].reduce<XmlElement | undefined>(
    (at, name) => at?.children.find(child => child.name.split(":").at(-1) === name),
    root,
  )
  return zoneNamed(zone?.text)
}

/** Programs of all kinds write it; one that cannot be read says nothing. */
function xmlIn(text: string): XmlElement | undefined {
  try {
    return readXml(text.replace(/^\u{feff}/u, ""))
  } catch (error) {
    if (error instanceof MalformedXmlError) return undefined
    throw error
  }
}

/** Windows ids, as a rule. Names of Outlook's own making (`Customized Time Zone`) mean nothing here. */
function zoneNamed(name: string | undefined): string | undefined {
  return name === undefined ? undefined : canonicalZone(name)
}

import assert from "node:assert/strict"
import { after, before, beforeEach, describe, test } from "node:test"
import { NeedsAttentionError } from "../../../operator/core/errors.ts"
import type { EwsVersion } from "../../../operator/core/exchange-settings.ts"
import type { CalendarChoice } from "../../../operator/core/ports.ts"
import type { MailboxPlaces } from "../../../operator/exchange/ews/operations/mailbox.ts"
import { openPlaces } from "../../../operator/exchange/ews/places.ts"
import type { XmlElement } from "../../../operator/exchange/ews/wire/xml-read.ts"
import { VirtualClock } from "../virtual-clock.ts"
import { fault, type Message, messages, requestIn, type ScriptedEws, scriptedEws, xml } from "./scripted-ews.ts"

const signal = new AbortController().signal
const named: CalendarChoice = { kind: "Named", name: "Timetable" }
let server: ScriptedEws
let clock: VirtualClock

before(async () => {
  server = await scriptedEws()
})
beforeEach(() => {
  clock = new VirtualClock()
})
after(() => server.close())

describe("the mailbox's own calendar", () => {
  test("is there without asking", async () => {
    answers({})

    assert.deepEqual(await places({ calendar: { kind: "Default" } }).makeFolder(signal), { kind: "Default" })
    assert.deepEqual(asked(), [])
  })
})

describe("a named calendar", () => {
  test("is looked for below the mailbox's calendar and beside it, once", async () => {
    answers({ FindFolder: [{ payload: folders() }, { payload: folders(["b", "Timetable"]) }] })
    const here = places()

    assert.deepEqual(await here.findFolder(signal), { kind: "Id", id: "b" })
    assert.deepEqual(await here.makeFolder(signal), { kind: "Id", id: "b" })

    assert.deepEqual(asked(), ["FindFolder"])
    const [find] = server.seen
    assert.match(find?.body ?? "", /Traversal="Shallow"/)
    assert.deepEqual(
      [...(find?.body ?? "").matchAll(/DistinguishedFolderId Id="(\w+)"/g)].map(match => match[1]),
      ["calendar", "msgfolderroot"],
    )
  })

  test("is the same whatever its case, and the exact one first", async () => {
    answers({ FindFolder: [{ payload: folders(["a", "TIMETABLE"], ["b", "Timetable"]) }, { payload: folders() }] })
    assert.deepEqual(await places().findFolder(signal), { kind: "Id", id: "b" })

    answers({ FindFolder: [{ payload: folders(["a", "timetable"]) }, { payload: folders() }] })
    assert.deepEqual(await places().findFolder(signal), { kind: "Id", id: "a" })
  })

  test("is not one of another name or of another kind", async () => {
    const mail = '<t:Folder><t:FolderId Id="mail"/><t:DisplayName>Timetable</t:DisplayName></t:Folder>'
    answers({ FindFolder: [{ payload: inRoot(mail) }, { payload: folders(["a", "Timetable 2"]) }] })

    assert.equal(await places().findFolder(signal), undefined)
  })

  test("is not made by looking, and looked for again", async () => {
    answers({ FindFolder: none })
    const here = places()

    assert.equal(await here.findFolder(signal), undefined)
    assert.equal(await here.findFolder(signal), undefined)

    assert.deepEqual(asked(), ["FindFolder", "FindFolder"])
  })

  test("is made by the first write", async () => {
    answers({ FindFolder: none, CreateFolder: [{ payload: made("new") }] })
    const here = places()

    assert.deepEqual(await here.makeFolder(signal), { kind: "Id", id: "new" })
    assert.deepEqual(await here.findFolder(signal), { kind: "Id", id: "new" })

    assert.deepEqual(asked(), ["FindFolder", "CreateFolder"])
  })

  test("made by somebody else meanwhile is taken", async () => {
    let isThere = false
    server.script((seen, response) => {
      const operation = requestIn(seen).name.slice(2)
      if (operation === "CreateFolder") isThere = true
      const found = [{ payload: isThere ? folders(["theirs", "Timetable"]) : folders() }, { payload: folders() }]
      const list = operation === "CreateFolder" ? [{ code: "ErrorFolderExists" }] : found
      xml(response, 200, messages(operation, list))
    })

    assert.deepEqual(await places().makeFolder(signal), { kind: "Id", id: "theirs" })
  })

  test("whose name another folder has is a matter for a person", async () => {
    answers({ FindFolder: none, CreateFolder: [{ code: "ErrorFolderExists" }] })

    await assert.rejects(places().makeFolder(signal), (error: unknown) => {
      assert.ok(error instanceof NeedsAttentionError)
      assert.match(error.message, /another name/)
      assert.doesNotMatch(error.message, /Timetable/)
      return true
    })
  })

  test("that may not be made is a matter for a person", async () => {
    answers({ FindFolder: none, CreateFolder: [{ code: "ErrorAccessDenied" }] })

    await assert.rejects(places().makeFolder(signal), { reason: "AccessDenied" })
  })

  test("is found by a delegate who sees nothing beside the calendar", async () => {
    answers({ FindFolder: [{ payload: folders(["a", "Timetable"]) }, { code: "ErrorAccessDenied" }] })
    assert.deepEqual(await places().findFolder(signal), { kind: "Id", id: "a" })

    answers({ FindFolder: [{ code: "ErrorFolderNotFound" }, { code: "ErrorAccessDenied" }] })
    await assert.rejects(places().findFolder(signal), { reason: "AccessDenied" })
  })

  test("is looked for again when it may be gone", async () => {
    answers({ FindFolder: [{ payload: folders(["a", "Timetable"]) }, { payload: folders() }] })
    const here = places()
    await here.findFolder(signal)
    answers({ FindFolder: none })

    here.forget()

    assert.equal(await here.findFolder(signal), undefined)
  })
})

describe("the mailbox's zone", () => {
  test("is the one its owner chose in Outlook on the web, kept for half a day", async () => {
    answers({ GetUserConfiguration: [{ payload: options("FLE Standard Time") }] })
    const here = places()

    assert.equal(await here.zone(signal), "Europe/Kyiv")
    await clock.advance(11 * 3_600_000)
    assert.equal(await here.zone(signal), "Europe/Kyiv")
    assert.deepEqual(asked(), ["GetUserConfiguration"])
    assert.match(
      server.seen[0]?.body ?? "",
      /UserConfigurationName Name="OWA.UserOptions"><t:DistinguishedFolderId Id="root"/,
    )

    answers({ GetUserConfiguration: [{ payload: options("W. Europe Standard Time") }] })
    await clock.advance(2 * 3_600_000)
    assert.equal(await here.zone(signal), "Europe/Berlin")
  })

  test("is otherwise that of the working hours", async () => {
    for (const name of ["Romance Standard Time", "Europe/Copenhagen"]) {
      configurations({ WorkHours: workHours(`<Name>${name}</Name>`) })
      assert.match((await places().zone(signal)) ?? "", /^Europe\/(Paris|Copenhagen)$/)
    }
  })

  const silent: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    "says nothing": {},
    "says it without a name": { "OWA.UserOptions": options(""), WorkHours: workHours("<Bias>-60</Bias>") },
    "has a zone of Outlook's own making": { WorkHours: workHours("<Name>Customized Time Zone</Name>") },
    "holds nonsense": { "OWA.UserOptions": "<m:Other/>", WorkHours: xmlData("<Root><Work") },
  }
  for (const [name, said] of Object.entries(silent)) {
    test(`is that of the connection, or nobody's, where the mailbox ${name}`, async () => {
      configurations(said)

      assert.equal(await places({ timeZone: "Europe/Oslo" }).zone(signal), "Europe/Oslo")
      assert.equal(await places().zone(signal), undefined)
    })
  }

  test("is not asked of a server of 2007, which does not know the question", async () => {
    answers({})

    assert.equal(await places({ version: "Exchange2007_SP1", timeZone: "Europe/Oslo" }).zone(signal), "Europe/Oslo")
    assert.deepEqual(asked(), [])
  })

  test("is that of the connection where the server does not take the question", async () => {
    server.script((_seen, response) => xml(response, 500, fault("ErrorInvalidOperation")))

    assert.equal(await places({ timeZone: "Europe/Oslo" }).zone(signal), "Europe/Oslo")
  })

  test("is not taken from elsewhere when the mailbox cannot be asked", async () => {
    server.script((_seen, response) => xml(response, 500, fault("ErrorImpersonateUserDenied")))
    await assert.rejects(places({ timeZone: "Europe/Oslo" }).zone(signal), { reason: "AccessDenied" })

    server.script((_seen, response) => xml(response, 500, fault("ErrorMailboxStoreUnavailable")))
    const here = places({ timeZone: "Europe/Oslo" })
    const failed = assert.rejects(here.zone(signal), { reason: "Unreachable" })
    await clock.advance(600_000)
    await failed
    answers({ GetUserConfiguration: [{ payload: options("FLE Standard Time") }] })
    assert.equal(await here.zone(signal), "Europe/Kyiv", "and is asked for again")
  })
})

type Options = {
  readonly calendar?: CalendarChoice
  readonly timeZone?: string
  readonly version?: EwsVersion
}

function places({ calendar = named, timeZone, version = "Exchange2013" }: Options = {}): MailboxPlaces {
  const mailbox = { transport: server.transport({ version }), address: "anna@contoso.test" }
  return openPlaces({ mailbox, calendar, clock, timeZone })
}

/** Every request of an operation gets these messages; others are not expected. */
function answers(byOperation: Readonly<Record<string, readonly Message[]>>): void {
  server.script((seen, response) => {
    const operation = requestIn(seen).name.slice(2)
    xml(response, 200, messages(operation, byOperation[operation] ?? [{ code: "ErrorInvalidOperation" }]))
  })
}

/** Settings by their name; others are not there. */
function configurations(payloads: Readonly<Record<string, string>>): void {
  server.script((seen, response) => {
    const payload = payloads[nameIn(requestIn(seen))]
    const message = payload === undefined ? { code: "ErrorItemNotFound" } : { payload }
    xml(response, 200, messages("GetUserConfiguration", [message]))
  })
}

function nameIn({ children: [which] }: XmlElement): string {
  return which?.attributes["Name"] ?? ""
}

function asked(): readonly string[] {
  return server.seen.map(seen => requestIn(seen).name.slice(2))
}

const none = [{ payload: inRoot("") }, { payload: inRoot("") }]

function folders(...list: readonly (readonly [id: string, name: string])[]): string {
  return inRoot(list.map(([id, name]) => folder(id, `<t:DisplayName>${name}</t:DisplayName>`)).join(""))
}

function folder(id: string, inside = ""): string {
  return `<t:CalendarFolder><t:FolderId Id="${id}"/>${inside}</t:CalendarFolder>`
}

function inRoot(list: string): string {
  return `<m:RootFolder TotalItemsInView="1" IncludesLastItemInRange="true"><t:Folders>${list}</t:Folders></m:RootFolder>`
}

function made(id: string): string {
  return `<m:Folders>${folder(id)}</m:Folders>`
}

/** Among other options, as Outlook on the web keeps it. */
function options(zone: string): string {
  const entries = { weekstartday: "1", timezone: zone, timeformat: "HH:mm" }
  const written = Object.entries(entries).map(
    ([key, value]) =>
      `<t:DictionaryEntry><t:DictionaryKey>${text(key)}</t:DictionaryKey><t:DictionaryValue>${text(value)}</t:DictionaryValue></t:DictionaryEntry>`,
  )
  return `<m:UserConfiguration><t:Dictionary>${written.join("")}</t:Dictionary></m:UserConfiguration>`
}

function text(value: string): string {
  return `<t:Type>String</t:Type><t:Value>${value}</t:Value>`
}

function workHours(zone: string): string {
  return xmlData(
    `\u{feff}<?xml version="1.0"?><Root xmlns="WorkingHours.xsd"><WorkHoursVersion1><TimeZone>${zone}</TimeZone></WorkHoursVersion1></Root>`,
  )
}

function xmlData(document: string): string {
  return `<m:UserConfiguration><t:XmlData>${Buffer.from(document).toString("base64")}</t:XmlData></m:UserConfiguration>`
}

import assert from "node:assert/strict"
import { describe, test } from "node:test"
import fc from "fast-check"
import type { CalendarEvent } from "../../../operator/core/event.ts"
import type { EwsVersion } from "../../../operator/core/exchange-settings.ts"
import { writeEvent } from "../../../operator/exchange/ews/event/write-event.ts"
import { createCalendarNamed } from "../../../operator/exchange/ews/operations/create-folder.ts"
import { createItems } from "../../../operator/exchange/ews/operations/create-item.ts"
import { deleteItems } from "../../../operator/exchange/ews/operations/delete-item.ts"
import { findCalendarNamed } from "../../../operator/exchange/ews/operations/find-folder.ts"
import { findMarked } from "../../../operator/exchange/ews/operations/find-item.ts"
import { calendarQuestion } from "../../../operator/exchange/ews/operations/get-folder.ts"
import { getItems } from "../../../operator/exchange/ews/operations/get-item.ts"
import { askToRead, type ItemMailbox, type ItemTarget } from "../../../operator/exchange/ews/operations/mailbox.ts"
import { syncFolderItems } from "../../../operator/exchange/ews/operations/sync-folder-items.ts"
import { updateItems } from "../../../operator/exchange/ews/operations/update-item.ts"
import { readUserConfiguration } from "../../../operator/exchange/ews/operations/user-configuration.ts"
import { BatchSize } from "../../../operator/exchange/ews/wire/batch-size.ts"
import { writeEnvelope } from "../../../operator/exchange/ews/wire/envelope.ts"
import type { EwsCall } from "../../../operator/exchange/ews/wire/transport.ts"
import { readXml } from "../../../operator/exchange/ews/wire/xml-read.ts"
import type { XmlNode } from "../../../operator/exchange/ews/wire/xml-write.ts"
import { seriesOf } from "../../../operator/exchange/normal-form.ts"
import { weekly } from "../../fakes/lesson.ts"
import { violations } from "../../judges/ews/judge.ts"
import { contents } from "../contents.ts"
import { nasty } from "./nasty.ts"

const signal = new AbortController().signal
const mailboxZone = "Europe/Copenhagen"
const versions: readonly EwsVersion[] = ["Exchange2007_SP1", "Exchange2010_SP2", "Exchange2013", "Exchange2016"]

describe("every request, whatever is in it,", () => {
  test("is valid by the schema", async () => {
    await forAnything(async calls => {
      for (const { request, version } of calls)
        assert.deepEqual(violations(writeEnvelope(request, { version, actAs: "anna@contoso.test" })), [])
    })
  })

  test("mails nobody: no guests, and nothing is to be sent", async () => {
    await forAnything(async calls => {
      for (const { request, version } of calls) {
        const text = writeEnvelope(request, { version, actAs: undefined })
        const { name, attributes } = readXml(text).children.at(-1)?.children[0] ?? { name: "", attributes: {} }
        assert.deepEqual(
          Object.entries(attributes).filter(([key]) => key.startsWith("Send")),
          mailing[name] === undefined ? [] : [[mailing[name], "SendToNone"]],
        )
        for (const tag of ["Attendees", "Resources", "Organizer", "IsOnlineMeeting", "SendItem"]) {
          assert.ok(name === "m:GetItem" || !text.includes(`<t:${tag}`), tag)
        }
      }
    })
  })

  test("that changes something is fenced and sent once; others are neither", async () => {
    await forAnything(async calls => {
      for (const { request, writes, retry } of calls) {
        assert.equal(writes, request.name === "m:CreateFolder" || mailing[request.name] !== undefined)
        assert.equal(retry, !writes)
      }
    })
  })
})

const mailing: Readonly<Record<string, string>> = {
  "m:CreateItem": "SendMeetingInvitations",
  "m:UpdateItem": "SendMeetingInvitationsOrCancellations",
  "m:DeleteItem": "SendMeetingCancellations",
}

type Written = EwsCall & { readonly request: XmlNode; readonly version: EwsVersion }
type Check = (calls: readonly Written[]) => Promise<void>

async function forAnything(check: Check): Promise<void> {
  await fc.assert(
    fc.asyncProperty(
      contents(nasty),
      nasty,
      fc.boolean(),
      fc.constantFrom(...versions),
      async (content, text, recurs, version) => {
        const event: CalendarEvent = { key: "key", ...content }
        await check(await requestsFor(recurs ? weekly(event) : event, text, version))
      },
    ),
    { numRuns: 50 },
  )
}

/** One of each operation, with the text wherever a text may be. */
async function requestsFor(event: CalendarEvent, text: string, version: EwsVersion): Promise<readonly Written[]> {
  const calls: Written[] = []
  const ask = async (call: EwsCall) => {
    const { request } = call
    calls.push({ ...call, request: typeof request === "function" ? request(version) : request, version })
    throw new Error("nobody answers")
  }
  const mailbox: ItemMailbox = {
    transport: { ask, version },
    address: `${text}@contoso.test`,
    batchSize: new BatchSize(),
  }
  const write = (schema: EwsVersion) =>
    writeEvent(event, { version: schema, series: seriesOf(event, "ews"), mailboxZone, markText: text, uid: text })
  const folder = { kind: "Id", id: text } as const
  const targets: readonly ItemTarget[] = [
    { kind: "Item", id: text, version: text },
    { kind: "Occurrence", masterId: text, version: text, index: 3 },
  ]
  await Promise.allSettled([
    askToRead(mailbox, { request: calendarQuestion(mailbox.address), operation: "probe" }, signal),
    findCalendarNamed(mailbox, text, signal),
    createCalendarNamed(mailbox, text, signal),
    readUserConfiguration(mailbox, { folder: "calendar", name: text, property: "XmlData" }, signal),
    findMarked(mailbox, { folder }, signal),
    findMarked(mailbox, { folder, markText: text }, signal),
    getItems(mailbox, { targets, shape: "Event" }, signal),
    getItems(mailbox, { targets, shape: "Head" }, signal),
    createItems(mailbox, { folder, items: [event, event], write: (_, schema) => write(schema) }, signal),
    updateItems(
      mailbox,
      targets.map(target => ({ target, write })),
      signal,
    ),
    deleteItems(mailbox, targets, signal),
    syncFolderItems(mailbox, { folder, syncState: text }, signal),
  ])
  assert.equal(calls.length, 12)
  return calls
}

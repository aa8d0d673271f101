import assert from "node:assert/strict"
import { after, before, beforeEach, describe, test } from "node:test"
import { NeedsAttentionError, reasonOf, TemporaryError } from "../../../operator/core/errors.ts"
import { type ItemField, writeEvent } from "../../../operator/exchange/ews/event/write-event.ts"
import { createItems } from "../../../operator/exchange/ews/operations/create-item.ts"
import { deleteItems } from "../../../operator/exchange/ews/operations/delete-item.ts"
import { findMarked } from "../../../operator/exchange/ews/operations/find-item.ts"
import { getItems, type Look } from "../../../operator/exchange/ews/operations/get-item.ts"
import type { FolderRef, ItemMailbox } from "../../../operator/exchange/ews/operations/mailbox.ts"
import { syncFolderItems } from "../../../operator/exchange/ews/operations/sync-folder-items.ts"
import { updateItems } from "../../../operator/exchange/ews/operations/update-item.ts"
import { BatchSize } from "../../../operator/exchange/ews/wire/batch-size.ts"
import { problemError } from "../../../operator/exchange/ews/wire/problem.ts"
import { childOf, descend, type XmlElement } from "../../../operator/exchange/ews/wire/xml-read.ts"
import { lesson } from "../../fakes/lesson.ts"
import {
  fault,
  type Message,
  messages,
  requestIn,
  type ScriptedEws,
  scriptedEws,
  success,
  xml,
} from "./scripted-ews.ts"

const signal = new AbortController().signal
const folder: FolderRef = { kind: "Default" }
let server: ScriptedEws
let mailbox: ItemMailbox

before(async () => {
  server = await scriptedEws()
})
beforeEach(() => {
  mailbox = { transport: server.transport(), address: "anna@contoso.test", batchSize: new BatchSize() }
})
after(() => server.close())

describe("items with our mark", () => {
  test("are listed page by page", async () => {
    const store = ["a", "b", "c", "d", "e"]
    reply(find => page(store, offsetOf(find), 2))

    const found = await findMarked(mailbox, { folder }, signal)

    assert.deepEqual(
      found.map(({ id, version, markText }) => ({ id, version, markText })),
      store.map(id => ({ id, version: `version of ${id}`, markText: `mark of ${id}` })),
    )
    assert.equal(server.seen.length, 3)
  })

  test("are listed anew when one is deleted between two pages, so that none is missed", async () => {
    let store = ["a", "b", "c", "d", "e"]
    reply(find => {
      const text = page(store, offsetOf(find), 2)
      store = store.filter(id => id !== "a")
      return text
    })

    const found = await findMarked(mailbox, { folder }, signal)

    assert.deepEqual(
      found.map(({ id }) => id),
      ["b", "c", "d", "e"],
    )
  })

  test("cannot be listed while they never rest, or where pages lead nowhere", async () => {
    reply(find => page([..."abcd", ..."x".repeat(server.seen.length)], offsetOf(find), 2))
    await assert.rejects(findMarked(mailbox, { folder }, signal), TemporaryError)

    for (const next of ["0", "-1", "far", ""]) {
      reply(() => page(["a", "b", "c"], 0, 2).replace('IndexedPagingOffset="2"', `IndexedPagingOffset="${next}"`))
      await assert.rejects(findMarked(mailbox, { folder }, signal), TemporaryError)
      assert.equal(server.seen.length, 1, next)
    }
  })

  test("can be found by a part of it", async () => {
    reply(() => page([], 0, 2))

    assert.deepEqual(await findMarked(mailbox, { folder, markText: "ch&ck" }, signal), [])
    const restriction = childOf(asked()[0], "m:Restriction")
    assert.equal(descend(restriction, "t:Contains", "t:Constant")?.attributes["Value"], "ch&ck")
  })
})

describe("items read one by one", () => {
  test("come in the order asked, each with what became of it", async () => {
    reply(() =>
      messages("GetItem", [
        { payload: `<m:Items>${itemXml("a")}</m:Items>` },
        { code: "ErrorItemNotFound" },
        { payload: "<m:Items><t:Task/></m:Items>" },
      ]),
    )

    const looks = await getItems(mailbox, { targets: targets("a", "b", "c"), shape: "Event" }, signal)

    assert.deepEqual(
      looks.map(({ kind }) => kind),
      ["Found", "Refused", "Unreadable"],
    )
  })

  test("are asked for a hundred at a time", async () => {
    reply(request => found(idsIn(request)))
    const ids = Array.from({ length: 250 }, (_, index) => `item-${index}`)

    const looks = await getItems(mailbox, { targets: targets(...ids), shape: "Event" }, signal)

    assert.deepEqual(looks.map(idOf), ids)
    assert.equal(server.seen.length, 3)
  })

  test("are asked for fewer at a time where the server runs out of time, and more again where it does not", async () => {
    const ids = Array.from({ length: 100 }, (_, index) => `item-${index}`)
    reply(request => (idsIn(request).length > 30 ? fault("ErrorTimeoutExpired") : found(idsIn(request))))

    const looks = await getItems(mailbox, { targets: targets(...ids), shape: "Event" }, signal)

    assert.deepEqual(looks.map(idOf), ids)
    reply(request => found(idsIn(request)))
    await getItems(mailbox, { targets: targets(...ids), shape: "Event" }, signal)
    await getItems(mailbox, { targets: targets(...ids), shape: "Event" }, signal)
    assert.deepEqual(asked().at(-1)?.children[1]?.children.length, 100)
  })

  test("behind one that cannot be read are asked for again, and that one is told", async () => {
    reply(request => {
      const ids = idsIn(request)
      const at = ids.indexOf("poison")
      return messages("GetItem", [
        ...ids.slice(0, at < 0 ? ids.length : at).map(present),
        ...(at < 0 ? [] : [{ code: "ErrorCorruptData" }]),
        ...ids.slice(at < 0 ? ids.length : at + 1).map(() => ({ code: "ErrorBatchProcessingStopped" })),
      ])
    })

    const looks = await getItems(mailbox, { targets: targets("a", "poison", "b", "c"), shape: "Event" }, signal)

    assert.deepEqual(
      looks.map(({ kind }) => kind),
      ["Found", "Refused", "Found", "Found"],
    )
  })

  test("in trouble are tried once more, and alone are no trouble of the server's", async () => {
    const troubled = ["poison", "passing"]
    reply(request => {
      const ids = idsIn(request)
      const written = ids.map(id => (troubled.includes(id) ? { code: "ErrorInternalServerError" } : present(id)))
      if (troubled.length === 2) troubled.pop()
      return messages("GetItem", written)
    })

    const looks = await getItems(mailbox, { targets: targets("poison", "passing", "a"), shape: "Event" }, signal)

    assert.deepEqual(
      looks.map(({ kind }) => kind),
      ["Refused", "Found", "Found"],
    )
    assert.equal(server.seen.length, 2)
  })
})

describe("writing", () => {
  const write = (one: readonly ItemField[]) => one
  const fields = writeEvent(lesson(), { version: "Exchange2016", mailboxZone: "Europe/Copenhagen", markText: "mark" })

  test("creates a hundred at a time, and tells of each what became of it", async () => {
    reply(request =>
      messages(
        "CreateItem",
        (childOf(request, "m:Items")?.children ?? []).map((_, index) =>
          index === 1 ? refused : created(`new-${index}`),
        ),
      ),
    )

    const results = await createItems(
      mailbox,
      { folder, items: Array.from({ length: 150 }, () => fields), write },
      signal,
    )

    assert.equal(server.seen.length, 2)
    assert.equal(results.length, 150)
    assert.deepEqual(results[0], { kind: "Done", id: "new-0", version: "1" })
    assert.equal(results[1]?.kind, "Refused")
    assert.equal(results[149]?.kind, "Done")
  })

  test("does not know of what it got no answer for", async () => {
    reply(() => messages("CreateItem", [created("new")]))
    const [first, second] = await createItems(mailbox, { folder, items: [fields, fields], write }, signal)
    assert.deepEqual([first?.kind, second?.kind], ["Done", "Unknown"])

    reply(() => messages("CreateItem", [{}]))
    const [nameless] = await createItems(mailbox, { folder, items: [fields], write }, signal)
    assert.equal(nameless?.kind, "Unknown", "done, but nobody says which item it is")

    server.script((_seen, response) => response.destroy())
    const lost = await createItems(mailbox, { folder, items: [fields], write }, signal)
    assert.equal(lost[0]?.kind, "Unknown")
    assert.equal(server.seen.length, 1, "never sent twice")
  })

  test("sends what the server did not come to again, in its place", async () => {
    reply(request => {
      const uids = (childOf(request, "m:Items")?.children ?? []).map(item => childOf(item, "t:Subject")?.text ?? "")
      const at = uids.indexOf("poison")
      return messages(
        "CreateItem",
        uids.map((uid, index) => {
          if (at < 0 || index < at) return created(uid)
          return index === at ? refused : { code: "ErrorBatchProcessingStopped" }
        }),
      )
    })
    const items = ["a", "b", "poison", "c", "d"].map(subject =>
      writeEvent(lesson({ subject }), { version: "Exchange2016", mailboxZone: "Europe/Copenhagen" }),
    )

    const results = await createItems(mailbox, { folder, items, write }, signal)

    assert.deepEqual(
      results.map(result => (result.kind === "Done" ? result.id : result.kind)),
      ["a", "b", "Refused", "c", "d"],
    )
  })

  test("is done in smaller pieces after some whose answers did not come in time", async () => {
    const items = Array.from({ length: 300 }, () => fields)
    reply(request => {
      const { length } = childOf(request, "m:Items")?.children ?? []
      return length > 60 ? fault("ErrorTimeoutExpired") : createdSo(length)
    })

    const results = await createItems(mailbox, { folder, items, write }, signal)

    assert.deepEqual(
      [0, 199, 200, 299].map(index => results[index]?.kind),
      ["Unknown", "Unknown", "Done", "Done"],
    )
    assert.deepEqual(asked().map(sizeOf), [100, 100, 50, 50])
  })

  test("has two batches on their way, and never more", async () => {
    let [under, most] = [0, 0]
    server.script((seen, response) => {
      under += 1
      most = Math.max(most, under)
      setTimeout(() => {
        under -= 1
        xml(response, 200, createdSo(sizeOf(requestIn(seen))))
      }, 5)
    })

    const results = await createItems(
      mailbox,
      { folder, items: Array.from({ length: 500 }, () => fields), write },
      signal,
    )

    assert.equal(results.filter(({ kind }) => kind === "Done").length, 500)
    assert.deepEqual([server.seen.length, most], [5, 2])
  })

  test("begins no batch after one that the account may not write, and waits for those on their way", async () => {
    let answered = 0
    server.script((seen, response) => {
      const isFirst = server.seen[0] === seen
      const answer = () => {
        answered += 1
        if (isFirst) xml(response, 500, fault("ErrorImpersonateUserDenied"))
        else xml(response, 200, createdSo(100))
      }
      setTimeout(answer, isFirst ? 0 : 20)
    })

    await assert.rejects(
      createItems(mailbox, { folder, items: Array.from({ length: 500 }, () => fields), write }, signal),
      (error: unknown) => reasonOf(error) === "AccessDenied",
    )

    assert.deepEqual([server.seen.length, answered], [2, 2])
  })

  test("does not know what came of an item there was trouble with, for it may have been saved", async () => {
    reply(() => messages("CreateItem", [{ code: "ErrorInternalServerError" }, created("b")]))

    const [first, second] = await createItems(mailbox, { folder, items: [fields, fields], write }, signal)

    assert.deepEqual([first?.kind, second?.kind], ["Unknown", "Done"])
  })

  test("ends where the account may not", async () => {
    server.script((_seen, response) => xml(response, 500, fault("ErrorImpersonateUserDenied")))

    await assert.rejects(
      deleteItems(mailbox, targets("a"), signal),
      (error: unknown) => reasonOf(error) === "AccessDenied",
    )
  })

  test("sets what has a value and takes off what has none, of the version that was seen", async () => {
    reply(() => messages("UpdateItem", [created("a"), { code: "ErrorIrresolvableConflict" }]))
    const changes = targets("a", "b").map(target => ({ target, write: () => fields }))

    const [done, conflict] = await updateItems(mailbox, changes, signal)

    const change = descend(asked()[0], "m:ItemChanges", "t:ItemChange")
    const updates = childOf(change, "t:Updates")?.children ?? []
    assert.deepEqual(done, { kind: "Done", id: "a", version: "1" })
    assert.ok(conflict?.kind === "Refused")
    assert.equal(reasonOf(problemError(conflict.problem, "b")), "ChangedMeanwhile")
    assert.deepEqual(childOf(change, "t:ItemId")?.attributes, { Id: "a", ChangeKey: "version" })
    assert.deepEqual(
      updates.filter(({ name }) => name === "t:DeleteItemField").map(one => one.children[0]?.attributes["FieldURI"]),
      ["item:Categories"],
    )
    for (const set of updates.filter(({ name }) => name === "t:SetItemField")) {
      assert.equal(childOf(set, "t:CalendarItem")?.children.length, 1)
    }
  })

  test("deletes items and occurrences where people can take them back", async () => {
    reply(() => messages("DeleteItem", [{}, { code: "ErrorItemNotFound" }]))

    const results = await deleteItems(
      mailbox,
      [...targets("a"), { kind: "Occurrence", masterId: "m", index: 2 }],
      signal,
    )

    assert.deepEqual(
      results.map(({ kind }) => kind),
      ["Done", "Refused"],
    )
    assert.equal(asked()[0]?.attributes["DeleteType"], "MoveToDeletedItems")
    assert.deepEqual(descend(asked()[0], "m:ItemIds", "t:OccurrenceItemId")?.attributes, {
      RecurringMasterId: "m",
      InstanceIndex: "2",
    })
  })
})

describe("changes since a state", () => {
  const round = (state: string, changes: string, isLast: boolean) =>
    success(
      "SyncFolderItems",
      `<m:SyncState>${state}</m:SyncState><m:IncludesLastItemInRange>${isLast}</m:IncludesLastItemInRange><m:Changes>${changes}</m:Changes>`,
    )

  test("are told in pages, each with the state to go on from", async () => {
    reply(() =>
      round(
        "two",
        `<t:Update>${itemXml("b")}</t:Update><t:Delete><t:ItemId Id="c"/></t:Delete><t:ReadFlagChange/>`,
        false,
      ),
    )

    const page = await syncFolderItems(mailbox, { folder, syncState: "one" }, signal)

    assert.equal(childOf(asked()[0], "m:SyncState")?.text, "one")
    assert.equal(childOf(asked()[0], "m:MaxChangesReturned")?.text, "512")
    assert.ok(page.kind === "Changes")
    assert.deepEqual([page.syncState, page.isLast], ["two", false])
    assert.deepEqual(
      page.changes.map(change => (change.kind === "Present" ? change.head.id : `${change.id} is gone`)),
      ["b", "c is gone"],
    )
  })

  test("from a state nobody knows begin anew; a page that leads nowhere is none", async () => {
    reply(() => messages("SyncFolderItems", [{ code: "ErrorInvalidSyncStateData" }]))
    assert.deepEqual(await syncFolderItems(mailbox, { folder, syncState: "old" }, signal), { kind: "StateLost" })
    await assert.rejects(syncFolderItems(mailbox, { folder }, signal))

    reply(() => round("same", "", false))
    await assert.rejects(syncFolderItems(mailbox, { folder, syncState: "same" }, signal), TemporaryError)

    reply(() => messages("SyncFolderItems", [{ code: "ErrorAccessDenied" }]))
    await assert.rejects(syncFolderItems(mailbox, { folder }, signal), NeedsAttentionError)
  })
})

const refused: Message = { code: "ErrorCalendarInvalidRecurrence" }

function created(id: string): Message {
  return { payload: `<m:Items><t:CalendarItem><t:ItemId Id="${id}" ChangeKey="1"/></t:CalendarItem></m:Items>` }
}

function createdSo(many: number): string {
  return messages(
    "CreateItem",
    Array.from({ length: many }, () => created("x")),
  )
}

function sizeOf(request: XmlElement): number {
  return childOf(request, "m:Items")?.children.length ?? 0
}

function reply(answer: (request: XmlElement) => string): void {
  server.script((seen, response) => xml(response, 200, answer(requestIn(seen))))
}

function asked(): readonly XmlElement[] {
  return server.seen.map(requestIn)
}

function targets(...ids: readonly string[]) {
  return ids.map(id => ({ kind: "Item", id, version: "version" }) as const)
}

function found(ids: readonly string[]): string {
  return messages("GetItem", ids.map(present))
}

function present(id: string): Message {
  return { payload: `<m:Items>${itemXml(id)}</m:Items>` }
}

function idOf(look: Look): string {
  return look.kind === "Found" ? look.item.id : ""
}

function idsIn(request: XmlElement): readonly string[] {
  return (childOf(request, "m:ItemIds")?.children ?? []).map(({ attributes }) => attributes["Id"] ?? "")
}

function offsetOf(find: XmlElement): number {
  return Number(childOf(find, "m:IndexedPageItemView")?.attributes["Offset"])
}

function page(store: readonly string[], offset: number, size: number): string {
  const items = store
    .slice(offset, offset + size)
    .map(itemXml)
    .join("")
  const next = offset + size
  const about = `IndexedPagingOffset="${next}" TotalItemsInView="${store.length}" IncludesLastItemInRange="${next >= store.length}"`
  return success("FindItem", `<m:RootFolder ${about}><t:Items>${items}</t:Items></m:RootFolder>`)
}

function itemXml(id: string): string {
  const uri =
    '<t:ExtendedFieldURI PropertySetId="6b2f2c4e-9d1a-4c57-8a55-1d0a7f3c9e21" PropertyName="calsync" PropertyType="String"/>'
  const mark = `<t:ExtendedProperty>${uri}<t:Value>mark of ${id}</t:Value></t:ExtendedProperty>`
  return `<t:CalendarItem><t:ItemId Id="${id}" ChangeKey="version of ${id}"/>${mark}</t:CalendarItem>`
}

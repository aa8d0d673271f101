import assert from "node:assert/strict"
import { test } from "node:test"
import type { Talk } from "../talk.ts"
import { anna, meeting } from "../talk.ts"
import { allIn, ask, createItem, exchange, idIn, origin, times } from "./ask.ts"

const calendar = '<ParentFolderIds><t:DistinguishedFolderId Id="calendar"/></ParentFolderIds>'
const shape = `<ItemShape><t:BaseShape>Default</t:BaseShape><t:AdditionalProperties>${origin.path}</t:AdditionalProperties></ItemShape>`

function find(inner: string): string {
  return `<FindItem Traversal="Shallow">${shape}${inner}${calendar}</FindItem>`
}

function contains(text: string, mode: string): string {
  const comparison = `ContainmentMode="${mode}" ContainmentComparison="Exact"`
  return `<Restriction><t:Contains ${comparison}>${origin.path}<t:Constant Value="${text}"/></t:Contains></Restriction>`
}

async function make(to: Talk, subject: string, mark: string): Promise<void> {
  const property = `<t:ExtendedProperty>${origin.path}<t:Value>${mark}</t:Value></t:ExtendedProperty>`
  await ask(to, createItem(`<t:Subject>${subject}</t:Subject>${property}${times}`))
}

for (const [mode, text, found] of [
  ["Substring", "nswe", ["answer"]],
  ["Prefixed", "an", ["answer"]],
  ["FullString", "answer 42", ["answer"]],
  ["FullString", "answer", []],
  ["PrefixOnWords", "4", ["answer"]],
  ["ExactPhrase", "42", ["answer"]],
  ["ExactPhrase", "4", []],
] as const)
  test(`a property is searched for "${text}" as ${mode}`, async () => {
    await using to = await exchange()
    await make(to, "answer", "answer 42")
    await make(to, "question", "question")
    assert.deepEqual(allIn(await ask(to, find(contains(text, mode))), "Subject"), found)
  })

test("a listing cuts what is long, and an item read by itself has all of it", async () => {
  await using to = await exchange()
  const long = "é".repeat(300)
  await make(to, "long", long)

  const listed = await ask(to, find(""))

  assert.deepEqual(allIn(listed, "Value"), ["é".repeat(255)])
  const id = idIn(listed)
  const whole = await ask(to, `<GetItem>${shape}<ItemIds><t:ItemId Id="${id}"/></ItemIds></GetItem>`)
  assert.deepEqual(allIn(whole, "Value"), [long])
})

test("a UID is listed, and cannot be searched for", async () => {
  await using to = await exchange()
  await ask(to, createItem(`<t:UID>lesson-1@school.example</t:UID>${times}`))
  const constant = '<t:FieldURIOrConstant><t:Constant Value="lesson-1@school.example"/></t:FieldURIOrConstant>'
  const restriction = `<Restriction><t:IsEqualTo><t:FieldURI FieldURI="calendar:UID"/>${constant}</t:IsEqualTo></Restriction>`
  assert.deepEqual(allIn(await ask(to, find("")), "UID"), ["lesson-1@school.example"])
  assert.deepEqual((await ask(to, find(restriction))).codes, ["ErrorUnsupportedPathForQuery"])
})

test("who asks for all of too much gets nothing, and who asks for a part gets that part", async () => {
  await using to = await exchange()
  to.admin.setSwitches({ findCountLimit: 2 })
  for (let made = 0; made < 3; made++) to.admin.createEvent(anna, meeting())
  const view = (more = "") => `<CalendarView ${more} StartDate="2026-03-01T00:00:00Z" EndDate="2026-04-01T00:00:00Z"/>`
  const page = '<IndexedPageItemView MaxEntriesReturned="2" Offset="0" BasePoint="Beginning"/>'

  const all = [await ask(to, find(view())), await ask(to, find(""))]
  const parts = [await ask(to, find(view('MaxEntriesReturned="2"'))), await ask(to, find(page))]

  assert.deepEqual(
    all.map(({ codes }) => codes),
    [["ErrorExceededFindCountLimit"], ["ErrorExceededFindCountLimit"]],
  )
  for (const { text } of parts) {
    assert.match(text, /IncludesLastItemInRange="false"/)
    assert.equal(allIn({ text }, "Subject").length, 2)
  }
})

test("a view of more than two years is too big", async () => {
  await using to = await exchange()
  const view = (end: string) => find(`<CalendarView StartDate="2026-03-01T00:00:00Z" EndDate="${end}"/>`)
  assert.deepEqual((await ask(to, view("2028-03-01T00:00:00Z"))).codes, ["NoError"])
  assert.deepEqual((await ask(to, view("2028-03-02T00:00:00Z"))).codes, ["ErrorCalendarViewRangeTooBig"])
})

test("a stale change key is refused, unless it may overwrite; to resolve is to refuse or to let the later one win", async () => {
  await using to = await exchange()
  const made = await ask(to, createItem(times))
  const [, id = "", stale = ""] = / Id="([^"]+)" ChangeKey="([^"]+)"/.exec(made.text) ?? []
  const update = (resolution: string, key: string) =>
    `<UpdateItem ConflictResolution="${resolution}" SendMeetingInvitationsOrCancellations="SendToNone"><ItemChanges><t:ItemChange><t:ItemId Id="${id}" ChangeKey="${key}"/><t:Updates><t:SetItemField><t:FieldURI FieldURI="item:Subject"/><t:CalendarItem><t:Subject>new</t:Subject></t:CalendarItem></t:SetItemField></t:Updates></t:ItemChange></ItemChanges></UpdateItem>`
  const codes = [...(await ask(to, update("NeverOverwrite", stale))).codes]
  for (const resolution of ["NeverOverwrite", "AutoResolve", "AlwaysOverwrite"])
    codes.push(...(await ask(to, update(resolution, stale))).codes)
  to.admin.setSwitches({ autoResolve: "laterWins" })
  codes.push(
    ...(await ask(to, update("AutoResolve", stale))).codes,
    ...(await ask(to, update("AlwaysOverwrite", ""))).codes,
  )

  assert.deepEqual(codes, [
    "NoError",
    "ErrorIrresolvableConflict",
    "ErrorIrresolvableConflict",
    "NoError",
    "NoError",
    "ErrorChangeKeyRequiredForWriteOperations",
  ])
})

import assert from "node:assert/strict"
import { test } from "node:test"
import type { Talk } from "../talk.ts"
import { anna } from "../talk.ts"
import { allIn, ask, ben, createItem, exchange, idIn, times } from "./ask.ts"

const shape = (base: string) => `<FolderShape><t:BaseShape>${base}</t:BaseShape></FolderShape>`

function findFolders(given: { readonly in: string; readonly traversal?: string; readonly restriction?: string }) {
  const { in: parent, traversal = "Shallow", restriction = "" } = given
  const parents = `<ParentFolderIds><t:DistinguishedFolderId Id="${parent}"/></ParentFolderIds>`
  return `<FindFolder Traversal="${traversal}">${shape("Default")}${restriction}${parents}</FindFolder>`
}

function createFolder(name: string, parent = '<t:DistinguishedFolderId Id="calendar"/>'): string {
  const folder = `<t:CalendarFolder><t:DisplayName>${name}</t:DisplayName></t:CalendarFolder>`
  return `<CreateFolder><ParentFolderId>${parent}</ParentFolderId><Folders>${folder}</Folders></CreateFolder>`
}

function named(name: string): string {
  const constant = `<t:FieldURIOrConstant><t:Constant Value="${name}"/></t:FieldURIOrConstant>`
  return `<Restriction><t:IsEqualTo><t:FieldURI FieldURI="folder:DisplayName"/>${constant}</t:IsEqualTo></Restriction>`
}

async function names(to: Talk, given: Parameters<typeof findFolders>[0]): Promise<readonly string[]> {
  return allIn(await ask(to, findFolders(given)), "DisplayName")
}

test("a calendar that is made is found in its parent, by its name, and takes items", async () => {
  await using to = await exchange()

  const made = await ask(to, createFolder("Lectures &amp; labs"))

  const id = idIn(made, "FolderId")
  assert.deepEqual(await names(to, { in: "calendar" }), ["Lectures &amp; labs"])
  assert.deepEqual(await names(to, { in: "calendar", restriction: named("Lectures &amp; labs") }), [
    "Lectures &amp; labs",
  ])
  assert.deepEqual(await names(to, { in: "calendar", restriction: named("Labs") }), [])
  const folder = `<SavedItemFolderId><t:FolderId Id="${id}"/></SavedItemFolderId>`
  await ask(to, createItem(times).replace("<Items>", `${folder}<Items>`))
  assert.deepEqual(to.admin.events(anna).length, 0)
  assert.deepEqual(to.admin.events(anna, "Lectures & labs").length, 1)
})

test("a folder lies in its parent, and deeper ones are found by looking deep", async () => {
  await using to = await exchange()
  to.admin.addCalendar(anna, "Lectures")

  const atTheTop = await names(to, { in: "msgfolderroot" })
  assert.deepEqual(
    ["Inbox", "Deleted Items", "Calendar", "Lectures", "Deletions"].filter(name => atTheTop.includes(name)),
    ["Inbox", "Deleted Items", "Calendar"],
  )
  assert.ok((await names(to, { in: "msgfolderroot", traversal: "Deep" })).includes("Lectures"))
  assert.ok((await names(to, { in: "root", traversal: "Deep" })).includes("Lectures"))
})

test("a name is taken however it is written, and free in another folder", async () => {
  await using to = await exchange()
  const top = '<t:DistinguishedFolderId Id="msgfolderroot"/>'
  const answers = []
  for (const body of [createFolder("Lectures"), createFolder("lectures"), createFolder("Lectures", top)])
    answers.push(...(await ask(to, body)).codes)
  assert.deepEqual(answers, ["NoError", "ErrorFolderExists", "NoError"])
})

test("a folder needs a name", async () => {
  await using to = await exchange()
  assert.deepEqual((await ask(to, createFolder(""))).codes, ["ErrorFolderSavePropertyError"])
})

test("a folder that is deleted takes its items to the bin, and the calendar itself stays", async () => {
  await using to = await exchange()
  const id = idIn(await ask(to, createFolder("Lectures")), "FolderId")
  const inside = `<SavedItemFolderId><t:FolderId Id="${id}"/></SavedItemFolderId>`
  await ask(to, createItem(times).replace("<Items>", `${inside}<Items>`))
  const both = `<t:FolderId Id="${id}"/><t:DistinguishedFolderId Id="calendar"/>`

  const { codes } = await ask(to, `<DeleteFolder DeleteType="HardDelete"><FolderIds>${both}</FolderIds></DeleteFolder>`)

  assert.deepEqual(codes, ["NoError", "ErrorDeleteDistinguishedFolder"])
  assert.deepEqual(await names(to, { in: "calendar" }), [])
  assert.equal(to.admin.deletedEvents(anna).length, 1)
  const gone = await ask(to, createItem(times).replace("<Items>", `${inside}<Items>`))
  assert.deepEqual(gone.codes, ["ErrorFolderNotFound"])
})

test("a shape gives no more of a folder than it asks for", async () => {
  await using to = await exchange()
  const get = (base: string) =>
    ask(to, `<GetFolder>${shape(base)}<FolderIds><t:DistinguishedFolderId Id="calendar"/></FolderIds></GetFolder>`)
  const [bare, whole] = [await get("IdOnly"), await get("AllProperties")]
  assert.ok(!bare.text.includes("DisplayName") && idIn(bare, "FolderId") !== "")
  assert.ok(whole.text.includes("<t:FolderClass>IPF.Appointment<") && whole.text.includes("<t:EffectiveRights>"))
})

function configuration(name: string, folder: string): string {
  const wanted = `<UserConfigurationName Name="${name}"><t:DistinguishedFolderId Id="${folder}"/></UserConfigurationName>`
  const parts = "<UserConfigurationProperties>Dictionary XmlData</UserConfigurationProperties>"
  return `<GetUserConfiguration>${wanted}${parts}</GetUserConfiguration>`
}

test("the settings of Outlook on the web and the working hours say the zone of the mailbox", async () => {
  await using to = await exchange()

  const options = await ask(to, configuration("OWA.UserOptions", "root"))
  const hours = await ask(to, configuration("WorkHours", "calendar"))

  assert.match(options.text, /<t:Value>timezone<\/t:Value><\/t:DictionaryKey>.*?<t:Value>FLE Standard Time</)
  const xml = Buffer.from(allIn(hours, "XmlData")[0] ?? "", "base64").toString("utf8")
  assert.match(xml, /<Bias>-120<\/Bias>.*<Date>0000\/10\/05<.*<Date>0000\/03\/05<.*<Name>FLE Standard Time<\/Name>/)
})

test("what nobody ever opened has no settings, and no folder but its own has them", async () => {
  await using to = await exchange()
  to.admin.updateAccount("CONTOSO\\svc", { impersonates: "everything" })
  assert.deepEqual((await ask(to, configuration("OWA.UserOptions", "root"), { as: ben })).codes, ["ErrorItemNotFound"])
  assert.deepEqual((await ask(to, configuration("WorkHours", "root"))).codes, ["ErrorItemNotFound"])
})

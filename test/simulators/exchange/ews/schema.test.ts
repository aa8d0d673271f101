import assert from "node:assert/strict"
import { readdirSync, readFileSync } from "node:fs"
import { test } from "node:test"
import { anna } from "../talk.ts"
import { allIn, ask, createItem, exchange, times } from "./ask.ts"
import { envelope } from "./envelope.ts"
import { el } from "./markup.ts"
import { checkAnswer } from "./schema-violation.ts"

const shape = "<ItemShape><t:BaseShape>IdOnly</t:BaseShape></ItemShape>"
const parents = '<ParentFolderIds><t:DistinguishedFolderId Id="calendar"/></ParentFolderIds>'

for (const [what, body, named] of [
  ["a child out of its order", createItem(`${times}<t:Subject>late</t:Subject>`), "Subject"],
  ["a child nobody knows", createItem(`<t:Colour>red</t:Colour>${times}`), "Colour"],
  ["a value that is none of its kind", createItem(times.replace("2026-03-10T09:00:00Z", "tomorrow")), "tomorrow"],
  ["a word that is not among its words", createItem(`<t:Importance>Urgent</t:Importance>${times}`), "Urgent"],
  ["a missing attribute", `<FindItem>${shape}${parents}</FindItem>`, "Traversal"],
  [
    "a path to nowhere",
    `<FindItem Traversal="Shallow">${shape.replace("</ItemShape>", '<t:AdditionalProperties><t:FieldURI FieldURI="item:Colour"/></t:AdditionalProperties></ItemShape>')}${parents}</FindItem>`,
    "item:Colour",
  ],
  ["nothing where something must be", '<DeleteItem DeleteType="HardDelete"><ItemIds/></DeleteItem>', "ItemIds"],
  ["an operation nobody knows", "<MakeCoffee/>", "MakeCoffee"],
] as const)
  test(`${what} refuses the whole request and names it`, async () => {
    await using to = await exchange()

    const { status, text } = await ask(to, body)

    assert.equal(status, 500)
    assert.match(text, /<faultcode [^>]*>a:ErrorSchemaValidation</)
    assert.ok(allIn({ text }, "Violation")[0]?.includes(named), text)
    assert.deepEqual(to.admin.events(anna), [])
  })

test("a violation is where it says", async () => {
  await using to = await exchange()

  const { text } = await ask(
    to,
    `\n<CreateItem SendMeetingInvitations="SendToNone"><Items><t:CalendarItem>\n${times}\n  <t:Subject>late</t:Subject></t:CalendarItem></Items></CreateItem>`,
  )

  assert.deepEqual([...allIn({ text }, "LineNumber"), ...allIn({ text }, "LinePosition")], ["7", "6"])
})

function answer(code: string, text: string): string {
  return envelope(
    el(
      "m:DeleteItemResponse",
      {},
      el(
        "m:ResponseMessages",
        {},
        el(
          "m:DeleteItemResponseMessage",
          { ResponseClass: "Error" },
          el("m:MessageText", {}, text),
          el("m:ResponseCode", {}, code),
        ),
      ),
    ),
    "15.2",
  )
}

test("an answer that breaks the schema does not go out, and one with control characters does", () => {
  checkAnswer(answer("ErrorItemNotFound", "bell \u0007 and vertical tab \u000b"))
  assert.throws(() => checkAnswer(answer("ErrorItemIsGone", "")), /ErrorItemIsGone/)
})

test("every error the simulator gives is one the schema has", () => {
  const here = new URL(".", import.meta.url)
  const sources = readdirSync(here).filter(name => name.endsWith(".ts") && !name.endsWith(".test.ts"))
  const text = sources.map(name => readFileSync(new URL(name, here), "utf8")).join("\n")
  const codes = [...new Set([...text.matchAll(/"(Error[A-Z]\w+)"/g)].map(([, code = ""]) => code))]
  assert.ok(codes.length > 50)
  for (const code of codes) assert.doesNotThrow(() => checkAnswer(answer(code, "")), code)
})

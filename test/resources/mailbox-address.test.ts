import assert from "node:assert/strict"
import { describe, test } from "node:test"
import type { Identity } from "../../operator/core/ports.ts"
import { addressFromPattern, readMailboxMap } from "../../operator/resources/mailbox-address.ts"

describe("an address from a pattern", () => {
  for (const [story, pattern, identity, address] of [
    ["has the name in it", "{name}@contoso.com", { id: "teacher/AN", name: "anna.n" }, "anna.n@contoso.com"],
    ["is compared in lower case anyway", "{name|lower}@contoso.com", { id: "teacher/AN" }, "an@contoso.com"],
    [
      "takes the name from the id where the source gives none",
      "{name}@contoso.com",
      { id: "room/R12" },
      "r12@contoso.com",
    ],
    ["takes the kind from the id too", "{kind}-{name}@contoso.com", { id: "room/R12" }, "room-r12@contoso.com"],
    ["takes a plain id whole", "{id}@contoso.com", { id: "anna" }, "anna@contoso.com"],
    ["is none without a kind that is asked for", "{kind}-{id}@contoso.com", { id: "anna" }, undefined],
    [
      "is none when the name is no part of an address",
      "{name}@contoso.com",
      { id: "a", name: "Anna Nielsen" },
      undefined,
    ],
    ["cannot be led into another domain by a name", "{name}@contoso.com", { id: "a", name: "x@evil.com," }, undefined],
    ["cannot be given a second domain by a name", "{name}@contoso.com", { id: "a", name: "x@evil.com" }, undefined],
    ["takes replacement marks in a name as they are", "{name}@contoso.com", { id: "a", name: "$&" }, "$&@contoso.com"],
  ] as const satisfies readonly (readonly [string, string, Identity, string | undefined])[]) {
    test(story, () => {
      assert.equal(addressFromPattern(pattern, identity), address)
    })
  }
})

describe("a table of mailboxes", () => {
  test("is read whatever the spreadsheet made of it", () => {
    const { addresses, badLines } = readMailboxMap(
      '\uFEFFidentity;address\r\nroom/R12;Room-12@Contoso.com\r\n\r\n# rooms of the annex\r\n"room/B, annex","room-b@contoso.com"\r\nteacher/AN\tanna@contoso.com',
    )
    assert.deepEqual(
      [...addresses],
      [
        ["room/R12", "Room-12@contoso.com".toLowerCase()],
        ["room/B, annex", "room-b@contoso.com"],
        ["teacher/AN", "anna@contoso.com"],
      ],
    )
    assert.deepEqual(badLines, [])
  })

  test("tells by number which lines could not be used", () => {
    const { addresses, badLines } = readMailboxMap(
      "room/R12,nowhere\n,anna@contoso.com\nroom/R13\nroom/R14,r14@contoso.com",
    )
    assert.deepEqual([...addresses.keys()], ["room/R14"])
    assert.deepEqual(badLines, [1, 2, 3])
  })

  test("an identity told two addresses keeps the first, and the second is told", () => {
    const { addresses, badLines } = readMailboxMap("a,one@contoso.com\na,two@contoso.com\na,one@contoso.com")
    assert.equal(addresses.get("a"), "one@contoso.com")
    assert.deepEqual(badLines, [2])
  })

  test("that is empty holds nobody", () => {
    assert.deepEqual(readMailboxMap(""), { addresses: new Map(), badLines: [] })
  })
})

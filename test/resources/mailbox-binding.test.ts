import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { type MailboxBindingSpec, readBinding } from "../../operator/resources/mailbox-binding.ts"

function binding(changes: Partial<MailboxBindingSpec> = {}): MailboxBindingSpec {
  return {
    connectionRef: { name: "contoso" },
    sourceRef: { name: "timetable" },
    policyRef: { name: "school" },
    ...changes,
  }
}

describe("a MailboxBinding", () => {
  test("by hand goes into the default calendar and matches nobody else", () => {
    const mailboxes = [{ address: "anna@contoso.com", identity: "teacher/AN" }]
    assert.deepEqual(readBinding(binding({ mailboxes })), {
      connection: { name: "contoso" },
      sourceName: "timetable",
      policyName: "school",
      listed: mailboxes,
      calendar: { kind: "Default" },
      suspended: false,
    })
  })

  test("can name a calendar, and a connection in another namespace", () => {
    const connectionRef = { name: "contoso", namespace: "central" }
    const read = readBinding(binding({ connectionRef, calendar: { name: "Timetable" } }))
    assert.deepEqual([read.calendar, read.connection], [{ kind: "Named", name: "Timetable" }, connectionRef])
  })

  for (const [match, expected] of [
    [{ address: "FromSource" }, { address: { kind: "FromSource" } }],
    [
      { address: "Pattern", pattern: "{name}@contoso.com", kinds: ["teacher"] },
      { kinds: ["teacher"], address: { kind: "Pattern", pattern: "{name}@contoso.com" } },
    ],
    [
      { address: "Map", mapRef: { configMapRef: { name: "rooms" } } },
      { address: { kind: "Map", configMapName: "rooms", key: "mailboxes.csv" } },
    ],
  ] as const) {
    test(`matches with addresses by ${match.address}`, () => {
      assert.deepEqual(readBinding(binding({ match })).match, expected)
    })
  }
})

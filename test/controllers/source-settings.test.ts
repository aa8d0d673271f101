import assert from "node:assert/strict"
import { test } from "node:test"
import { feedCredential } from "../../operator/controllers/source-settings.ts"
import { secretsWith } from "./builders.ts"

const secret = { kind: "Secret", namespace: "calendars", name: "feed" } as const
const never = new AbortController().signal
const load = (data: Readonly<Record<string, string>>) =>
  feedCredential({ references: secretsWith(data) }, secret, never)

test("a feed's Secret made from files loses the newline at their end, and a password nothing else", async () => {
  assert.deepEqual(await load({ username: "svc\n", password: " two\nlines \r\n" }), {
    username: "svc",
    password: " two\nlines ",
  })
  assert.deepEqual(await load({ token: "a-token\n" }), { bearerToken: "a-token" })
})

test("a feed's password may be empty", async () => {
  assert.deepEqual(await load({ username: "svc", password: "" }), { username: "svc", password: "" })
})

for (const [told, data] of [
  ["nothing", {}],
  ["no password", { username: "svc" }],
  ["no username", { password: "p" }],
  ["a username of a newline only", { username: "\n", password: "p" }],
  ["a token of a newline only", { token: "\n" }],
] as const) {
  test(`a feed's Secret that holds ${told} is refused`, async () => {
    await assert.rejects(load(data), { reason: "SecretNotFound", message: /^Secret calendars\/feed needs either/ })
  })
}

import assert from "node:assert/strict"
import { test } from "node:test"
import { Accounts } from "../ews/accounts.ts"
import { md4 } from "./md4.ts"
import { firstMessage } from "./ntlm-client.ts"
import { NtlmLogin } from "./ntlm-login.ts"
import { rc4 } from "./rc4.ts"

/** Against what the specifications print. */

for (const [text, digest] of [
  ["", "31d6cfe0d16ae931b73c59d7e0c089c0"],
  ["abc", "a448017aaf21d8525fc10ae87aa6729d"],
  [
    "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
    "e33b4ddc9c38f2199c3e7b164fcc0536",
  ],
] as const)
  test(`MD4 of ${text.length} characters is that of RFC 1320`, () => {
    assert.equal(md4(Buffer.from(text)).toString("hex"), digest)
  })

test("RC4 is that of RFC 6229", () => {
  const stream = rc4(Buffer.of(1, 2, 3, 4, 5), Buffer.alloc(16))
  assert.equal(stream.toString("hex"), "b2396305f03dc027ccc3524a0a1118a8")
})

/** MS-NLMP 4.2.4.3, with the password, the challenge and the session key of 4.2.1. */
const published = Buffer.from(
  `4e544c4d53535000 03000000 180018006c000000 5400540084000000 0c000c0048000000 0800080054000000 100010005c000000
   10001000d8000000 358288e2 0501280a0000000f 44006f006d00610069006e00 5500730065007200 43004f004d0050005500540045005200
   86c35097ac9cec102554764a57cccc19 aaaaaaaaaaaaaaaa 68cd0ab851e51c96aabc927bebef6a1c 0101000000000000
   0000000000000000 aaaaaaaaaaaaaaaa 00000000 02000c0044006f006d00610069006e00 01000c005300650072007600650072000000000000000000
   c5dad2544fc9799094ce1ce90bc9d03e`.replace(/\s/g, ""),
  "hex",
)

function finish(password: string) {
  const accounts = new Accounts()
  accounts.add({ name: "Domain\\User", password })
  const login = NtlmLogin.begin(firstMessage(), { nowMs: 0, challenge: Buffer.from("0123456789abcdef", "hex") })
  return login?.finish(published, { accounts, protection: "off", binding: Buffer.alloc(16) })
}

test("the published message proves its password and hides its session key", () => {
  const verdict = finish("Password")
  assert.ok(verdict && "account" in verdict)
  assert.equal(verdict.sessionKey.toString("hex"), "55".repeat(16))
})

test("the published message proves no other password", () => {
  assert.deepEqual(finish("password"), { refusal: "wrongPassword" })
})

test("messages cut anywhere are refused and harm nobody", () => {
  for (let length = 0; length < published.length; length++) {
    const cut = published.subarray(0, length)
    const login = NtlmLogin.begin(firstMessage(), { nowMs: 0, challenge: Buffer.alloc(8) })
    const rules = { accounts: new Accounts(), protection: "off", binding: Buffer.alloc(16) } as const
    assert.ok("refusal" in (login?.finish(cut, rules) ?? {}))
    assert.equal(NtlmLogin.begin(cut, { nowMs: 0, challenge: Buffer.alloc(8) }), undefined)
  }
})

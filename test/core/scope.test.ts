import assert from "node:assert/strict"
import { test } from "node:test"
import { type AccessPolicy, decideScope, normalAddress } from "../../operator/core/scope.ts"

const policy: AccessPolicy = {
  domains: ["School.dk", "skole.example"],
  mailboxes: ["Room-12@other.example"],
  except: ["principal@school.dk"],
}

const stories = [
  ["anna@school.dk", "Domain"],
  ["ANNA@SCHOOL.DK", "Domain"],
  [" anna@school.dk ", "Domain"],
  ["room-12@OTHER.example", "Mailbox"],
  ["principal@school.dk", "Excepted"],
  ["Principal@School.DK", "Excepted"],
  ["anna@sub.school.dk", "NotListed"],
  ["anna@notschool.dk", "NotListed"],
  ["anna@school.dk.evil.example", "NotListed"],
  ["room-13@other.example", "NotListed"],
  // A Kelvin sign is no k, whatever case folding says; in a domain it is one by the rules of domain names.
  ["room-12@other.e\u212Aample", "NotListed"],
  ["anna", "NotAnAddress"],
  ["anna@", "NotAnAddress"],
  ["@school.dk", "NotAnAddress"],
  ["anna@evil.example@school.dk", "NotAnAddress"],
  ["anna@evil.example, bo@school.dk", "NotAnAddress"],
  ["anna\n@school.dk", "NotAnAddress"],
  ["<anna@school.dk>", "NotAnAddress"],
  ["", "NotAnAddress"],
] as const

for (const [address, expected] of stories) {
  test(`the mailbox ${JSON.stringify(address)} is judged ${expected}`, () => {
    const decision = decideScope(policy, address)

    assert.equal(decision.allowed ? decision.by : decision.reason, expected)
  })
}

test("an empty policy allows nothing", () => {
  assert.equal(decideScope({}, "anna@school.dk").allowed, false)
})

test("except wins over a mailbox named explicitly", () => {
  const decision = decideScope({ mailboxes: ["anna@school.dk"], except: ["Anna@school.dk"] }, "anna@school.dk")

  assert.equal(decision.allowed, false)
})

test("a domain written in its own letters is the same as in ASCII", () => {
  assert.equal(decideScope({ domains: ["blåbær.dk"] }, "anna@xn--blbr-roah.dk").allowed, true)
})

test("a local part that only looks the same after case folding is another person", () => {
  assert.notEqual(normalAddress("\u212Aarl@school.dk"), normalAddress("karl@school.dk"))
})

import assert from "node:assert/strict"
import { createHash, X509Certificate } from "node:crypto"
import { describe, test } from "node:test"
import {
  channelBindingHash,
  channelBindingOf,
  noChannelBinding,
} from "../../../operator/exchange/ews/wire/channel-binding.ts"
import { md4 } from "../../../operator/exchange/ews/wire/md4.ts"
import {
  authenticateMessage,
  clientBlob,
  hmac,
  NtlmChallengeError,
  negotiateMessage,
  ntowfv2,
  readChallenge,
} from "../../../operator/exchange/ews/wire/ntlm-message.ts"
import { makeAuthority } from "../../simulators/certificates.ts"

/** MS-NLMP §4.2.1 and §4.2.4: the published example. */
const credential = { username: "User", password: "Password", domain: "Domain" }
const clientChallenge = Buffer.alloc(8, 0xaa)
const challengeMessage = hex(
  "4e544c4d53535000020000000c000c003800000033828ae20123456789abcdef00000000000000002400240044000000" +
    "06007017 0000000f 530065007200760065007200 02000c0044006f006d00610069006e00 01000c00530065007200760065007200 00000000",
)

describe("the published example", () => {
  test("MD4 gives the digests of RFC 1320", () => {
    const digests = {
      "": "31d6cfe0d16ae931b73c59d7e0c089c0",
      abc: "a448017aaf21d8525fc10ae87aa6729d",
      abcdefghijklmnopqrstuvwxyz: "d79e1c308aa5bbcdeea8ed63df412da9",
      "12345678901234567890123456789012345678901234567890123456789012345678901234567890":
        "e33b4ddc9c38f2199c3e7b164fcc0536",
    }
    for (const [text, digest] of Object.entries(digests)) assert.equal(md4(Buffer.from(text)).toString("hex"), digest)
  })

  test("gives the key, the proof and the session key of NTLMv2", () => {
    const { serverChallenge } = readChallenge(challengeMessage)
    const key = ntowfv2(credential)
    const targetInfo = challengeMessage.subarray(68, 68 + 36)
    const blob = clientBlob({ time: Buffer.alloc(8), clientChallenge, targetInfo })
    const proof = hmac(key, serverChallenge, blob)

    assert.equal(key.toString("hex"), "0c868a403bfd7a93a3001ef22ef02e3f")
    assert.equal(proof.toString("hex"), "68cd0ab851e51c96aabc927bebef6a1c")
    assert.equal(hmac(key, proof).toString("hex"), "8de40ccadbc14a82f15cb0ad0de95ca3")
  })

  test("gives the LM response of NTLMv2 where the server sends no time", () => {
    const message = answer(challengeMessage)

    assert.equal(field(message, 0).toString("hex"), "86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa")
    assert.equal(field(message, 2).toString("utf16le"), "Domain")
    assert.equal(field(message, 3).toString("utf16le"), "User")
  })

  test("of a channel binding gives the hash of Microsoft's account of Extended Protection", () => {
    const certificateHash = hex("E3CA49271E5089CC48CE82109F1324F41DBEDDC29A777410C738F7868C4FF405")

    assert.equal(channelBindingHash(certificateHash).toString("hex"), "6ea19df066da4622051f9c4f92c6df74")
  })
})

describe("an answer", () => {
  test("is proved over what it says of the channel and the service", () => {
    const binding = Buffer.alloc(16, 7)
    const message = answer(challengeMessage, binding)
    const response = field(message, 1)
    const [proof, blob] = [response.subarray(0, 16), response.subarray(16)]

    assert.deepEqual(proof, hmac(ntowfv2(credential), hex("0123456789abcdef"), blob))
    assert.ok(blob.includes(Buffer.concat([hex("0a001000"), binding])))
    assert.ok(blob.includes(Buffer.from("HTTP/mail.contoso.com", "utf16le")))
  })

  test("carries a MIC over all three messages where the server sends its time", () => {
    const challenge = withTime(challengeMessage, hex("0090d336b734c301"))
    const message = answer(challenge)
    const response = field(message, 1)
    const key = hmac(ntowfv2(credential), response.subarray(0, 16))
    const unsigned = Buffer.concat([message.subarray(0, 72), Buffer.alloc(16), message.subarray(88)])

    assert.deepEqual(field(message, 0), Buffer.alloc(24))
    assert.ok(response.includes(hex("0600040002000000")), "MsvAvFlags says that there is one")
    assert.deepEqual(message.subarray(72, 88), hmac(key, negotiateMessage(), challenge, unsigned))
  })

  test("keeps what the server says of itself beside that", () => {
    const flags = hex("0600040001000000")
    const response = field(answer(withTime(challengeMessage, hex("0090d336b734c301"), flags)), 1)

    assert.ok(response.includes(hex("0600040003000000")))
    assert.ok(!response.includes(flags))
  })

  test("has no password, and the first message no name either", () => {
    const message = answer(challengeMessage)

    assert.ok(!message.includes(Buffer.from("Password", "utf16le")))
    assert.ok(!negotiateMessage().includes(Buffer.from("User", "utf16le")))
  })
})

test("what is no whole challenge is refused, wherever it ends", () => {
  for (let length = 0; length < challengeMessage.length; length += 1) {
    assert.throws(() => readChallenge(challengeMessage.subarray(0, length)), NtlmChallengeError, `${length}`)
  }
  assert.throws(() => readChallenge(negotiateMessage()), NtlmChallengeError)
})

test("a channel is bound by the hash of the server's certificate", () => {
  const { certPem } = makeAuthority("mail").issue({ hosts: ["127.0.0.1"] })
  const { raw } = new X509Certificate(certPem)

  assert.deepEqual(channelBindingOf(raw), channelBindingHash(createHash("sha256").update(raw).digest()))
})

/** The last byte of the name of ECDSA with that hash. */
for (const [hash, byte] of [
  ["sha384", "03"],
  ["sha512", "04"],
] as const) {
  test(`a certificate signed with ${hash} is bound by that`, () => {
    const { certPem } = makeAuthority("mail").issue({ hosts: ["127.0.0.1"] })
    const made = new X509Certificate(certPem).raw.toString("hex")
    const raw = hex(made.replaceAll("2a8648ce3d040302", `2a8648ce3d0403${byte}`))

    assert.deepEqual(channelBindingOf(raw), channelBindingHash(createHash(hash).update(raw).digest()))
  })
}

function answer(message: Buffer, channelBinding = noChannelBinding): Buffer {
  const now = Temporal.Instant.from("2026-11-24T12:00:00Z")
  const targetName = "HTTP/mail.contoso.com"
  const challenge = readChallenge(message)
  return authenticateMessage({ challenge, credential, clientChallenge, now, targetName, channelBinding })
}

/** The payload field at that place in the header: LM, NT, domain, user. */
function field(message: Buffer, index: number): Buffer {
  const at = 12 + index * 8
  const start = message.readUInt32LE(at + 4)
  return message.subarray(start, start + message.readUInt16LE(at))
}

function withTime(message: Buffer, time: Buffer, others: Buffer = Buffer.alloc(0)): Buffer {
  const info = Buffer.concat([message.subarray(68, 68 + 32), others, hex("07000800"), time, Buffer.alloc(4)])
  const head = Buffer.from(message.subarray(0, 68))
  head.writeUInt16LE(info.length, 40)
  head.writeUInt16LE(info.length, 42)
  return Buffer.concat([head, info])
}

function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(" ", ""), "hex")
}

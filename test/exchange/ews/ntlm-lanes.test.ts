import assert from "node:assert/strict"
import type { ServerResponse } from "node:http"
import type { Socket } from "node:net"
import { after, before, beforeEach, describe, test } from "node:test"
import { NeedsAttentionError, reasonOf } from "../../../operator/core/errors.ts"
import { channelBindingOf } from "../../../operator/exchange/ews/wire/channel-binding.ts"
import { hmac, ntowfv2 } from "../../../operator/exchange/ews/wire/ntlm-message.ts"
import type { WireCredential } from "../../../operator/exchange/ews/wire/settings.ts"
import type { EwsCall } from "../../../operator/exchange/ews/wire/transport.ts"
import { element } from "../../../operator/exchange/ews/wire/xml-write.ts"
import { type ScriptedEws, type Seen, scriptedEws, success, xml } from "./scripted-ews.ts"

const signal = new AbortController().signal
const account = { username: "svc", password: "pä:ss", domain: "CONTOSO" }
const credential: WireCredential = { kind: "ntlm", ...account }
let server: ScriptedEws
let guard: NtlmGuard

before(async () => {
  server = await scriptedEws()
})
beforeEach(() => {
  guard = new NtlmGuard(server.certificate)
  server.script((seen, response) => guard.answer(seen, response))
})
after(() => server.close())

describe("a connection logged in by NTLM", () => {
  test("is logged in once, bound to the server's certificate, and carries what follows", async () => {
    const transport = server.transport({ credential })

    for (let turn = 0; turn < 3; turn += 1) await transport.ask(call(), signal)

    assert.deepEqual(guard.steps, ["challenged", "accepted", "served", "served"])
    assert.equal(new Set(server.seen.map(({ socket }) => socket)).size, 1)
    assert.equal(server.seen[0]?.body, "", "nothing is said before the login")
  })

  test("is lent to one request at a time; others get their own", async () => {
    const transport = server.transport({ credential })

    await Promise.all([1, 2, 3].map(() => transport.ask(call(), signal)))

    assert.equal(guard.steps.filter(step => step === "accepted").length, 3)
    assert.equal(new Set(server.seen.map(({ socket }) => socket)).size, 3)
  })

  test("logs in again when the server has closed or forgotten it", async () => {
    const transport = server.transport({ credential })
    await transport.ask(call(), signal)
    guard.forget()
    await transport.ask(call({ retry: false }), signal)
    for (const socket of new Set(server.seen.map(one => one.socket))) socket.destroy()
    await new Promise(resolve => setTimeout(resolve, 20))
    await transport.ask(call({ retry: false }), signal)

    assert.deepEqual(guard.steps.slice(-2), ["challenged", "accepted"])
    assert.equal(guard.steps.filter(step => step === "accepted").length, 3)
  })

  test("survives a connection replaced between challenge and answer", async () => {
    guard.closeAfterFirstChallenge = true

    await server.transport({ credential }).ask(call({ retry: false }), signal)

    assert.equal(guard.steps.at(-1), "accepted")
  })

  test("with a wrong password is refused once, and says what is offered", async () => {
    const wrong = { ...credential, password: "guess" }

    await assert.rejects(server.transport({ credential: wrong }).ask(call(), signal), (error: unknown) => {
      assert.ok(error instanceof NeedsAttentionError)
      assert.equal(error.reason, "InvalidClient")
      assert.doesNotMatch(error.message, /guess/)
      return true
    })
    assert.deepEqual(guard.steps, ["challenged", "refused"])
  })

  test("is asked about by the fence only when something is said", async () => {
    let asked = 0
    const mayWrite = () => {
      asked += 1
    }
    const transport = server.transport({ credential }, { mayWrite })

    await transport.ask(call({ writes: true, retry: false }), signal)

    assert.equal(asked, 1)
  })

  test("is logged in under the name of Negotiate where that alone is offered", async () => {
    guard.scheme = "Negotiate"
    const transport = server.transport({ credential })

    for (let turn = 0; turn < 2; turn += 1) await transport.ask(call(), signal)
    guard.forget()
    await transport.ask(call(), signal)

    const again = ["refused", "challenged", "accepted"]
    assert.deepEqual(guard.steps, ["refused", "challenged", "accepted", "served", ...again])
    assert.equal(new Set(server.seen.map(({ socket }) => socket)).size, 1)
  })

  test("is none where the challenge is nonsense or another scheme", async () => {
    const offers = {
      "NTLM bm9uc2Vuc2U=": "Unreachable",
      Negotiate: "InvalidClient",
      'Basic realm="mail"': "UnsupportedServer",
    }
    for (const [offer, reason] of Object.entries(offers)) {
      server.script((_seen, response) => xml(response, 401, "", { "www-authenticate": offer }))

      await assert.rejects(
        server.transport({ credential }).ask(call({ retry: false }), signal),
        (error: unknown) => reasonOf(error) === reason,
        offer,
      )
    }
  })
})

/** The server's side, with Extended Protection: each connection has its own challenge and its own login. */
class NtlmGuard {
  readonly steps: string[] = []
  closeAfterFirstChallenge = false
  /** The one that is offered and heard. */
  scheme: "NTLM" | "Negotiate" = "NTLM"
  readonly #binding: Buffer
  readonly #challenged = new WeakSet<Socket>()
  #accepted = new WeakSet<Socket>()

  constructor(certificate: Buffer) {
    this.#binding = channelBindingOf(certificate)
  }

  forget(): void {
    this.#accepted = new WeakSet()
  }

  answer({ headers, socket }: Seen, response: ServerResponse): void {
    const [scheme, text = ""] = (headers.authorization ?? "").split(" ")
    const token = Buffer.from(scheme === this.scheme ? text : "", "base64")
    const type = token.length > 12 ? token.readUInt32LE(8) : 0
    if (type === 1) this.#challenge(socket, response)
    else if (type === 3) this.#check(token, socket, response)
    else if (this.#accepted.has(socket)) this.#serve("served", response)
    else this.#refuse(response)
  }

  #challenge(socket: Socket, response: ServerResponse): void {
    this.steps.push("challenged")
    this.#challenged.add(socket)
    const close = this.closeAfterFirstChallenge ? { connection: "close" } : {}
    this.closeAfterFirstChallenge = false
    xml(response, 401, "", { "www-authenticate": `${this.scheme} ${challenge.toString("base64")}`, ...close })
  }

  #check(token: Buffer, socket: Socket, response: ServerResponse): void {
    const start = token.readUInt32LE(24)
    const answer = token.subarray(start, start + token.readUInt16LE(20))
    const blob = answer.subarray(16)
    const proof = hmac(ntowfv2(account), challenge.subarray(24, 32), blob)
    const isBound = blob.includes(Buffer.concat([Buffer.of(10, 0, 16, 0), this.#binding]))
    const isForUs = blob.includes(Buffer.from("HTTP/mail.contoso.test", "utf16le"))
    const isProved = proof.equals(answer.subarray(0, 16))
    if (isProved && isBound && isForUs && this.#challenged.has(socket)) {
      this.#accepted.add(socket)
      this.#serve("accepted", response)
    } else this.#refuse(response)
  }

  #refuse(response: ServerResponse): void {
    this.steps.push("refused")
    xml(response, 401, "", { "www-authenticate": this.scheme })
  }

  #serve(step: string, response: ServerResponse): void {
    this.steps.push(step)
    xml(response, 200, success("GetFolder", ""))
  }
}

const challenge = makeChallenge()

/** With the time of the server, as Exchange sends it: the answer then carries a MIC. */
function makeChallenge(): Buffer {
  const name = Buffer.from("CONTOSO", "utf16le")
  const info = Buffer.concat([
    Buffer.of(2, 0, name.length, 0),
    name,
    Buffer.of(7, 0, 8, 0),
    Buffer.alloc(8, 1),
    Buffer.alloc(4),
  ])
  const head = Buffer.alloc(56)
  head.write("NTLMSSP\0", "latin1")
  head.writeUInt32LE(2, 8)
  head.writeUInt32LE(0xe2898235, 20)
  head.write("12345678", 24, "latin1")
  head.writeUInt16LE(info.length, 40)
  head.writeUInt16LE(info.length, 42)
  head.writeUInt32LE(56, 44)
  return Buffer.concat([head, info])
}

function call(part: Partial<EwsCall> = {}): EwsCall {
  return {
    request: element("m:GetFolder"),
    mailbox: "anna@contoso.test",
    operation: "probe",
    writes: false,
    retry: true,
    ...part,
  }
}

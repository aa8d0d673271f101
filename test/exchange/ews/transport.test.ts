import assert from "node:assert/strict"
import type { ServerResponse } from "node:http"
import { after, before, describe, test } from "node:test"
import { gzipSync } from "node:zlib"
import { NeedsAttentionError, reasonOf, TemporaryError } from "../../../operator/core/errors.ts"
import type { RequestObservation } from "../../../operator/exchange/deps.ts"
import type { EwsCall } from "../../../operator/exchange/ews/wire/transport.ts"
import { element } from "../../../operator/exchange/ews/wire/xml-write.ts"
import { makeAuthority } from "../../simulators/certificates.ts"
import { VirtualClock } from "../virtual-clock.ts"
import { fault, messages, requestIn, type ScriptedEws, type Seen, scriptedEws, success, xml } from "./scripted-ews.ts"

const signal = new AbortController().signal
let server: ScriptedEws

before(async () => {
  server = await scriptedEws()
})
after(() => server.close())

describe("a request", () => {
  test("says for whom, as whom and in which version, over a connection kept", async () => {
    server.script((_seen, response) => xml(response, 200, success("GetFolder", "")))
    const transport = server.transport()

    const answer = await transport.ask(call(), signal)
    for (let turn = 0; turn < 5; turn += 1) await transport.ask(call(), signal)

    const [first] = server.seen
    assert.ok(first)
    assert.equal(answer.name, "m:GetFolderResponse")
    assert.equal(transport.serverVersion, "15.2.1544.9")
    assert.equal(first.headers["x-anchormailbox"], "anna@contoso.test")
    assert.equal(first.headers["user-agent"], "calsync")
    assert.match(String(first.headers["client-request-id"]), /^[-0-9a-f]{36}$/)
    assert.equal(decoded(first.headers.authorization), "CONTOSO\\svc:pä:ss")
    assert.match(first.body, /<t:RequestServerVersion Version="Exchange2013"\/>/)
    assert.match(first.body, /<t:PrimarySmtpAddress>anna@contoso.test<\/t:PrimarySmtpAddress>/)
    assert.equal(requestIn(first).name, "m:GetFolder")
    const sockets = new Set(server.seen.map(({ socket }) => socket))
    assert.ok(sockets.size <= 2, `${sockets.size} connections for six requests`)
  })

  test("for an address with letters no header may carry says them in another way, and adds no header", async () => {
    const mailbox = "jörg\r\nX-Other: 1\r\n@contoso.test"
    server.script((_seen, response) => xml(response, 200, success("GetFolder", "")))

    await server.transport().ask(call({ mailbox }), signal)

    const [first] = server.seen
    assert.equal(first?.headers["x-anchormailbox"], "j%C3%B6rg%0D%0AX-Other:%201%0D%0A@contoso.test")
    assert.equal(first?.headers["x-other"], undefined)
  })

  test("acts as nobody else with delegated rights", async () => {
    server.script((_seen, response) => xml(response, 200, success("GetFolder", "")))

    await server.transport({ access: "Delegate" }).ask(call(), signal)

    assert.doesNotMatch(server.seen[0]?.body ?? "", /ExchangeImpersonation/)
  })

  test("with a token that is refused is sent once more with another", async () => {
    server.script((seen, response) =>
      seen.headers.authorization === "Bearer new"
        ? xml(response, 200, success("GetFolder", ""))
        : xml(response, 401, ""),
    )
    const token = { get: async () => "old", getInsteadOf: async () => "new" }

    await server.transport({ credential: { kind: "oauth", token } }).ask(call(), signal)

    assert.equal(server.seen.length, 2)
  })

  test("with no token that will do says what the server has against it", async () => {
    const headers = {
      "www-authenticate": "Bearer",
      "x-ms-diagnostics": '2000003;reason="secret words";error_category="invalid_lifetime"',
    }
    server.script((_seen, response) => xml(response, 401, "", headers))
    const token = { get: async () => "old", getInsteadOf: async () => "new" }

    await assert.rejects(server.transport({ credential: { kind: "oauth", token } }).ask(call(), signal), {
      reason: "InvalidClient",
      message: /full_access_as_app, it says invalid_lifetime; it offers Bearer \(401\)$/,
    })
  })

  test("that writes is kept here by the fence", async () => {
    server.script((_seen, response) => xml(response, 200, success("CreateItem", "")))
    const mayWrite = () => {
      throw new Error("not the leader")
    }
    const transport = server.transport({}, { mayWrite })

    await assert.rejects(transport.ask(call({ writes: true, retry: false }), signal), /not the leader/)
    await transport.ask(call({ writes: false }), signal)

    assert.equal(server.seen.length, 1)
  })

  test("packed by the server is unpacked", async () => {
    server.script((_seen, response) => {
      response.writeHead(200, { "content-type": "text/xml", "content-encoding": "gzip" })
      response.end(gzipSync(success("GetFolder", "")))
    })

    assert.equal((await server.transport().ask(call(), signal)).name, "m:GetFolderResponse")
  })

  test("can be aborted, and a silent server is given up", { timeout: 5_000 }, async () => {
    server.script(() => {})
    const abort = new AbortController()
    const aborted = server.transport().ask(call(), abort.signal)
    setTimeout(() => abort.abort(new Error("enough")), 20)
    await assert.rejects(aborted, /enough/)

    const clock = new VirtualClock()
    const late = assert.rejects(
      server.transport({}, { clock }).ask(call({ retry: false }), signal),
      isTemporary("Unreachable"),
    )
    while (server.seen.length < 2) await new Promise(resolve => setImmediate(resolve))
    await clock.advance(90_000)
    await late
  })
})

describe("the version of requests", () => {
  const servers: Readonly<
    Record<string, { readonly knows: readonly string[]; readonly tries: number; readonly says?: string }>
  > = {
    "of 2013 and later": { knows: ["Exchange2013", "Exchange2010_SP2", "Exchange2007_SP1"], tries: 1 },
    "of 2010": { knows: ["Exchange2010_SP2", "Exchange2007_SP1"], tries: 2 },
    "of 2007": { knows: ["Exchange2007_SP1"], tries: 3 },
    "of 2007, which only says that the schema is wrong": {
      knows: ["Exchange2007_SP1"],
      tries: 3,
      says: "ErrorSchemaValidation",
    },
  }

  for (const [name, { knows, tries, says }] of Object.entries(servers)) {
    test(`is the newest that a server ${name} knows, found once`, async () => {
      server.script(only(knows, says))
      const transport = server.transport()

      await transport.ask(call({ writes: true, retry: false }), signal)
      assert.equal(server.seen.length, tries)
      await transport.ask(call(), signal)

      assert.equal(server.seen.length, tries + 1)
      assert.equal(transport.version, knows[0])
    })
  }

  test("is found once by many requests at a time", async () => {
    server.script(only(["Exchange2007_SP1"]))
    const transport = server.transport()

    await Promise.all(Array.from({ length: 4 }, () => transport.ask(call(), signal)))

    assert.equal(transport.version, "Exchange2007_SP1")
    assert.ok(server.seen.length <= 12, `${server.seen.length} requests`)
  })

  test("that is told is the only one tried", async () => {
    server.script(only(["Exchange2010_SP2"]))

    await assert.rejects(server.transport({ version: "Exchange2016" }).ask(call(), signal), {
      reason: "UnsupportedServer",
    })
    await server.transport({ version: "Exchange2010_SP2" }).ask(call(), signal)

    assert.deepEqual(server.seen.map(versionIn), ["Exchange2016", "Exchange2010_SP2"])
  })

  test("is not doubted because a request was wrong in itself", async () => {
    const transport = server.transport()
    server.script((_seen, response) => xml(response, 500, fault("ErrorSchemaValidation")))
    await assert.rejects(transport.ask(call(), signal), { reason: "ApplyFailed" })
    assert.equal(transport.version, "Exchange2013", "no version helped")

    server.script((_seen, response) => xml(response, 500, fault("ErrorImpersonateUserDenied")))
    await assert.rejects(transport.ask(call(), signal), { reason: "AccessDenied" })
    server.script((_seen, response) => xml(response, 500, fault("ErrorSchemaValidation")))
    await assert.rejects(transport.ask(call(), signal), { reason: "ApplyFailed" })

    assert.equal(server.seen.length, 1, "a version the server has understood is not the reason")
  })

  test("of 2007 has no zone of the request, which came later", async () => {
    for (const [version, has] of [
      ["Exchange2007_SP1", false],
      ["Exchange2010_SP2", true],
    ] as const) {
      server.script((_seen, response) => xml(response, 200, success("GetFolder", "")))

      await server.transport({ version }).ask(call(), signal)

      assert.equal(server.seen[0]?.body.includes("TimeZoneContext"), has)
    }
  })

  /** A server that knows these versions only, and says so in its way. */
  function only(known: readonly string[], code = "ErrorInvalidServerVersion"): Parameters<ScriptedEws["script"]>[0] {
    return (seen, response) =>
      known.includes(versionIn(seen)) ? xml(response, 200, success("GetFolder", "")) : xml(response, 500, fault(code))
  }

  function versionIn({ body }: Seen): string {
    return /RequestServerVersion Version="(\w+)"/.exec(body)?.[1] ?? ""
  }
})

describe("a server that is not well", () => {
  const troubles: Record<
    string,
    { readonly answer: (response: ServerResponse) => void; readonly reason: string; readonly pauseMs?: number }
  > = {
    "a busy fault": {
      answer: response => xml(response, 500, fault("ErrorServerBusy", { values: { BackOffMilliseconds: "297749" } })),
      reason: "Throttled",
      pauseMs: 297_749,
    },
    "a busy fault for longer than a day": {
      answer: response =>
        xml(response, 500, fault("ErrorServerBusy", { values: { BackOffMilliseconds: "999999999" } })),
      reason: "Throttled",
      pauseMs: 86_400_000,
    },
    "a busy fault over HTTP 200": {
      answer: response => xml(response, 200, fault("ErrorServerBusy", { values: { BackOffMilliseconds: "60000" } })),
      reason: "Throttled",
      pauseMs: 60_000,
    },
    "a busy fault without detail": {
      answer: response => xml(response, 500, fault("ErrorServerBusy", { detail: false }), { "retry-after": "30" }),
      reason: "Throttled",
      pauseMs: 30_000,
    },
    "busy, wrapped in another error": {
      answer: response =>
        xml(
          response,
          200,
          messages("GetFolder", [
            {
              code: "ErrorInternalServerError",
              values: { InnerErrorResponseCode: "ErrorServerBusy", BackOffMilliseconds: "40000" },
            },
          ]),
        ),
      reason: "Throttled",
      pauseMs: 40_000,
    },
    "a full queue of the web server": {
      answer: response => xml(response, 503, "Service Unavailable", { "retry-after": "20" }),
      reason: "Unreachable",
      pauseMs: 20_000,
    },
    "a proxy that wants fewer requests": {
      answer: response => xml(response, 429, "Too Many Requests", { "retry-after": "25" }),
      reason: "Throttled",
      pauseMs: 25_000,
    },
    "a fault that passes": {
      answer: response => xml(response, 500, fault("ErrorMailboxMoveInProgress")),
      reason: "Unreachable",
    },
    "a fault with a text in place of its code": {
      answer: response => xml(response, 500, fault("Error: secret words")),
      reason: "Unreachable",
    },
    "a message with a text in place of its code": {
      answer: response => xml(response, 200, messages("GetFolder", [{ code: "Error: secret words" }])),
      reason: "Unreachable",
    },
    "a page instead of SOAP": { answer: response => xml(response, 200, "<html><br></html>"), reason: "Unreachable" },
    "an answer cut short": {
      answer: response => xml(response, 200, success("GetFolder", "").slice(0, -20)),
      reason: "Unreachable",
    },
    "a connection that breaks": { answer: response => response.destroy(), reason: "Unreachable" },
  }

  for (const [name, { answer, reason, pauseMs }] of Object.entries(troubles)) {
    test(`${name} is ${reason}${pauseMs === undefined ? ", after some tries" : ", not before it says"}`, async () => {
      server.script((_seen, response) => answer(response))

      await assert.rejects(server.transport().ask(call(), signal), isTemporary(reason, pauseMs))

      assert.equal(server.seen.length, pauseMs === undefined ? 4 : 1)
    })
  }

  test("is not asked again before the pause is over, and is after it", async () => {
    const clock = new VirtualClock()
    const transport = server.transport({}, { clock })
    server.script((_seen, response) =>
      xml(response, 500, fault("ErrorServerBusy", { values: { BackOffMilliseconds: "60000" } })),
    )
    await assert.rejects(transport.ask(call(), signal))
    server.script((_seen, response) => xml(response, 200, success("GetFolder", "")))

    await clock.advance(30_000)
    await assert.rejects(transport.ask(call(), signal), isTemporary("Throttled", 30_000))
    assert.equal(server.seen.length, 0)
    await clock.advance(30_000)
    await transport.ask(call(), signal)

    assert.equal(server.seen.length, 1)
  })

  test("is forgiven a short indisposition", async () => {
    const observed: RequestObservation[] = []
    server.script((_seen, response) =>
      server.seen.length < 3
        ? xml(response, 500, fault("ErrorTimeoutExpired"))
        : xml(response, 200, success("GetFolder", "")),
    )

    await server.transport({}, { observe: one => observed.push(one) }).ask(call(), signal)

    assert.deepEqual(
      observed.map(({ status, operation, connection }) => ({ status, operation, connection })),
      [500, 500, 200].map(status => ({ status, operation: "probe", connection: "calendars/contoso" })),
    )
  })

  test("is not asked to write a second time, and outcomes of items are the caller's", async () => {
    server.script((_seen, response) => xml(response, 500, fault("ErrorTimeoutExpired")))
    await assert.rejects(server.transport().ask(call({ retry: false }), signal), isTemporary("Unreachable"))
    assert.equal(server.seen.length, 1)

    server.script((_seen, response) => xml(response, 200, messages("CreateItem", [{ code: "ErrorServerBusy" }])))
    assert.equal((await server.transport().ask(call({ retry: false }), signal)).name, "m:CreateItemResponse")
  })
})

test("a redirect is not followed, not even one that keeps the method: it would take the credential along", async () => {
  for (const status of [301, 302, 307, 308]) {
    server.script((_seen, response) => xml(response, status, "", { location: server.url }))

    await assert.rejects(server.transport().ask(call(), signal), {
      reason: "UnsupportedServer",
      message: /sends elsewhere/,
    })

    assert.equal(server.seen.length, 1)
  }
})

describe("a log-in that is refused", () => {
  const refuse: Parameters<ScriptedEws["script"]>[0] = (_seen, response) =>
    xml(response, 401, "", { "www-authenticate": "Basic" })
  const answer: Parameters<ScriptedEws["script"]>[0] = (_seen, response) => xml(response, 200, success("GetFolder", ""))

  test("keeps those who wait their turn from being refused too, for each is another step to a locked account", async () => {
    const transport = server.transport({ limits: { concurrencyPerMailbox: 1, requestsPerSecond: 1_000 } })
    server.script(refuse)

    const asked = Array.from({ length: 20 }, () => transport.ask(call(), signal).catch(reasonOf))

    const reasons = await Promise.all(asked)
    assert.deepEqual(reasons.slice(0, 2), ["InvalidClient", "DependencyNotReady"])
    assert.equal(server.seen.length, 1)
  })

  test("does not keep a proof from asking, and once that goes well nobody is kept", async () => {
    const transport = server.transport()
    server.script(refuse)
    await assert.rejects(transport.ask(call(), signal), { reason: "InvalidClient" })

    server.script(answer)
    await assert.rejects(transport.ask(call(), signal), { reason: "DependencyNotReady" })
    assert.equal(server.seen.length, 0)
    await transport.ask(call({ isProof: true }), signal)
    await transport.ask(call(), signal)
    assert.equal(server.seen.length, 2)
  })

  test("is forgotten after a while, for nobody may come to prove it", async () => {
    const clock = new VirtualClock()
    const transport = server.transport({}, { clock })
    server.script(refuse)
    await assert.rejects(transport.ask(call(), signal), { reason: "InvalidClient" })
    server.script(answer)

    await clock.advance(29_000)
    await assert.rejects(transport.ask(call(), signal), isTemporary("DependencyNotReady", 1_000))
    await clock.advance(1_000)
    await transport.ask(call(), signal)
  })

  test("for want of a way to log in counts as none", async () => {
    const transport = server.transport()
    server.script((_seen, response) => xml(response, 401, "", { "www-authenticate": "NTLM" }))
    for (let turn = 0; turn < 2; turn += 1) {
      await assert.rejects(transport.ask(call(), signal), { reason: "UnsupportedServer" })
    }
  })
})

describe("a refusal", () => {
  const refusals: Record<
    string,
    { readonly answer: (response: ServerResponse) => void; readonly reason: string; readonly says?: RegExp }
  > = {
    "an unknown password": {
      answer: response => {
        response.writeHead(401, [
          ["www-authenticate", "Negotiate"],
          ["www-authenticate", "NTLM"],
          ["www-authenticate", 'Basic realm="mail of, secret, people"'],
        ])
        response.end()
      },
      reason: "InvalidClient",
      says: /it offers Negotiate, NTLM, Basic/,
    },
    "EWS switched off": {
      answer: response => xml(response, 403, ""),
      reason: "UnsupportedServer",
      says: /Exchange Online for good, where Graph is the way/,
    },
    "Basic switched off": {
      answer: response => xml(response, 401, "", { "www-authenticate": "Negotiate, NTLM" }),
      reason: "UnsupportedServer",
      says: /does not offer Basic.*by default; it offers Negotiate, NTLM/,
    },
    "a log-in that is offered in no way": {
      answer: response => xml(response, 401, ""),
      reason: "InvalidClient",
      says: /it offers no way to log in/,
    },
    "a redirect": {
      answer: response => xml(response, 302, "", { location: "https://elsewhere.test/owa" }),
      reason: "UnsupportedServer",
      says: /Outlook on the web/,
    },
    "a log-in offered in more ways than there are": {
      answer: response =>
        xml(response, 401, "", {
          "www-authenticate": `Basic, ${"abcdefgh"
            .split("")
            .map(one => one.repeat(2))
            .join(", ")}`,
        }),
      reason: "InvalidClient",
      says: /it offers Basic, aa, bb, cc, dd, ee \(/,
    },
    "another page": {
      answer: response => xml(response, 404, ""),
      reason: "UnsupportedServer",
      says: /must be that of \/EWS\/Exchange\.asmx/,
    },
    "another of a mailbox's addresses": {
      answer: response => xml(response, 500, fault("ErrorNonPrimarySmtpAddress")),
      reason: "MailboxNotFound",
      says: /primary address is needed/,
    },
    "an old server": {
      answer: response => xml(response, 500, fault("ErrorInvalidServerVersion")),
      reason: "UnsupportedServer",
    },
    "no right to impersonate": {
      answer: response => xml(response, 500, fault("ErrorImpersonateUserDenied", { detail: false })),
      reason: "AccessDenied",
    },
    "no such mailbox": {
      answer: response => xml(response, 500, fault("ErrorNonExistentMailbox")),
      reason: "MailboxNotFound",
    },
    "a request against the schema": {
      answer: response => xml(response, 500, fault("ErrorSchemaValidation")),
      reason: "ApplyFailed",
    },
  }

  for (const { given, means } of [
    { given: "anna@contoso.com", means: "anna@contoso.com" },
    { given: "no address at all", means: undefined },
    { given: "", means: undefined },
  ])
    test(`another of a mailbox's addresses, where Exchange names "${given}", has ${means ?? "no"} primary one`, async () => {
      const values = { Primary: given }
      server.script((_seen, response) => xml(response, 500, fault("ErrorNonPrimarySmtpAddress", { values })))

      await assert.rejects(server.transport().ask(call(), signal), (error: unknown) => {
        assert.ok(error instanceof NeedsAttentionError)
        assert.equal(error.primaryAddress, means)
        assert.doesNotMatch(error.message, /anna|no address/)
        return true
      })
    })

  for (const [name, { answer, reason, says = / / }] of Object.entries(refusals)) {
    test(`for ${name} is for a person to mend (${reason}) and asked once`, async () => {
      server.script((_seen, response) => answer(response))

      await assert.rejects(server.transport({ version: "Exchange2013" }).ask(call(), signal), (error: unknown) => {
        assert.ok(error instanceof NeedsAttentionError)
        assert.equal(error.reason, reason)
        assert.match(error.message, says)
        assert.doesNotMatch(error.message, /secret|pä|svc/)
        return true
      })

      assert.equal(server.seen.length, 1)
    })
  }

  test("of the certificate is no question of the network", async () => {
    const without = server.transport({ caBundlePem: makeAuthority("somebody else").caPem })

    await assert.rejects(without.ask(call({ retry: false }), signal), isTemporary("TLSFailed"))
  })
})

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

function isTemporary(reason: string, pauseMs?: number): (error: unknown) => boolean {
  return error => {
    assert.ok(error instanceof TemporaryError, String(error))
    assert.equal(reasonOf(error), reason)
    assert.equal(error.retryAfterMs, pauseMs)
    assert.doesNotMatch(error.message, /secret/)
    return true
  }
}

function decoded(authorization: string | undefined): string {
  return Buffer.from((authorization ?? "").replace("Basic ", ""), "base64").toString()
}

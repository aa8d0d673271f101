import assert from "node:assert/strict"
import { X509Certificate } from "node:crypto"
import { once } from "node:events"
import { createServer, get } from "node:https"
import { test } from "node:test"
import { type Authority, makeAuthority } from "./certificates.ts"

test("a certificate of the authority serves TLS to a client that trusts the authority", async () => {
  const authority = makeAuthority("test authority")

  assert.equal(await fetchFrom(authority, { trusting: authority }), "hello")
})

test("a client that trusts another authority of the same name refuses the certificate", async () => {
  const authority = makeAuthority("test authority")
  const stranger = makeAuthority("test authority")

  await assert.rejects(fetchFrom(authority, { trusting: stranger }))
})

test("a certificate names its hosts, addresses of both families and its authority", () => {
  const authority = makeAuthority("test authority")

  const { certPem } = authority.issue({ hosts: ["mail.example.org", "127.0.0.1", "::1", "2001:db8::1:2"] })

  const certificate = new X509Certificate(certPem)
  assert.equal(certificate.checkHost("mail.example.org"), "mail.example.org")
  assert.equal(certificate.checkHost("other.example.org"), undefined)
  for (const address of ["127.0.0.1", "::1", "2001:db8::1:2"]) assert.equal(certificate.checkIP(address), address)
  assert.equal(certificate.checkIP("127.0.0.2"), undefined)
  assert.ok(certificate.checkIssued(new X509Certificate(authority.caPem)))
  assert.ok(new X509Certificate(authority.caPem).ca)
})

async function fetchFrom(authority: Authority, { trusting }: { readonly trusting: Authority }): Promise<string> {
  const { certPem, keyPem } = authority.issue({ hosts: ["127.0.0.1", "localhost"] })
  const server = createServer({ cert: certPem, key: keyPem }, (_, response) => response.end("hello"))
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  try {
    const address = server.address()
    assert.ok(address !== null && typeof address === "object")
    return await read(address.port, trusting.caPem)
  } finally {
    server.close()
  }
}

function read(port: number, ca: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get({ host: "127.0.0.1", port, ca, agent: false }, async response => {
      const chunks = await response.toArray()
      resolve(Buffer.concat(chunks).toString())
    })
    request.on("error", reject)
  })
}

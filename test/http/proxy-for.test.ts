import assert from "node:assert/strict"
import { test } from "node:test"
import { EnvHttpProxyAgent, request } from "undici"
import { proxyFor } from "../../operator/http/proxy-for.ts"

const proxy = "http://proxy.test:3128"
const server = "https://mail.contoso.test/EWS/Exchange.asmx"

for (const [noProxy, url, isProxied] of [
  ["", server, true],
  ["contoso.test", server, false],
  [".contoso.test", server, false],
  ["*.contoso.test", server, false],
  ["*.mail.contoso.test", server, true],
  ["MAIL.Contoso.test.", server, false],
  ["ontoso.test", server, true],
  ["other.test, mail.contoso.test", server, false],
  ["mail.contoso.test:443", server, false],
  ["mail.contoso.test:8443", server, true],
  ["*", server, false],
  ["10.1.2.3", "https://10.1.2.3:8443/", false],
  ["2001:db8::25", "https://[2001:db8::25]/", false],
  ["[2001:db8::25]:443", "https://[2001:db8::25]/", false],
  ["[2001:db8::25]:8443", "https://[2001:db8::25]/", true],
] as const) {
  test(`NO_PROXY "${noProxy}" ${isProxied ? "keeps" : "takes"} ${url} ${isProxied ? "behind" : "from"} the proxy`, async () => {
    assert.equal(proxyFor(new URL(url), { httpsProxy: proxy, noProxy }), isProxied ? proxy : undefined)
    assert.equal(await isProxiedByUndici(url, noProxy), isProxied, "the dispatcher does the same")
  })
}

test("without a proxy of its own https goes through that of http", () => {
  assert.equal(proxyFor(new URL(server), { httpProxy: proxy }), proxy)
  assert.equal(proxyFor(new URL(server), { httpProxy: "http://other.test", httpsProxy: proxy }), proxy)
  assert.equal(proxyFor(new URL("http://mail.contoso.test"), { httpsProxy: proxy }), undefined)
  assert.equal(proxyFor(new URL(server), {}), undefined)
})

/** Nobody listens where the proxy is said to be, and whoever would connect directly is stopped. */
async function isProxiedByUndici(url: string, noProxy: string): Promise<boolean> {
  const dispatcher = new EnvHttpProxyAgent({
    httpProxy: "",
    httpsProxy: "http://127.0.0.1:1",
    noProxy,
    connect: (_target, callback) => callback(new Error("directly"), null),
  })
  try {
    await request(url, { dispatcher })
    return true
  } catch (error) {
    return !(error instanceof Error && error.message === "directly")
  } finally {
    await dispatcher.destroy()
  }
}

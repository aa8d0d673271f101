import assert from "node:assert/strict"
import { test } from "node:test"
import { serverOf } from "../../../operator/exchange/ews/wire/server.ts"

/** As far as https://learn.microsoft.com/exchange/new-features/build-numbers-and-release-dates lists them. */
const products: Readonly<Record<string, string>> = {
  "8.3.83.6": "Exchange Server 2007",
  "14.3.123.4": "Exchange Server 2010",
  "15.0.1497.2": "Exchange Server 2013",
  "15.1.2507.6": "Exchange Server 2016",
  "15.2.221.12": "Exchange Server 2019",
  "15.2.1748.10": "Exchange Server 2019",
  "15.2.2562.17": "Exchange Server Subscription Edition",
  "15.20.9115.6": "Exchange Server",
  "16.0.1.1": "Exchange Server",
}

for (const [version, product] of Object.entries(products)) {
  test(`${version} is ${product}`, () => {
    assert.deepEqual(serverOf(version), { product, version })
  })
}

test("a server that does not say its version has no name", () => {
  assert.equal(serverOf(undefined), undefined)
})

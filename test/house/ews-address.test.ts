import assert from "node:assert/strict"
import { join } from "node:path"
import { test } from "node:test"
import { readCrds } from "../../scripts/crd.ts"
import { ManifestCheck } from "./manifest-check.ts"

/** Which addresses the API server takes for those of an Exchange Server. */

const crd = readCrds(join(import.meta.dirname, "../../crds")).find(
  ({ spec }) => spec.names.kind === "ExchangeConnection",
)
assert.ok(crd)
const check = new ManifestCheck(crd)

function refusals(url: string): string {
  const ews = { url, credentials: { basicSecretRef: { name: "svc" } } }
  const spec = { ews, accessPolicy: { domains: ["contoso.com"] } }
  const apiVersion = "calsync.dev/v1alpha1"
  return check.problems({ apiVersion, kind: "ExchangeConnection", metadata: { name: "one" }, spec }).join()
}

for (const url of [
  "https://mail.contoso.com/EWS/Exchange.asmx",
  "https://mail.contoso.com:8443/ews/exchange.ASMX",
  "https://10.1.2.3/EWS/Exchange.asmx",
  "https://[2001:db8::25]/EWS/Exchange.asmx",
  "https://outlook.contoso.com/EWS/Exchange.asmx",
  "https://myoffice.com/EWS/Exchange.asmx",
  "https://outlook.office365.com.contoso.com/EWS/Exchange.asmx",
]) {
  test(`${url} may be a server`, () => {
    assert.equal(refusals(url), "")
  })
}

for (const host of [
  "outlook.office365.com",
  "OUTLOOK.Office.com",
  "outlook.office365.com.",
  "outlook.office365.com:443",
  "outlook.office365.us",
  "outlook-dod.office365.us",
  "webmail.apps.mil",
  "partner.outlook.cn",
  "db7pr01mb0001.eurprd01.prod.outlook.com",
  "outlook.cloud.microsoft",
]) {
  test(`${host} is Exchange Online, and Graph is the way there`, () => {
    assert.match(refusals(`https://${host}/EWS/Exchange.asmx`), /switched off in Exchange Online.*spec\.graph/)
  })
}

for (const url of [
  "http://mail.contoso.com/EWS/Exchange.asmx",
  "https://svc:secret@mail.contoso.com/EWS/Exchange.asmx",
  "https://mail.contoso.com/EWS/Exchange.asmx?wsdl",
  "https://mail.contoso.com/EWS/",
  "https://mail.contoso.com/autodiscover/autodiscover.xml",
  "https:///EWS/Exchange.asmx",
]) {
  test(`${url} is not the address of EWS`, () => {
    assert.match(refusals(url), /must be the https address of EWS itself/)
  })
}

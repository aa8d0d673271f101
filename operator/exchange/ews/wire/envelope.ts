import type { EwsVersion } from "../../../core/exchange-settings.ts"
import { knows } from "./schema-version.ts"
import { childOf, descend, namespaces, type XmlElement } from "./xml-read.ts"
import { element, textElement, writeXml, type XmlNode } from "./xml-write.ts"

/** SOAP 1.1 as EWS speaks it: https://learn.microsoft.com/exchange/client-developer/web-service-reference/ */

type EnvelopeOptions = {
  readonly version: EwsVersion
  /** The mailbox whose owner the account acts as (ApplicationImpersonation). */
  readonly actAs: string | undefined
}

/** Times in answers are UTC. */
export function writeEnvelope(request: XmlNode, { version, actAs }: EnvelopeOptions): string {
  const utc = element("t:TimeZoneDefinition", { Id: "UTC" })
  const header = element(
    "s:Header",
    {},
    element("t:RequestServerVersion", { Version: version }),
    knows(version, "TimeZoneContext") ? element("t:TimeZoneContext", {}, utc) : undefined,
    actAs === undefined ? undefined : impersonation(actAs),
  )
  const { s, m, t } = namespaces
  const root = element(
    "s:Envelope",
    { "xmlns:s": s, "xmlns:m": m, "xmlns:t": t },
    header,
    element("s:Body", {}, request),
  )
  return writeXml(root)
}

function impersonation(address: string): XmlNode {
  const who = element("t:ConnectingSID", {}, textElement("t:PrimarySmtpAddress", address))
  return element("t:ExchangeImpersonation", {}, who)
}

/** What an envelope holds: the operation's response, or the fault that came instead. Faults may keep the version back. */
export type Envelope = { readonly serverVersion: string | undefined } & (
  | { readonly kind: "Response"; readonly response: XmlElement }
  | { readonly kind: "Fault"; readonly fault: XmlElement }
)

/** Undefined when the document is no SOAP envelope with something in it. */
export function readEnvelope(root: XmlElement): Envelope | undefined {
  const body = root.name === "s:Envelope" ? childOf(root, "s:Body") : undefined
  const [inside] = body?.children ?? []
  if (!inside) return undefined
  const said = { serverVersion: serverVersion(root) }
  if (inside.name === "s:Fault") return { ...said, kind: "Fault", fault: inside }
  return { ...said, kind: "Response", response: inside }
}

/** `15.2.1544.9`: 15.1 is 2016; 15.2 is 2019 or Subscription Edition. */
function serverVersion(root: XmlElement): string | undefined {
  const info = descend(root, "s:Header", "t:ServerVersionInfo")?.attributes
  if (!info) return undefined
  const parts = ["MajorVersion", "MinorVersion", "MajorBuildNumber", "MinorBuildNumber"].map(name => info[name] ?? "")
  return parts.every(part => /^\d{1,6}$/.test(part)) ? parts.join(".") : undefined
}

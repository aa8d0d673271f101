import assert from "node:assert/strict"
import { X509Certificate } from "node:crypto"
import type { IncomingMessage, ServerResponse } from "node:http"
import { createServer, type Server } from "node:https"
import type { AddressInfo, Socket } from "node:net"
import type { WireSettings } from "../../../operator/exchange/ews/wire/settings.ts"
import { EwsTransport, type EwsTransportDeps } from "../../../operator/exchange/ews/wire/transport.ts"
import { namespaces, readXml, type XmlElement } from "../../../operator/exchange/ews/wire/xml-read.ts"
import { type Violation, violations } from "../../judges/ews/judge.ts"
import { makeAuthority } from "../../simulators/certificates.ts"
import { hurriedClock } from "../hurried-clock.ts"

export type Seen = { readonly headers: IncomingMessage["headers"]; readonly body: string; readonly socket: Socket }
export type Script = (seen: Seen, response: ServerResponse) => void

export type ScriptedEws = {
  readonly url: string
  readonly caPem: string
  /** Of the server, DER. */
  readonly certificate: Buffer
  readonly seen: Seen[]
  script(answer: Script): void
  transport(settings?: Partial<WireSettings>, deps?: Partial<EwsTransportDeps>): EwsTransport
  close(): Promise<void>
}

/** A server over TLS that says what a test wants. Its name leads nowhere but through `resolveTo`. */
export async function scriptedEws(): Promise<ScriptedEws> {
  const authority = makeAuthority("scripted exchange")
  const { certPem, keyPem } = authority.issue({ hosts: ["mail.contoso.test"] })
  const seen: Seen[] = []
  const forbidden: Violation[] = []
  const opened: EwsTransport[] = []
  let answer: Script = (_seen, response) => xml(response, 200, success("GetFolder", ""))
  const server = createServer({ cert: certPem, key: keyPem }, async (request, response) => {
    let body = ""
    for await (const chunk of request) body += String(chunk)
    if (body !== "" && !body.includes(EMPTY)) forbidden.push(...violations(body))
    const one = { headers: request.headers, body, socket: request.socket }
    seen.push(one)
    answer(one, response)
  })
  const url = `https://mail.contoso.test:${await listening(server)}/EWS/Exchange.asmx`
  return {
    url,
    caPem: authority.caPem,
    certificate: new X509Certificate(certPem).raw,
    seen,
    script: next => {
      answer = next
      seen.length = 0
    },
    transport: (settings, deps) => {
      const transport = new EwsTransport(
        { ...usualDeps, ...deps },
        { ...usualSettings, url, caBundlePem: authority.caPem, ...settings },
      )
      opened.push(transport)
      return transport
    },
    close: async () => {
      await Promise.all(opened.map(transport => transport.close()))
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
      assert.deepEqual(forbidden, [], "requests that the schema of Exchange forbids")
    },
  }
}

/** What tests of the transport send, which are not about what is said. */
const EMPTY = "<m:GetFolder/>"

const usualDeps: EwsTransportDeps = {
  clock: hurriedClock,
  random: () => 0,
  proxy: {},
  mayWrite: () => {},
  observe: () => {},
}

const usualSettings: Omit<WireSettings, "url"> = {
  name: "calendars/contoso",
  resolveTo: "127.0.0.1",
  access: "Impersonation",
  credential: { kind: "basic", username: "svc", password: "pä:ss", domain: "CONTOSO" },
  limits: { concurrencyPerMailbox: 4, requestsPerSecond: 1_000 },
}

export function xml(
  response: ServerResponse,
  status: number,
  body: string,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": "text/xml; charset=utf-8", ...headers })
  response.end(body)
}

/** A response with one message for each payload; `operation` without `Response`. */
export function success(operation: string, ...payloads: readonly string[]): string {
  return messages(
    operation,
    payloads.map(payload => ({ payload })),
  )
}

export type Message = {
  readonly payload?: string
  readonly code?: string
  readonly values?: Readonly<Record<string, string>>
}

export function messages(operation: string, list: readonly Message[]): string {
  const written = list.map(({ payload = "", code = "NoError", values }) => {
    const kind = code === "NoError" ? "Success" : "Error"
    const text = code === "NoError" ? "" : "<m:MessageText>secret words</m:MessageText>"
    const xmlValues = values === undefined ? "" : `<m:MessageXml>${writeValues(values)}</m:MessageXml>`
    return `<m:${operation}ResponseMessage ResponseClass="${kind}">${text}<m:ResponseCode>${code}</m:ResponseCode>${xmlValues}${payload}</m:${operation}ResponseMessage>`
  })
  return envelope(
    `<m:${operation}Response><m:ResponseMessages>${written.join("")}</m:ResponseMessages></m:${operation}Response>`,
  )
}

export function envelope(body: string): string {
  const { s, m, t } = namespaces
  const version = `<h:ServerVersionInfo xmlns:h="${t}" MajorVersion="15" MinorVersion="2" MajorBuildNumber="1544" MinorBuildNumber="9"/>`
  return `<?xml version="1.0"?><s:Envelope xmlns:s="${s}"><s:Header>${version}</s:Header><s:Body xmlns:m="${m}" xmlns:t="${t}">${body}</s:Body></s:Envelope>`
}

export function fault(
  code: string,
  {
    detail = true,
    values = {},
  }: { readonly detail?: boolean; readonly values?: Readonly<Record<string, string>> } = {},
): string {
  const said = `<detail><e:ResponseCode xmlns:e="${namespaces.e}">${code}</e:ResponseCode><t:MessageXml>${writeValues(values)}</t:MessageXml></detail>`
  return envelope(
    `<s:Fault><faultcode xmlns:a="${namespaces.t}">a:${code}</faultcode><faultstring>secret words</faultstring>${detail ? said : ""}</s:Fault>`,
  )
}

/** The operation in a request's body. */
export function requestIn({ body }: Seen): XmlElement {
  const operation = readXml(body).children.find(child => child.name === "s:Body")?.children[0]
  if (!operation) throw new Error("a request without an operation")
  return operation
}

function writeValues(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `<t:Value Name="${name}">${value}</t:Value>`)
    .join("")
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve))
  const address: AddressInfo | string | null = server.address()
  return typeof address === "object" && address ? address.port : 0
}

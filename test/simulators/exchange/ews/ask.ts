import { request } from "undici"
import { anna, type Talk, talk } from "../talk.ts"

/** A bare EWS client for the simulator's own tests: Basic, one service account, hand-written XML. */

export const service = {
  name: "CONTOSO\\svc",
  userPrincipalName: "svc@contoso.example",
  password: "correct-horse",
  impersonates: [anna],
}
export const ben = "ben@contoso.example"

const PROPERTY_SET = "6b7ad3a4-7f65-4f9d-8ce2-5f8f0a9b1c3d"
/** A named property as Graph writes its id, and its path in EWS. */
export const origin = {
  graphId: `String {${PROPERTY_SET}} Name origin`,
  path: `<t:ExtendedFieldURI PropertySetId="${PROPERTY_SET}" PropertyName="origin" PropertyType="String"/>`,
}

export function exchange(): Promise<Talk> {
  return talk({ accounts: [service], mailboxes: [{ address: anna, timeZone: "FLE Standard Time" }, { address: ben }] })
}

export type Asked = {
  /** Whom to act as: anna when absent, nobody when null. */
  readonly as?: string | null
  readonly password?: string
  /** RequestServerVersion; null leaves it out. */
  readonly version?: string | null
  /** Instead of Basic. */
  readonly authorization?: string
  /** Further headers of HTTP. */
  readonly headers?: Readonly<Record<string, string>>
  /** Further blocks of the SOAP header. */
  readonly header?: string
}

export type EwsAnswer = {
  readonly status: number
  readonly text: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** The response code of every message, or of the fault. */
  readonly codes: readonly string[]
}

export async function ask(to: Talk, body: string, asked: Asked = {}): Promise<EwsAnswer> {
  const { password = service.password, authorization = basic(service.name, password) } = asked
  const answer = await request(to.ewsUrl, {
    method: "POST",
    dispatcher: to.dispatcher,
    headers: { authorization, "content-type": "text/xml; charset=utf-8", ...asked.headers },
    body: enveloped(body, asked),
  })
  const text = await answer.body.text()
  const codes = [...text.matchAll(/<[me]:ResponseCode[^>]*>(\w+)/g)].map(([, code = ""]) => code)
  return { status: answer.statusCode, text, headers: answer.headers, codes }
}

export function basic(name: string, password: string): string {
  return `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}`
}

export function enveloped(body: string, { as = anna, version = "Exchange2016", header = "" }: Asked = {}): string {
  const schema = version === null ? "" : `<t:RequestServerVersion Version="${version}"/>`
  const sid = `<t:ConnectingSID><t:PrimarySmtpAddress>${as}</t:PrimarySmtpAddress></t:ConnectingSID>`
  const acting = as === null ? "" : `<t:ExchangeImpersonation>${sid}</t:ExchangeImpersonation>`
  return `<?xml version="1.0"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"
    xmlns="http://schemas.microsoft.com/exchange/services/2006/messages"
    xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"><soap:Header>
    ${schema}${header}${acting}</soap:Header><soap:Body>${body}</soap:Body></soap:Envelope>`
}

/** The default calendar, of whom the request acts as or of somebody named. */
export function getCalendar(mailbox?: string): string {
  const named = mailbox === undefined ? "" : `<t:Mailbox><t:EmailAddress>${mailbox}</t:EmailAddress></t:Mailbox>`
  return `<GetFolder><FolderShape><t:BaseShape>IdOnly</t:BaseShape></FolderShape>
    <FolderIds><t:DistinguishedFolderId Id="calendar">${named}</t:DistinguishedFolderId></FolderIds></GetFolder>`
}

/** Everything there is, our property included. */
export function getItem(id: string): string {
  const paths = `<t:AdditionalProperties><t:FieldURI FieldURI="calendar:UID"/>${origin.path}</t:AdditionalProperties>`
  const shape = `<ItemShape><t:BaseShape>AllProperties</t:BaseShape>${paths}</ItemShape>`
  return `<GetItem>${shape}<ItemIds><t:ItemId Id="${id}"/></ItemIds></GetItem>`
}

export function createItem(inner: string, sending = 'SendMeetingInvitations="SendToNone"'): string {
  return `<CreateItem ${sending}><Items><t:CalendarItem>${inner}</t:CalendarItem></Items></CreateItem>`
}

/** An hour in UTC. */
export const times = "<t:Start>2026-03-10T09:00:00Z</t:Start><t:End>2026-03-10T10:00:00Z</t:End>"

/** The first id in an answer. */
export function idIn({ text }: Pick<EwsAnswer, "text">, element = "ItemId"): string {
  return new RegExp(`<t:${element} Id="([^"]+)"`).exec(text)?.[1] ?? ""
}

/** What a place of an answer says, everywhere it says it. */
export function allIn({ text }: Pick<EwsAnswer, "text">, element: string): readonly string[] {
  return [...text.matchAll(new RegExp(`<(?:\\w+:)?${element}(?: [^>]*)?>([^<]*)<`, "g"))].map(([, value = ""]) => value)
}

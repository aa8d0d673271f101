import { el, type Markup } from "../ews/markup.ts"
import { releaseOf } from "../ews/server-version.ts"
import { childOf, childrenOf, parseXml, textOf } from "../ews/xml.ts"
import type { Reply } from "../graph/call.ts"
import type { Lookup } from "./autodiscover.ts"
import { knownSettings, userSettings } from "./user-settings.ts"
import type { Redirect } from "./users.ts"

/** https://learn.microsoft.com/exchange/client-developer/web-service-reference/getusersettings-operation-soap */

const NAMESPACE = "http://schemas.microsoft.com/exchange/2010/Autodiscover"
const SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
const ADDRESSING = "http://www.w3.org/2005/08/addressing"
const INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"

export function answerSoap(lookup: Lookup, text: string): Reply {
  const message = childOf(childOf(parseXml(text), "Body"), "GetUserSettingsRequestMessage")
  if (message?.namespace !== NAMESPACE) return xml(500, enveloped(lookup, fault()))
  const request = childOf(message, "Request")
  const users = childrenOf(childOf(request, "Users"), "User").map(user => textOf(user, "Mailbox") ?? "")
  const settings = childrenOf(childOf(request, "RequestedSettings"), "Setting").map(({ text: name }) => name.trim())
  const outcome =
    users.length === 0 || settings.length === 0
      ? [...code("InvalidRequest", "The request is invalid."), el("a:UserResponses")]
      : [
          ...code("NoError", ""),
          el(
            "a:UserResponses",
            {},
            users.map(user => answerFor(lookup, user, settings)),
          ),
        ]
  const response = el("a:Response", { "xmlns:i": INSTANCE }, ...outcome)
  return xml(200, enveloped(lookup, el("a:GetUserSettingsResponseMessage", { "xmlns:a": NAMESPACE }, response)))
}

function answerFor(lookup: Lookup, user: string, asked: readonly string[]): Markup {
  const found = lookup.find(user)
  switch (found.kind) {
    case "unknown":
      return userResponse(code("InvalidUser", `Invalid user: '${user}'`))
    case "elsewhere":
      return redirection(found.redirect)
    case "here": {
      const { version } = lookup.server.settings
      const known = userSettings(found.mailbox, { origin: lookup.origin, version })
      const [errors, settings] = [asked.filter(name => !known.has(name)), asked.filter(name => known.has(name))]
      return userResponse(code("NoError", "No error."), { errors, settings, known })
    }
    default:
      return found satisfies never
  }
}

function redirection(redirect: Redirect): Markup {
  return "address" in redirect
    ? userResponse(code("RedirectAddress", "Redirection address."), { target: redirect.address })
    : userResponse(code("RedirectUrl", "Redirection URL."), { target: redirect.url })
}

function userResponse(
  outcome: readonly Markup[],
  given: {
    readonly target?: string
    readonly errors?: readonly string[]
    readonly settings?: readonly string[]
    readonly known?: ReadonlyMap<string, string>
  } = {},
): Markup {
  const { target, errors = [], settings = [], known } = given
  return el(
    "a:UserResponse",
    {},
    outcome,
    el("a:RedirectTarget", target === undefined ? { "i:nil": true } : {}, target),
    el("a:UserSettingErrors", {}, errors.map(settingError)),
    el(
      "a:UserSettings",
      {},
      settings.map(name => setting(name, known?.get(name))),
    ),
  )
}

function setting(name: string, value: string | undefined): Markup {
  return el("a:UserSetting", { "i:type": "a:StringSetting" }, el("a:Name", {}, name), el("a:Value", {}, value))
}

function settingError(name: string): Markup {
  const outcome = knownSettings.has(name)
    ? code("SettingIsNotAvailable", `Setting '${name}' is not available.`)
    : code("InvalidSetting", `Invalid setting: '${name}'`)
  return el("a:UserSettingError", {}, outcome, el("a:SettingName", {}, name))
}

function code(name: string, message: string): readonly Markup[] {
  return [el("a:ErrorCode", {}, name), el("a:ErrorMessage", {}, message)]
}

function fault(): Markup {
  return el("s:Fault", {}, el("faultcode", {}, "s:Client"), el("faultstring", {}, "The message cannot be understood."))
}

function enveloped({ server }: Lookup, body: Markup): Markup {
  const { build, schema } = releaseOf(server.settings.version)
  const [major, minor, number] = build
  const info = el(
    "h:ServerVersionInfo",
    { "xmlns:h": NAMESPACE },
    el("h:MajorVersion", {}, major),
    el("h:MinorVersion", {}, minor),
    el("h:MajorBuildNumber", {}, number),
    el("h:MinorBuildNumber", {}, 10),
    el("h:Version", {}, schema),
  )
  const action = el("w:Action", { "s:mustUnderstand": 1 }, `${NAMESPACE}/Autodiscover/GetUserSettingsResponse`)
  return el(
    "s:Envelope",
    { "xmlns:s": SOAP, "xmlns:w": ADDRESSING },
    el("s:Header", {}, action, info),
    el("s:Body", {}, body),
  )
}

function xml(status: number, { markup }: Markup): Reply {
  return { status, headers: { "content-type": "text/xml; charset=utf-8" }, body: markup }
}

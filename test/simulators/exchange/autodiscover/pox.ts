import { el, type Markup } from "../ews/markup.ts"
import { childOf, parseXml, textOf } from "../ews/xml.ts"
import type { Reply } from "../graph/call.ts"
import type { Mailbox } from "../store/mailbox.ts"
import type { Lookup } from "./autodiscover.ts"
import { legacyDn } from "./user-settings.ts"
import type { Redirect } from "./users.ts"

/** https://learn.microsoft.com/openspecs/exchange_server_protocols/ms-oxdscli/ (2.2.3, 2.2.4) */

const REQUEST = "http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"
const ENVELOPE = "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"
const RESPONSE = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"

/** Errors come with 200 as well. */
export function answerPox(lookup: Lookup, text: string): Reply {
  const root = parseXml(text)
  const request = childOf(root, "Request")
  const address = textOf(request, "EMailAddress")
  if (root?.name !== "Autodiscover" || root.namespace !== REQUEST || !address) return failed(600, "Invalid Request")
  if (textOf(request, "AcceptableResponseSchema") !== RESPONSE) return failed(601, "Provider is not available")
  const found = lookup.find(address)
  switch (found.kind) {
    case "unknown":
      return failed(500, "The email address can't be found.")
    case "elsewhere":
      return answered(el("Account", {}, redirection(found.redirect)))
    case "here":
      return answered(userOf(found.mailbox), accountAt(lookup.origin))
    default:
      return found satisfies never
  }
}

function redirection(redirect: Redirect): readonly Markup[] {
  return "address" in redirect
    ? [el("Action", {}, "redirectAddr"), el("RedirectAddr", {}, redirect.address)]
    : [el("Action", {}, "redirectUrl"), el("RedirectUrl", {}, redirect.url)]
}

function userOf({ address, displayName, id }: Mailbox): Markup {
  return el(
    "User",
    {},
    el("DisplayName", {}, displayName),
    el("LegacyDN", {}, legacyDn(address)),
    el("AutoDiscoverSMTPAddress", {}, address),
    el("DeploymentId", {}, id),
  )
}

function accountAt(origin: string): Markup {
  const { hostname } = new URL(origin)
  const urls = ["ASUrl", "EwsUrl"].map(name => el(name, {}, `${origin}/EWS/Exchange.asmx`))
  const protocols = ["EXCH", "EXPR"].map(type =>
    el("Protocol", {}, el("Type", {}, type), el("Server", {}, hostname), urls),
  )
  return el(
    "Account",
    {},
    el("AccountType", {}, "email"),
    el("Action", {}, "settings"),
    el("MicrosoftOnline", {}, "False"),
    protocols,
  )
}

function answered(...content: readonly Markup[]): Reply {
  return xml(el("Autodiscover", { xmlns: ENVELOPE }, el("Response", { xmlns: RESPONSE }, ...content)))
}

function failed(code: number, message: string): Reply {
  const error = el("ErrorCode", {}, code)
  const content = el("Error", { Time: "12:00:00.0000000", Id: 1 }, error, el("Message", {}, message), el("DebugData"))
  return xml(el("Autodiscover", { xmlns: ENVELOPE }, el("Response", {}, content)))
}

function xml({ markup }: Markup): Reply {
  const headers = { "content-type": "text/xml; charset=utf-8" }
  return { status: 200, headers, body: `<?xml version="1.0" encoding="utf-8"?>${markup}` }
}

import type { WireCredential } from "./settings.ts"

/** What is known of an answer that is not SOAP: the web server in front of EWS said it, or a proxy. */
export type Refusal = {
  readonly credential: WireCredential["kind"]
  /** What a 401 offers: names of schemes. */
  readonly schemes: readonly string[]
  /** What Exchange says of a token it refuses, in a word: `invalid_signature`. */
  readonly tokenTrouble?: string
}

export function readRefusal(headers: Headers, credential: WireCredential["kind"]): Refusal {
  const tokenTrouble = /error_category="([a-z_]{1,40})"/.exec(headers.get("x-ms-diagnostics") ?? "")?.[1]
  return { credential, schemes: schemesIn(headers), ...(tokenTrouble !== undefined && { tokenTrouble }) }
}

/** The reason, and the text with what usually causes it. */
export function refusalOf(status: number, refusal: Refusal): { readonly reason: string; readonly text: string } {
  if (status === 401) return loginRefused(refusal)
  const text = status === 403 ? switchedOff : status >= 300 && status < 400 ? redirected : notThere
  return { reason: "UnsupportedServer", text }
}

/** A way to log in that is offered, and a credential that is not accepted. */
export function isLoginRefused(status: number, refusal: Refusal): boolean {
  return status === 401 && loginRefused(refusal).reason === "InvalidClient"
}

const switchedOff =
  "EWS is switched off here: in Exchange Online for good, where Graph is the way; on a server by EwsEnabled or its lists of applications"
const redirected =
  "it sends elsewhere, as a page to log in does: that of Outlook on the web, or of a proxy which must let /EWS/ through"
const notThere = "there is no EWS at this address; it must be that of /EWS/Exchange.asmx itself"

function loginRefused({ credential, schemes, tokenTrouble }: Refusal): ReturnType<typeof refusalOf> {
  const { names, missing, refused } = logins[credential]
  const offered = schemes.length > 0 ? `it offers ${schemes.join(", ")}` : "it offers no way to log in"
  if (schemes.length > 0 && !schemes.some(scheme => names.includes(scheme.toLowerCase()))) {
    return { reason: "UnsupportedServer", text: `${missing}; ${offered}` }
  }
  const told = tokenTrouble === undefined ? "" : `, it says ${tokenTrouble}`
  return { reason: "InvalidClient", text: `${refused}${told}; ${offered}` }
}

type Login = {
  /** Schemes that will do. */
  readonly names: readonly string[]
  readonly missing: string
  readonly refused: string
}

const wrongAccount =
  "Exchange does not accept the account: wrong name, domain or password, or it is locked, disabled, or its password has expired"

const logins: Readonly<Record<WireCredential["kind"], Login>> = {
  basic: {
    names: ["basic"],
    missing: "Exchange does not offer Basic: it is off on the virtual directory of EWS, as it is by default",
    refused: wrongAccount,
  },
  ntlm: {
    names: ["ntlm", "negotiate"],
    missing: "Exchange does not offer NTLM: Windows authentication is off on the virtual directory of EWS",
    refused: `${wrongAccount}; or Extended Protection is on and what stands between here and Exchange ends TLS`,
  },
  oauth: {
    names: ["bearer"],
    missing: "Exchange does not offer Bearer: OAuth is off on the virtual directory of EWS",
    refused:
      "Exchange does not accept the token: hybrid modern authentication is not set up for this address, or the application lacks full_access_as_app",
  },
}

/** Names only: what a scheme says beside its name may be anything. */
function schemesIn(headers: Headers): readonly string[] {
  const offered = (headers.get("www-authenticate") ?? "").replaceAll(/"[^"]*("|$)/g, "")
  const names = offered.split(",").flatMap(one => /^\s*([A-Za-z]{2,20})(?:\s|$)/.exec(one)?.[1] ?? [])
  return [...new Set(names)].slice(0, mostSchemes)
}

/** There are hardly more. */
const mostSchemes = 6

import { createHash, randomBytes } from "node:crypto"
import type { IncomingHttpHeaders } from "node:http"
import type { AccountSeed } from "../ews/accounts.ts"
import type { Headers } from "./front-door.ts"

/**
 * Which back end serves a request, and the cookies that keep it so: the one that has the mailbox, unless the client
 * prefers the one its cookie names.
 * https://learn.microsoft.com/exchange/client-developer/exchange-web-services/how-to-maintain-affinity-between-group-of-subscriptions-and-mailbox-server
 */
export function affinity(headers: IncomingHttpHeaders, account: AccountSeed, backEnds: readonly string[]): Headers {
  const cookies = cookiesIn(headers.cookie)
  const named = textOfBackEnd(cookies.get("X-BackEndOverrideCookie") ?? cookies.get("X-BackEndCookie"))
  const anchor = headers["x-anchormailbox"]
  const kept = headers["x-preferserveraffinity"] === "true" && backEnds.includes(named) ? named : undefined
  const backEnd = kept ?? homeOf(typeof anchor === "string" ? anchor : account.name, backEnds)
  const session = cookies.has("exchangecookie") ? [] : [`exchangecookie=${randomBytes(16).toString("hex")}`]
  return {
    "x-beserver": backEnd,
    "set-cookie": [
      ...session.map(cookie => `${cookie}; path=/; secure; HttpOnly`),
      `X-BackEndCookie=${cookieOfBackEnd(backEnd)}; path=/EWS; secure; HttpOnly`,
    ],
  }
}

function homeOf(mailbox: string, backEnds: readonly string[]): string {
  const at = createHash("md5").update(mailbox.toLowerCase()).digest().readUInt32LE() % backEnds.length
  return backEnds[at] ?? "EX01"
}

/** Nothing in it is for clients to read. */
function cookieOfBackEnd(name: string): string {
  return Buffer.from(name, "utf8").toString("base64url")
}

function textOfBackEnd(cookie: string | undefined): string {
  return Buffer.from(cookie ?? "", "base64url").toString("utf8")
}

function cookiesIn(header: string | undefined): ReadonlyMap<string, string> {
  const pairs = (header ?? "").split(";").map(pair => pair.trim().split("="))
  return new Map(pairs.map(([name = "", ...value]) => [name, value.join("=")]))
}

import { randomBytes, timingSafeEqual } from "node:crypto"
import type { Socket } from "node:net"
import type { AccountSeed, Accounts } from "../ews/accounts.ts"
import type { BearerLogin } from "./bearer-login.ts"
import {
  type ExtendedProtection,
  firstSignature,
  type LoginRefusal,
  NtlmLogin,
  type NtlmRules,
  type NtlmVerdict,
} from "./ntlm-login.ts"
import { typeOf } from "./ntlm-messages.ts"
import { type NegotiationToken, readNegotiation, writeNegotiation } from "./spnego.ts"

/** The logins of IIS: Basic and Bearer with every request, NTLM and Negotiate once for a connection until it closes. */

export type Scheme = "Negotiate" | "NTLM" | "Basic" | "Bearer"

export type DoorRules = {
  readonly schemes: readonly Scheme[]
  readonly protection: ExtendedProtection
  /** The channel binding of the certificate IIS has, which is not the client's behind a proxy that ends TLS. */
  readonly binding: Buffer
}

export type Knock = {
  readonly socket: Socket
  readonly authorization: string | undefined
  /** Where the request goes, for bearer tokens. */
  readonly url: string
}

export type Headers = Readonly<Record<string, string | readonly string[]>>

export type Admission =
  | { readonly kind: "admitted"; readonly account: AccountSeed; readonly headers: Headers }
  | { readonly kind: "refused"; readonly headers: Headers; readonly why: LoginRefusal | undefined }

/** What a connection has come to. */
type Progress = { readonly login: NtlmLogin; readonly mechanisms?: Buffer } | { readonly account: AccountSeed }

type Parts = { readonly accounts: Accounts; readonly bearer: BearerLogin; readonly now: () => number }

export class FrontDoor {
  readonly #parts: Parts
  readonly #connections = new WeakMap<Socket, Progress>()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  admit(knock: Knock, rules: DoorRules): Admission {
    const [, scheme = "", credentials = ""] = /^(\S+) *(.*)$/s.exec(knock.authorization ?? "") ?? []
    const known = rules.schemes.find(name => name.toLowerCase() === scheme.toLowerCase())
    switch (known) {
      case undefined:
        return this.#withoutCredentials(knock, rules)
      case "Basic":
        return this.#basic(credentials, rules)
      case "Bearer":
        return this.#bearer(credentials, knock, rules)
      case "NTLM":
      case "Negotiate":
        return this.#handshake(known, knock, { rules, token: Buffer.from(credentials, "base64") })
      default:
        return known satisfies never
    }
  }

  #withoutCredentials({ socket, authorization }: Knock, rules: DoorRules): Admission {
    const progress = this.#connections.get(socket)
    if (authorization === undefined && progress && "account" in progress) return admitted(progress.account)
    return this.#refused(rules, undefined)
  }

  #basic(credentials: string, rules: DoorRules): Admission {
    const text = Buffer.from(credentials, "base64").toString("utf8")
    const [, name = "", password = ""] = /^([^:]*):(.*)$/s.exec(text) ?? []
    const account = this.#parts.accounts.named(name)
    if (!account) return this.#refused(rules, "unknownAccount")
    if (account.disabled || !sameText(account.password, password)) return this.#refused(rules, "wrongPassword")
    return admitted(account)
  }

  #bearer(token: string, { url }: Knock, rules: DoorRules): Admission {
    const verdict = this.#parts.bearer.check(token, url)
    if ("account" in verdict) return admitted(verdict.account)
    return this.#refused(rules, verdict.refusal, { "x-ms-diagnostics": verdict.diagnostics })
  }

  #handshake(
    scheme: "NTLM" | "Negotiate",
    { socket }: Knock,
    { rules, token }: { readonly rules: DoorRules; readonly token: Buffer },
  ): Admission {
    const raw = typeOf(token) !== undefined
    const wrapped = raw || scheme === "NTLM" ? undefined : readNegotiation(token)
    const message = raw ? token : wrapped?.token
    if (message && typeOf(message) === 3) return this.#finish(socket, rules, { scheme, message, wrapped })
    this.#connections.delete(socket)
    if (wrapped && !wrapped.ntlmFirst) return this.#insistOnNtlm(rules, wrapped)
    const login = message && NtlmLogin.begin(message, { nowMs: this.#parts.now(), challenge: randomBytes(8) })
    if (!login) return this.#refused(rules, "malformed")
    this.#connections.set(socket, {
      login,
      ...(wrapped?.mechanisms === undefined ? {} : { mechanisms: wrapped.mechanisms }),
    })
    const answer = wrapped
      ? writeNegotiation({ state: "incomplete", naming: wrapped.mechanisms !== undefined, token: login.answer })
      : login.answer
    return { kind: "refused", headers: challenge(scheme, answer), why: undefined }
  }

  /** There is no Kerberos here: a client that likes it best is asked for the other mechanism it has. */
  #insistOnNtlm(rules: DoorRules, { offersNtlm }: NegotiationToken): Admission {
    if (!offersNtlm) return this.#refused(rules, "malformed")
    const answer = writeNegotiation({ state: "requestSignature", naming: true })
    return { kind: "refused", headers: challenge("Negotiate", answer), why: undefined }
  }

  #finish(
    socket: Socket,
    rules: DoorRules,
    given: {
      readonly scheme: "NTLM" | "Negotiate"
      readonly message: Buffer
      readonly wrapped: NegotiationToken | undefined
    },
  ): Admission {
    const progress = this.#connections.get(socket)
    this.#connections.delete(socket)
    if (!progress || !("login" in progress)) return this.#refused(rules, "noHandshake")
    const ntlmRules: NtlmRules = { accounts: this.#parts.accounts, ...rules }
    const verdict = progress.login.finish(given.message, ntlmRules)
    if ("refusal" in verdict) return this.#refused(rules, verdict.refusal)
    if (verdict.account.disabled) return this.#refused(rules, "wrongPassword")
    const last = given.wrapped && lastToken(given.wrapped, progress.mechanisms, verdict)
    if (last === "forged") return this.#refused(rules, "integrity")
    this.#connections.set(socket, { account: verdict.account })
    return admitted(verdict.account, { "persistent-auth": "true", ...(last ? challenge(given.scheme, last) : {}) })
  }

  #refused(rules: DoorRules, why: LoginRefusal | undefined, more: Headers = {}): Admission {
    const offered = rules.schemes.map(scheme => {
      switch (scheme) {
        case "Basic":
          return 'Basic realm="ex01.contoso.example"'
        case "Bearer":
          return this.#parts.bearer.challenge
        default:
          return scheme
      }
    })
    return { kind: "refused", headers: { "www-authenticate": offered, ...more }, why }
  }
}

/** SPNEGO's last word, with a signature of the mechanisms if the client signed them. */
function lastToken(
  { signature }: NegotiationToken,
  mechanisms: Buffer | undefined,
  session: Extract<NtlmVerdict, { account: AccountSeed }>,
): Buffer | "forged" {
  if (!signature || !mechanisms) return writeNegotiation({ state: "completed", naming: false })
  if (!firstSignature(session, "client-to-server", mechanisms).equals(signature)) return "forged"
  const own = firstSignature(session, "server-to-client", mechanisms)
  return writeNegotiation({ state: "completed", naming: false, signature: own })
}

function admitted(account: AccountSeed, headers: Headers = {}): Admission {
  return { kind: "admitted", account, headers }
}

function challenge(scheme: string, token: Buffer): Headers {
  return { "www-authenticate": `${scheme} ${token.toString("base64")}` }
}

function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}

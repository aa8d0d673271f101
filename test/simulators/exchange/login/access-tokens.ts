import { createHmac, randomBytes } from "node:crypto"
import type { VirtualClock } from "../store/clock.ts"
import { numberAt, parseJson, textAt, textsAt } from "../store/json.ts"

/** Bearer tokens: signed JWTs whose life runs on the virtual clock. Clients must treat them as opaque. */

export const TOKEN_SECONDS = 3599

export type TokenClaims = { readonly appId: string; readonly tenantId: string; readonly roles: readonly string[] }
export type TokenVerdict =
  | { readonly ok: true; readonly claims: TokenClaims & { readonly audience: string } }
  | { readonly ok: false; readonly why: string }

type KnownToken = TokenClaims & { readonly audience: string; readonly expiresMs: number }

export class AccessTokens {
  readonly #clock: VirtualClock
  #key = randomBytes(32)
  readonly #known = new Map<string, KnownToken>()

  constructor(clock: VirtualClock) {
    this.#clock = clock
  }

  issue(claims: TokenClaims & { readonly audience: string; readonly issuer: string }): string {
    const seconds = Math.floor(this.#clock.now() / 1000)
    const head = part({ typ: "JWT", alg: "HS256", kid: "simulator" })
    const body = part({
      aud: claims.audience,
      iss: claims.issuer,
      iat: seconds,
      nbf: seconds,
      exp: seconds + TOKEN_SECONDS,
      appid: claims.appId,
      idtyp: "app",
      // Rights that RBAC for Applications grants are not in the token, so there may be none.
      ...(claims.roles.length > 0 ? { roles: claims.roles } : {}),
      tid: claims.tenantId,
      uti: randomBytes(16).toString("base64url"),
      ver: "1.0",
    })
    return `${head}.${body}.${this.#sign(`${head}.${body}`)}`
  }

  /** Every token given out so far stops working. */
  revokeAll(): void {
    this.#known.clear()
    this.#key = randomBytes(32)
  }

  check(token: string): TokenVerdict {
    const known = this.#known.get(token)
    if (known) return this.#alive(known)
    const [head = "", body = "", signature = ""] = token.split(".")
    if (signature === "" || signature !== this.#sign(`${head}.${body}`))
      return { ok: false, why: "IDX14100: JWT is not well formed or its signature is invalid." }
    const claims = parseJson(Buffer.from(body, "base64url").toString("utf8"))
    const read = {
      appId: textAt(claims, "appid") ?? "",
      tenantId: textAt(claims, "tid") ?? "",
      roles: textsAt(claims, "roles"),
      audience: textAt(claims, "aud") ?? "",
      expiresMs: (numberAt(claims, "exp") ?? 0) * 1000,
    }
    this.#known.set(token, read)
    return this.#alive(read)
  }

  #alive(claims: KnownToken): TokenVerdict {
    if (this.#clock.now() >= claims.expiresMs)
      return { ok: false, why: "Lifetime validation failed, the token is expired." }
    return { ok: true, claims }
  }

  #sign(text: string): string {
    return createHmac("sha256", this.#key).update(text).digest("base64url")
  }
}

function part(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url")
}

import type { AccountSeed } from "../ews/accounts.ts"
import type { AccessTokens } from "../login/access-tokens.ts"
import type { LoginRefusal } from "./ntlm-login.ts"

/**
 * Tokens of a hybrid organisation's apps.
 * https://learn.microsoft.com/exchange/client-developer/exchange-web-services/how-to-authenticate-an-ews-application-by-using-oauth
 */

export type BearerVerdict =
  | { readonly account: AccountSeed }
  | { readonly refusal: LoginRefusal; readonly diagnostics: string }

const APP_ROLE = "full_access_as_app"

export class BearerLogin {
  readonly #tokens: AccessTokens
  readonly #tenantId: string

  constructor(tokens: AccessTokens, tenantId: string) {
    this.#tokens = tokens
    this.#tenantId = tenantId
  }

  /** What a 401 says of the scheme: Exchange's own app id, and who it believes. */
  get challenge(): string {
    const issuers = `00000001-0000-0000-c000-000000000000@${this.#tenantId}`
    return `Bearer client_id="00000002-0000-0ff1-ce00-000000000000", trusted_issuers="${issuers}", token_types="app_asserted_user_v1 service_asserted_app_v1", authorization_uri="https://login.windows.net/common/oauth2/authorize"`
  }

  check(token: string, url: string): BearerVerdict {
    const verdict = this.#tokens.check(token)
    if (!verdict.ok)
      return refused(
        "badToken",
        `2000005;reason="The token has an invalid signature or is expired.";error_category="invalid_token"`,
      )
    const { audience, roles, appId } = verdict.claims
    if (audience.replace(/\/+$/, "").toLowerCase() !== new URL(url).origin)
      return refused(
        "wrongAudience",
        `2000003;reason="The audience claim value is invalid for current resource. Audience claim is '${audience}', request url is '${url}' and resource type is 'Exchange'.";error_category="invalid_resource"`,
      )
    if (!roles.includes(APP_ROLE))
      return refused(
        "noPermission",
        `2000008;reason="The token contains no permissions, or permissions can not be understood.";error_category="invalid_grant"`,
      )
    return { account: { name: appId, password: "", isApp: true, impersonates: "everything" } }
  }
}

function refused(refusal: LoginRefusal, diagnostics: string): BearerVerdict {
  return { refusal, diagnostics }
}

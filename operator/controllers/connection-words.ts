import type { ExchangeBackend } from "../resources/exchange-backend.ts"

/** What a proof came to, in the words of those who look after that kind of Exchange. */
export type ConnectionWords = {
  readonly accepted: { readonly reason: "TokenAcquired" | "Authenticated"; readonly message: string }
  /** What to do when the denied mailbox can be reached. */
  readonly tooWide: string
  /** What to do when the allowed mailbox is refused. */
  readonly refused: string
}

export function wordsFor(backend: ExchangeBackend): ConnectionWords {
  if (backend.kind === "graph") return graphWords
  const message =
    backend.credential.kind === "oauth"
      ? "Exchange Server accepts the token of Entra ID"
      : "Exchange Server accepts the account"
  const rights = backend.access === "Impersonation" ? impersonationWords : delegateWords
  return { accepted: { reason: "Authenticated", message }, ...rights }
}

const graphWords: ConnectionWords = {
  accepted: { reason: "TokenAcquired", message: "Entra ID issued a token" },
  tooWide:
    "limit the application in Exchange (RBAC for Applications) and remove its tenant-wide consent, which adds to every scope",
  refused: "grant the application access to it; a new grant can take two hours to be in force",
}

/** https://learn.microsoft.com/exchange/client-developer/exchange-web-services/how-to-configure-impersonation */
const impersonationWords = {
  tooWide:
    "limit the account's ApplicationImpersonation with a management scope (CustomRecipientWriteScope) that does not hold it, and remove assignments without one, which add to every scope",
  refused:
    "assign the account the role ApplicationImpersonation over a management scope that holds it; a new assignment can take a while to be in force",
}

const delegateWords = {
  tooWide: "take the account's rights on it and on its calendar back, also those it has through groups",
  refused: "give the account full access to it, or the rights of an Editor on its calendar",
}

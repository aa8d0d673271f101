import { responses } from "./envelope.ts"
import { EwsError } from "./ews-error.ts"
import { el, type Markup } from "./markup.ts"
import type { Session } from "./session.ts"
import { textOf, type XmlElement } from "./xml.ts"

/** https://learn.microsoft.com/exchange/client-developer/web-service-reference/resolvenames-operation */
export function resolveNames(session: Session, request: XmlElement): Markup {
  const asked = (textOf(request, "UnresolvedEntry") ?? "").toLowerCase().replace(/^smtp:/, "")
  return responses("ResolveNames", [asked], name => {
    const found = session.store.mailboxes.filter(
      ({ address, displayName, aliases, state }) =>
        name !== "" &&
        state !== "missing" &&
        [address, displayName, ...aliases].some(text => text.toLowerCase().startsWith(name)),
    )
    if (found.length === 0) throw new EwsError("ErrorNameResolutionNoResults", "No results were found.")
    const attributes = { TotalItemsInView: found.length, IncludesLastItemInRange: true }
    return [el("m:ResolutionSet", attributes, found.map(resolution))]
  })
}

function resolution({ address, displayName }: { readonly address: string; readonly displayName: string }): Markup {
  const mailbox = [
    el("t:Name", {}, displayName),
    el("t:EmailAddress", {}, address),
    el("t:RoutingType", {}, "SMTP"),
    el("t:MailboxType", {}, "Mailbox"),
  ]
  return el("t:Resolution", {}, el("t:Mailbox", {}, mailbox))
}

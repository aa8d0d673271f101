import type { ExchangeServer } from "../iis/server-settings.ts"
import { type Mailbox, onServer } from "../store/mailbox.ts"
import type { Store } from "../store/store.ts"

/** Where Autodiscover sends a person on to: another address of theirs, or another server. */
export type Redirect = { readonly address: string } | { readonly url: string }

export type Found =
  | { readonly kind: "here"; readonly mailbox: Mailbox }
  | { readonly kind: "elsewhere"; readonly redirect: Redirect }
  | { readonly kind: "unknown" }

/** The remote routing domain of a hybrid organisation. */
const CLOUD_DOMAIN = "contoso.mail.onmicrosoft.example"

/** What is set for the address or its domain goes first; a migrated mailbox has its address in the cloud. */
export function findUser(store: Store, server: ExchangeServer, address: string): Found {
  const wanted = address.toLowerCase()
  const { redirects } = server.settings
  const redirect = redirects[wanted] ?? redirects[wanted.slice(wanted.indexOf("@"))]
  if (redirect) return { kind: "elsewhere", redirect }
  const mailbox = store.findMailbox(wanted)
  if (mailbox?.state === "migrated") {
    const cloudAddress = mailbox.address.replace(/@.*$/, `@${CLOUD_DOMAIN}`)
    return { kind: "elsewhere", redirect: { address: cloudAddress } }
  }
  return mailbox && onServer(mailbox) ? { kind: "here", mailbox } : { kind: "unknown" }
}

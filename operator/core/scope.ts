import { domainToASCII } from "node:url"

/** Which mailboxes a connection may touch. Deny by default: what is matched by nothing is never touched. */
export type AccessPolicy = {
  /** Exact domains; a subdomain is another domain. */
  readonly domains?: readonly string[] | undefined
  readonly mailboxes?: readonly string[] | undefined
  /** Wins over everything. */
  readonly except?: readonly string[] | undefined
}

export type ScopeDecision =
  | { readonly allowed: true; readonly by: "Domain" | "Mailbox" }
  | { readonly allowed: false; readonly reason: "NotAnAddress" | "Excepted" | "NotListed"; readonly message: string }

/** Whether the connection may touch this mailbox, and if not, why not. */
export function decideScope(policy: AccessPolicy, address: string): ScopeDecision {
  const mailbox = normalAddress(address)
  if (!mailbox) return denied("NotAnAddress", "this is not an e-mail address")
  const isListed = (addresses: readonly string[] | undefined) =>
    (addresses ?? []).some(listed => normalAddress(listed) === mailbox)
  if (isListed(policy.except)) return denied("Excepted", "the connection's accessPolicy.except names this mailbox")
  if (isListed(policy.mailboxes)) return { allowed: true, by: "Mailbox" }
  const domain = mailbox.slice(mailbox.lastIndexOf("@") + 1)
  if ((policy.domains ?? []).some(listed => normalDomain(listed) === domain)) return { allowed: true, by: "Domain" }
  return denied("NotListed", "no domain or mailbox of the connection's accessPolicy matches this mailbox")
}

/** The address in the form all comparisons use, or undefined when it is none. */
export function normalAddress(address: string): string | undefined {
  const match = /^([^@\s"<>()[\],;:\\]+)@([^@\s]+)$/.exec(address.trim())
  const domain = match?.[2] && normalDomain(match[2])
  // Only ASCII letters change their case, and nothing is normalized: either would turn a Kelvin sign into a k, and another
  // person's address into this one.
  const local = match?.[1]?.replace(/[A-Z]/g, letter => letter.toLowerCase())
  return local && domain ? `${local}@${domain}` : undefined
}

function normalDomain(domain: string): string | undefined {
  const ascii = domainToASCII(domain.trim())
  return /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(ascii) ? ascii : undefined
}

function denied(reason: "NotAnAddress" | "Excepted" | "NotListed", message: string): ScopeDecision {
  return { allowed: false, reason, message }
}

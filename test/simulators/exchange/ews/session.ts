import type { Directory } from "../directory/directory.ts"
import { type Mailbox, onServer } from "../store/mailbox.ts"
import type { Store } from "../store/store.ts"
import { findZone, utc, type Zone } from "../store/time-zones.ts"
import { type AccountSeed, mayChange, mayImpersonate, mayLook } from "./accounts.ts"
import { EwsError, EwsFault, EwsForbidden } from "./ews-error.ts"
import type { OutOfOffice } from "./out-of-office.ts"
import { accepts, type ServerVersion, unversioned } from "./server-version.ts"
import type { EwsSubscriptions } from "./subscriptions.ts"
import { childOf, childrenOf, textOf, type XmlElement } from "./xml.ts"
import { messageXml } from "./xml-reply.ts"

/** One request's caller: who logged in, whom it acts as, and the zone it speaks in. */
export type Session = {
  readonly store: Store
  readonly account: AccountSeed
  /** Whose mailbox is meant when a request names none; the impersonated person's under impersonation. */
  readonly self: Mailbox | undefined
  readonly impersonating: boolean
  /** TimeZoneContext; UTC without one. */
  readonly zone: Zone
  readonly outOfOffice: OutOfOffice
  readonly subscriptions: EwsSubscriptions
  /** Who there is beside mailboxes: distribution groups. */
  readonly directory: Directory
}

const headerBlocks = ["RequestServerVersion", "TimeZoneContext", "ExchangeImpersonation", "MailboxCulture"]

/** The schema a request is to be validated against; throws the fault for one this server does not have. */
export function requestedSchema(header: XmlElement | undefined, version: ServerVersion): string {
  for (const name of headerBlocks)
    if (childrenOf(header, name).length > 1)
      throw new EwsFault("ErrorDuplicateSOAPHeader", "The SOAP header contains duplicate elements.")
  const requested = childOf(header, "RequestServerVersion")?.attributes["Version"] ?? unversioned(version)
  if (!accepts(version, requested))
    throw new EwsFault("ErrorInvalidServerVersion", "The specified server version is invalid.")
  return requested
}

/** What the SOAP header of a request says of the caller; throws the faults that refuse it. */
export function openSession(
  header: XmlElement | undefined,
  given: Omit<Session, "self" | "impersonating" | "zone"> & { readonly version: ServerVersion },
): Session {
  const impersonated = impersonatedMailbox(childOf(header, "ExchangeImpersonation"), given)
  const own = given.account.mailbox === undefined ? undefined : given.store.findMailbox(given.account.mailbox)
  const impersonating = impersonated !== undefined
  return { ...given, self: impersonated ?? own, impersonating, zone: zoneIn(header) }
}

function zoneIn(header: XmlElement | undefined): Zone {
  const id = childOf(childOf(header, "TimeZoneContext"), "TimeZoneDefinition")?.attributes["Id"]
  return id === undefined ? utc : windowsZone(id, message => new EwsFault("ErrorTimeZone", message))
}

/** Exchange Server knows zones by their Windows ids only. */
export function windowsZone(id: string, failure: (message: string) => Error): Zone {
  const zone = findZone(id)
  if (zone && zone.name.toLowerCase() === id.toLowerCase()) return zone
  throw failure("The time zone is not valid.")
}

const sidNames = ["PrincipalName", "PrimarySmtpAddress", "SmtpAddress", "SID"] as const

function impersonatedMailbox(
  block: XmlElement | undefined,
  { store, account, version }: Pick<Session, "store" | "account"> & { readonly version: ServerVersion },
): Mailbox | undefined {
  if (!block && account.isApp)
    throw new EwsFault(
      "ErrorInvalidExchangeImpersonationHeaderData",
      "ExchangeImpersonation SOAP header must be present for this type of OAuth token.",
    )
  if (!block) return undefined
  // Exchange 2007 has a right at the server before those at mailboxes.
  if (version === "8" && account.impersonates === undefined)
    throw new EwsFault(
      "ErrorImpersonationDenied",
      "The account does not have permission to impersonate users on this server.",
    )
  const sid = childOf(block, "ConnectingSID")
  const kind = sidNames.find(name => childOf(sid, name) !== undefined)
  const name = kind === undefined ? "" : (textOf(sid, kind) ?? "")
  if (kind === undefined || name === "")
    throw new EwsFault("ErrorInvalidExchangeImpersonationHeaderData", "The impersonation header is not valid.")
  if (kind === "PrincipalName" && !name.includes("@"))
    throw new EwsFault("ErrorInvalidUserPrincipalName", "The user principal name (UPN) format is not valid.")
  const mailbox = store.findMailbox(name)
  if (!mailbox || !onServer(mailbox)) throw new EwsFault("ErrorNonExistentMailbox", noMailbox)
  if (kind === "PrimarySmtpAddress" && mailbox.address.toLowerCase() !== name.toLowerCase())
    throw new EwsFault("ErrorNonPrimarySmtpAddress", notPrimary, [messageXml({ Primary: mailbox.address })])
  if (!mayImpersonate(account, mailbox))
    throw new EwsFault(
      "ErrorImpersonateUserDenied",
      "The account does not have permission to impersonate the requested user.",
    )
  if (!mailbox.webServices) throw new EwsForbidden("web services are off for the mailbox")
  return mailbox
}

const noMailbox = "The SMTP address has no mailbox associated with it."
const notPrimary = "The primary SMTP address must be specified when referencing a mailbox."

/** The mailbox a folder id names by address, or the session's own. */
export function mailboxNamed(session: Session, address: string | undefined): Mailbox {
  if (address === undefined) {
    if (session.self) return session.self
    throw new EwsError(
      "ErrorMissingEmailAddress",
      "When making a request as an account that does not have a mailbox, you must specify the mailbox primary SMTP address for any distinguished folder Ids.",
    )
  }
  const mailbox = session.store.findMailbox(address)
  if (!mailbox || !onServer(mailbox)) throw new EwsError("ErrorNonExistentMailbox", noMailbox)
  if (mailbox.address.toLowerCase() !== address.toLowerCase())
    throw new EwsError("ErrorNonPrimarySmtpAddress", notPrimary, [["Primary", mailbox.address]])
  return mailbox
}

/**
 * Whether the session may look into a mailbox: its own, the impersonated one, or one it is a delegate of. Throws while
 * the mailbox moves.
 */
export function mayOpen(session: Session, mailbox: Mailbox): boolean {
  const allowed = mailbox === session.self || (!session.impersonating && mayLook(session.account, mailbox))
  if (!onServer(mailbox) || !allowed) return false
  if (mailbox.state === "moving")
    throw new EwsError("ErrorMailboxMoveInProgress", "Mailbox move in progress. Try again later.")
  return true
}

/** Refuses a write by somebody who may only look. */
export function requireChanging(session: Session, mailbox: Mailbox): void {
  if (mailbox === session.self || mayChange(session.account, mailbox)) return
  throw new EwsError("ErrorAccessDenied", "Access is denied. Check credentials and try again.")
}

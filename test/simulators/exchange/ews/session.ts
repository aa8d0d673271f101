import type { Mailbox } from "../store/mailbox.ts"
import type { Store } from "../store/store.ts"
import { findZone, utc, type Zone } from "../store/time-zones.ts"
import { type AccountSeed, isDelegateOf, mayImpersonate } from "./accounts.ts"
import { EwsError, EwsFault } from "./ews-error.ts"
import type { OutOfOffice } from "./out-of-office.ts"
import { childOf, childrenOf, textOf, type XmlElement } from "./xml.ts"

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
}

const requestVersions = [
  ...["Exchange2007", "Exchange2007_SP1", "Exchange2009", "Exchange2010", "Exchange2010_SP1", "Exchange2010_SP2"],
  ...["Exchange2012", "Exchange2013", "Exchange2013_SP1", "Exchange2015", "Exchange2016"],
  ...["V2015_10_05", "V2016_01_06", "V2016_04_13", "V2016_07_13", "V2016_10_10"],
]
const headerBlocks = ["RequestServerVersion", "TimeZoneContext", "ExchangeImpersonation", "MailboxCulture"]

/** What the SOAP header of a request says; throws the faults that refuse it. */
export function openSession(
  header: XmlElement | undefined,
  given: Pick<Session, "store" | "account" | "outOfOffice">,
): Session {
  for (const name of headerBlocks)
    if (childrenOf(header, name).length > 1)
      throw new EwsFault("ErrorDuplicateSOAPHeader", "The SOAP header contains duplicate elements.")
  const version = childOf(header, "RequestServerVersion")?.attributes["Version"]
  if (version !== undefined && !requestVersions.includes(version))
    throw new EwsFault("ErrorInvalidServerVersion", "The specified server version is invalid.")
  const impersonated = impersonatedMailbox(childOf(header, "ExchangeImpersonation"), given)
  const own = given.account.mailbox === undefined ? undefined : given.store.findMailbox(given.account.mailbox)
  return { ...given, self: impersonated ?? own, impersonating: impersonated !== undefined, zone: zoneIn(header) }
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
  { store, account }: Pick<Session, "store" | "account">,
): Mailbox | undefined {
  if (!block) return undefined
  const sid = childOf(block, "ConnectingSID")
  const kind = sidNames.find(name => childOf(sid, name) !== undefined)
  const name = kind === undefined ? "" : (textOf(sid, kind) ?? "")
  if (kind === undefined || name === "")
    throw new EwsFault("ErrorInvalidExchangeImpersonationHeaderData", "The impersonation header is not valid.")
  if (kind === "PrincipalName" && !name.includes("@"))
    throw new EwsFault("ErrorInvalidUserPrincipalName", "The user principal name (UPN) format is not valid.")
  const mailbox = store.findMailbox(name)
  if (!mailbox || !isHere(mailbox)) throw new EwsFault("ErrorNonExistentMailbox", noMailbox)
  if (kind === "PrimarySmtpAddress" && mailbox.address.toLowerCase() !== name.toLowerCase())
    throw new EwsFault("ErrorNonPrimarySmtpAddress", notPrimary)
  if (!mayImpersonate(account, mailbox))
    throw new EwsFault(
      "ErrorImpersonateUserDenied",
      "The account does not have permission to impersonate the requested user.",
    )
  return mailbox
}

const noMailbox = "The SMTP address has no mailbox associated with it."
const notPrimary = "The primary SMTP address must be specified when referencing a mailbox."

function isHere({ state }: Mailbox): boolean {
  return state === "present" || state === "onPremises"
}

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
  if (!mailbox || !isHere(mailbox)) throw new EwsError("ErrorNonExistentMailbox", noMailbox)
  if (mailbox.address.toLowerCase() !== address.toLowerCase())
    throw new EwsError("ErrorNonPrimarySmtpAddress", notPrimary)
  return mailbox
}

/** Whether the session may look into a mailbox: its own, the impersonated one, or one it is a delegate of. */
export function mayOpen(session: Session, mailbox: Mailbox): boolean {
  if (!isHere(mailbox)) return false
  return mailbox === session.self || (!session.impersonating && isDelegateOf(session.account, mailbox))
}

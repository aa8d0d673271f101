import type { Mailbox } from "../store/mailbox.ts"
import { outcome } from "./envelope.ts"
import { momentOf } from "./event-times.ts"
import { EwsError, EwsFault } from "./ews-error.ts"
import { el, type Markup } from "./markup.ts"
import { mailboxNamed, type Session } from "./session.ts"
import { childOf, textOf, type XmlElement } from "./xml.ts"

/** Automatic replies. https://learn.microsoft.com/exchange/client-developer/web-service-reference/getuseroofsettings-operation */

export type OofSettings = {
  readonly state: string
  readonly audience: string
  readonly startMs: number
  readonly endMs: number
  readonly internalReply: string
  readonly externalReply: string
}

/** Which replies each mailbox has; by mailbox id. */
export type OutOfOffice = Map<string, OofSettings>

const DAY_MS = 86_400_000

export function getOofSettings(session: Session, request: XmlElement): Markup {
  const mailbox = ownMailbox(session, request)
  const nowMs = session.store.clock.now()
  const settings = session.outOfOffice.get(mailbox.id) ?? {
    state: "Disabled",
    audience: "All",
    startMs: nowMs,
    endMs: nowMs + DAY_MS,
    internalReply: "",
    externalReply: "",
  }
  return el(
    "m:GetUserOofSettingsResponse",
    {},
    el("m:ResponseMessage", { ResponseClass: "Success" }, outcome()),
    settingsElement(settings),
    el("m:AllowExternalOof", {}, "All"),
  )
}

function settingsElement(settings: OofSettings): Markup {
  const instant = (ms: number) => Temporal.Instant.fromEpochMilliseconds(ms).toString({ smallestUnit: "second" })
  return el(
    "t:OofSettings",
    {},
    el("t:OofState", {}, settings.state),
    el("t:ExternalAudience", {}, settings.audience),
    el(
      "t:Duration",
      {},
      el("t:StartTime", {}, instant(settings.startMs)),
      el("t:EndTime", {}, instant(settings.endMs)),
    ),
    el("t:InternalReply", {}, el("t:Message", {}, settings.internalReply)),
    el("t:ExternalReply", {}, el("t:Message", {}, settings.externalReply)),
  )
}

export function setOofSettings(session: Session, request: XmlElement): Markup {
  const mailbox = ownMailbox(session, request)
  const given = childOf(request, "UserOofSettings")
  const duration = childOf(given, "Duration")
  const at = (name: string) => momentOf(textOf(duration, name), session.zone)
  const nowMs = session.store.clock.now()
  const [startMs, endMs] = [at("StartTime") ?? nowMs, at("EndTime") ?? nowMs + DAY_MS]
  if (endMs <= startMs) throw new EwsFault("ErrorInvalidScheduledOofDuration", "The duration is not valid.")
  session.outOfOffice.set(mailbox.id, {
    state: textOf(given, "OofState") ?? "Disabled",
    audience: textOf(given, "ExternalAudience") ?? "All",
    startMs,
    endMs,
    internalReply: textOf(given, "InternalReply", "Message") ?? "",
    externalReply: textOf(given, "ExternalReply", "Message") ?? "",
  })
  return el("m:SetUserOofSettingsResponse", {}, el("m:ResponseMessage", { ResponseClass: "Success" }, outcome()))
}

/** Only the owner, or who acts as the owner; a delegate is refused with a fault. */
function ownMailbox(session: Session, request: XmlElement): Mailbox {
  const mailbox = mailboxOrFault(session, textOf(request, "Mailbox", "Address"))
  if (mailbox === session.self) return mailbox
  throw new EwsFault("ErrorAccessDenied", "Access is denied. Check credentials and try again.")
}

function mailboxOrFault(session: Session, address: string | undefined): Mailbox {
  try {
    return mailboxNamed(session, address)
  } catch (error) {
    if (error instanceof EwsError) throw new EwsFault(error.code, error.message)
    throw error
  }
}

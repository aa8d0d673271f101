import { responses } from "./envelope.ts"
import { EwsError } from "./ews-error.ts"
import { findFolder } from "./folder-tree.ts"
import { el, type Markup } from "./markup.ts"
import { notification, watermarkOf } from "./notification.ts"
import { PushSender } from "./push-sender.ts"
import type { Session } from "./session.ts"
import type { Subscription, Wanted } from "./subscriptions.ts"
import { childOf, textOf, type XmlElement } from "./xml.ts"

const kinds = {
  StreamingSubscriptionRequest: "streaming",
  PullSubscriptionRequest: "pull",
  PushSubscriptionRequest: "push",
} as const
const MINUTE_MS = 60_000
/** What a stream nobody opens lives; nobody says, and half an hour is what is seen. */
const STREAMING_IDLE_MINUTES = 30

/** https://learn.microsoft.com/exchange/client-developer/web-service-reference/subscribe-operation */
export function subscribe(session: Session, request: XmlElement): Markup {
  return responses("Subscribe", request.children, element => {
    const subscription = session.subscriptions.add(wantedBy(session, element))
    const url = textOf(element, "URL")
    if (url !== undefined) new PushSender(subscription, url, session).start()
    const watermark =
      subscription.wanted.kind === "streaming" ? [] : [el("m:Watermark", {}, watermarkOf(subscription, 0))]
    return [el("m:SubscriptionId", {}, subscription.id), ...watermark]
  })
}

function wantedBy(session: Session, element: XmlElement): Wanted {
  const all = /^(true|1)$/.test(element.attributes["SubscribeToAllFolders"] ?? "")
  const ids = childOf(element, "FolderIds")?.children ?? []
  if (all === ids.length > 0)
    throw new EwsError("ErrorInvalidSubscriptionRequest", "Either all folders or some must be subscribed to.")
  const [kind = "streaming"] = Object.entries(kinds).flatMap(([name, value]) => (name === element.name ? [value] : []))
  if (kind === "push" && !URL.canParse(textOf(element, "URL") ?? ""))
    throw new EwsError("ErrorInvalidPushSubscriptionUrl", "The push notification URL is not valid.")
  const folders = ids.map(id => findFolder(session, id))
  const mailbox = folders[0]?.mailbox ?? session.self
  if (!mailbox) throw new EwsError("ErrorMissingEmailAddress", "The account has no mailbox of its own.")
  if (mailbox !== session.self || folders.some(folder => folder.mailbox !== mailbox))
    throw new EwsError(
      "ErrorSubscriptionDelegateAccessNotSupported",
      "Only the owner of a mailbox may subscribe to it.",
    )
  const minutes = Number(textOf(element, "Timeout") ?? textOf(element, "StatusFrequency") ?? STREAMING_IDLE_MINUTES)
  const types = new Set(childOf(element, "EventTypes")?.children.map(({ text }) => text.trim()))
  const numbers = all ? "all" : new Set(folders.map(({ number }) => number))
  return { kind, mailbox, folders: numbers, types, idleMs: minutes * MINUTE_MS }
}

/** https://learn.microsoft.com/exchange/client-developer/web-service-reference/unsubscribe-operation */
export function unsubscribe(session: Session, request: XmlElement): Markup {
  return responses("Unsubscribe", [textOf(request, "SubscriptionId") ?? ""], id => {
    session.subscriptions.remove(ownSubscription(session, id))
    return []
  })
}

/** https://learn.microsoft.com/exchange/client-developer/web-service-reference/getevents-operation */
export function getEvents(session: Session, request: XmlElement): Markup {
  return responses("GetEvents", [textOf(request, "SubscriptionId") ?? ""], id => {
    const subscription = ownSubscription(session, id)
    if (subscription.wanted.kind !== "pull")
      throw new EwsError("ErrorInvalidPullSubscriptionId", "The subscription is not a pull subscription.")
    const from = textOf(request, "Watermark") ?? ""
    return [notification(subscription, numberIn(subscription, from)).element]
  })
}

/** A live subscription to a mailbox the session acts for. */
export function ownSubscription(session: Session, id: string): Subscription {
  const found = session.subscriptions.find(id)
  if (!found) throw new EwsError("ErrorSubscriptionNotFound", "The subscription was not found.")
  if (found.wanted.mailbox === session.self) return found
  throw new EwsError("ErrorSubscriptionAccessDenied", "Only the one who subscribed may use the subscription.")
}

function numberIn({ id, lastNumber }: Subscription, watermark: string): number {
  const [of, number] = Buffer.from(watermark, "base64").toString("latin1").split("|")
  if (of === id && Number(number) <= lastNumber) return Number(number)
  throw new EwsError("ErrorInvalidWatermark", "The watermark is invalid for this subscription.")
}

import { el, type Markup } from "./markup.ts"
import type { Subscription } from "./subscriptions.ts"

/** What has happened after a number, or that nothing has. */
export function notification(
  subscription: Subscription,
  from: number,
): { readonly element: Markup; readonly last: number; readonly more: boolean } {
  const { events, more } = subscription.after(from)
  const last = events.at(-1)?.number ?? from
  const status = el("t:StatusEvent", {}, el("t:Watermark", {}, watermarkOf(subscription, last)))
  const elements = events.map(({ number, event }) => event.element(watermarkOf(subscription, number)))
  const element = el(
    "m:Notification",
    {},
    el("t:SubscriptionId", {}, subscription.id),
    el("t:PreviousWatermark", {}, watermarkOf(subscription, from)),
    el("t:MoreEvents", {}, more),
    elements.length === 0 ? status : elements,
  )
  return { element, last, more }
}

/** A place in what a subscription has to tell. */
export function watermarkOf({ id }: Subscription, number: number): string {
  return Buffer.from(`${id}|${number}`).toString("base64")
}

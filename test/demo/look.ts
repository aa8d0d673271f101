import type { SeenEvent } from "../simulators/exchange/admin.ts"
import { isObject, listAt, textAt } from "../simulators/kube-api/json.ts"
import type { KubeObject } from "../simulators/kube-api/kube-object.ts"
import type { Stage } from "./stage.ts"

/** What the demo sees in the mailboxes and in the cluster, and what people do there with kubectl. */

const zone = "Europe/Copenhagen"

/** The copies calsync keeps in a mailbox, in all its calendars. */
export function owned(stage: Stage, mailbox: string): readonly SeenEvent[] {
  const { admin } = stage.exchange
  const own = admin.calendars(mailbox).flatMap(calendar => admin.events(mailbox, calendar))
  return own.filter(({ properties }) => Object.keys(properties).some(name => name.toLowerCase().includes("calsync")))
}

/** Every occurrence of the mailbox's own calendar in the days from `first` on. */
export function calendarOf(
  stage: Stage,
  mailbox: string,
  first: Temporal.PlainDate,
  days: number,
): readonly SeenEvent[] {
  const at = (day: Temporal.PlainDate) => day.toZonedDateTime(zone).toInstant().toString()
  return stage.exchange.admin.view(mailbox, { start: at(first), end: at(first.add({ days })) })
}

/** The subject of what begins in a mailbox at this hour, if anything does. */
export function lessonIn(stage: Stage, mailbox: string, day: Temporal.PlainDate, hour: number): unknown {
  return calendarOf(stage, mailbox, day, 1).find(event => isAt(event, day, hour))?.["subject"]
}

export function isAt(event: SeenEvent, day: Temporal.PlainDate, hour: number): boolean {
  const start = event["start"]
  if (typeof start !== "object" || start === null || !("dateTime" in start)) return false
  const begins = Temporal.Instant.from(`${start.dateTime}Z`).toZonedDateTimeISO(zone).toPlainDateTime()
  return begins.equals(day.toPlainDateTime({ hour }))
}

export function condition(object: KubeObject | undefined, type: string): string | undefined {
  const conditions = object === undefined ? [] : (listAt(object, "status", "conditions") ?? [])
  const found = conditions.find(one => isObject(one) && one["type"] === type)
  return found === undefined ? undefined : textAt(found, "status")
}

/** The CalendarSyncs of one mailbox, one for each binding that has it. */
export function syncsOf(stage: Stage, namespace: string, mailbox: string): readonly KubeObject[] {
  const all = stage.kube.admin.stored("calendarsyncs.calsync.dev", namespace)
  return all.filter(one => textAt(one, "spec", "mailbox") === mailbox)
}

/** The CalendarSync of one mailbox and binding. */
export function syncOf(stage: Stage, namespace: string, binding: string, mailbox: string): KubeObject {
  const found = syncsOf(stage, namespace, mailbox).find(one => textAt(one, "spec", "bindingRef", "name") === binding)
  if (found === undefined) throw new Error(`there is no CalendarSync for ${mailbox}`)
  return found
}

/** The token that lets a held plan through. */
export function approvalToken(sync: KubeObject): string | undefined {
  return textAt(sync, "status", "plan", "approvalToken")
}

/** `kubectl annotate`, as a person would. */
export async function annotate(
  stage: Stage,
  { resource, namespace, name }: { readonly resource: string; readonly namespace: string; readonly name: string },
  annotations: Readonly<Record<string, string>>,
): Promise<void> {
  const { code, text } = await stage.api.call(
    `/apis/calsync.dev/v1alpha1/namespaces/${namespace}/${resource}/${name}`,
    {
      method: "PATCH",
      contentType: "application/merge-patch+json",
      body: JSON.stringify({ metadata: { annotations } }),
    },
  )
  if (code !== 200) throw new Error(`the annotation was refused: ${text}`)
}

/** Whether it becomes so in time. */
export async function eventually(isSo: () => boolean, withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs
  while (!isSo()) {
    if (performance.now() > deadline) return false
    await new Promise(resolve => setTimeout(resolve, 150))
  }
  return true
}

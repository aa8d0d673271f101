import { describeKind } from "./api-group.ts"
import { type CaBundleRef, readCaBundle } from "./ca-bundle.ts"
import type { CalendarSourceSpec, CalendarSourceStatus } from "./generated/calendar-source.ts"
import type { LabelSelector } from "./label-selector.ts"
import { durationField, zoneField } from "./spec-field.ts"

export type { CalendarSourceSpec, CalendarSourceStatus }

export const calendarSources = describeKind("CalendarSource", "calendarsources")

/** A feed; secrets and texts are still references. */
export type ICalOrigin = {
  readonly kind: "ical"
  readonly location:
    | { readonly kind: "url"; readonly url: string }
    | { readonly kind: "urlTemplate"; readonly template: string }
    | { readonly kind: "configMap"; readonly configMapName: string; readonly key: string }
  readonly identityBy: "uid" | "uidAndStart" | "content"
  readonly credentialsSecretName?: string
  readonly caBundle?: CaBundleRef
}

/** CalendarEvent objects of the source's own namespace. */
export type EventsOrigin = { readonly kind: "events"; readonly selector: LabelSelector }

/** A CalendarSource.spec with its defaults applied. */
export type SourcePlan = {
  readonly origin: ICalOrigin | EventsOrigin
  readonly timeZone?: string
  readonly intervalMs: number
  readonly timeoutMs: number
  readonly suspended: boolean
}

/** The keys of a feed's Secret: a token, or a user name with its password. */
export const feedCredentialKeys = { username: "username", password: "password", token: "token" } as const

/** Throws NeedsAttentionError (InvalidSpec) naming the field. */
export function readSource(spec: CalendarSourceSpec): SourcePlan {
  return {
    origin: readOrigin(spec),
    ...(spec.timeZone === undefined ? {} : { timeZone: zoneField("spec.timeZone", spec.timeZone) }),
    intervalMs: durationField("spec.interval", spec.interval, { otherwise: "1m", least: "10s", most: "7d" }),
    timeoutMs: durationField("spec.timeout", spec.timeout, { otherwise: "30s", least: "1s", most: "10m" }),
    suspended: spec.suspend ?? false,
  }
}

function readOrigin(spec: CalendarSourceSpec): SourcePlan["origin"] {
  if (spec.ical === undefined) return { kind: "events", selector: spec.events.selector ?? {} }
  const { credentialsSecretRef, caBundle } = spec.ical
  return {
    kind: "ical",
    location: readLocation(spec.ical),
    identityBy: eventKeys[spec.ical.eventKey ?? "UID"],
    ...(credentialsSecretRef === undefined ? {} : { credentialsSecretName: credentialsSecretRef.name }),
    ...readCaBundle(caBundle),
  }
}

const eventKeys = { UID: "uid", UIDAndStart: "uidAndStart", Content: "content" } as const

function readLocation(ical: NonNullable<CalendarSourceSpec["ical"]>): ICalOrigin["location"] {
  if (ical.url !== undefined) return { kind: "url", url: ical.url }
  if (ical.urlTemplate !== undefined) return { kind: "urlTemplate", template: ical.urlTemplate }
  const { name, key = "calendar.ics" } = ical.configMapRef
  return { kind: "configMap", configMapName: name, key }
}

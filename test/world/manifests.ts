import type { CalendarEventSpec } from "../../operator/resources/calendar-event.ts"
import type { CalendarSourceSpec } from "../../operator/resources/calendar-source.ts"
import type { CalendarSyncPolicySpec } from "../../operator/resources/calendar-sync-policy.ts"
import type { ExchangeConnectionSpec } from "../../operator/resources/exchange-connection.ts"
import type { MailboxBindingSpec } from "../../operator/resources/mailbox-binding.ts"

/**
 * Manifests as stories need them: everything that a story does not speak about is filled in. All are JSON, which is YAML,
 * and live in `calendars` unless they say otherwise.
 */

type Meta = {
  readonly name?: string
  readonly namespace?: string
  readonly labels?: Readonly<Record<string, string>>
}

export const home = "calendars"
const group = "calsync.dev/v1alpha1"

export const tenant = {
  tenantId: "11111111-1111-4111-8111-111111111111",
  clientId: "22222222-2222-4222-8222-222222222222",
  secret: "a-client-secret-of-the-simulated-tenant",
} as const

/** The service account of the simulated Exchange Server, in the domain's own spelling of names. */
export const account = {
  username: "CONTOSO\\svc-calsync",
  password: "a-password-of-the-simulated-domain",
} as const

function manifest(apiVersion: string, kind: string, meta: Meta, rest: object): string {
  const { name = "main", namespace = home, labels } = meta
  return JSON.stringify({ apiVersion, kind, metadata: { name, namespace, ...(labels && { labels }) }, ...rest })
}

export function namespace(name: string, labels: Readonly<Record<string, string>> = {}): string {
  return JSON.stringify({ apiVersion: "v1", kind: "Namespace", metadata: { name, labels } })
}

export function secret(stringData: Readonly<Record<string, string>>, meta: Meta = {}): string {
  return manifest("v1", "Secret", { name: "app", ...meta }, { stringData })
}

export function configMap(data: Readonly<Record<string, string>>, meta: Meta = {}): string {
  return manifest("v1", "ConfigMap", meta, { data })
}

/** To the simulated tenant at `url`, whose authority is in the ConfigMap `exchange-ca`. */
export function connection(url: string, spec: Partial<ExchangeConnectionSpec> = {}, meta: Meta = {}): string {
  const graph = {
    tenantId: tenant.tenantId,
    clientId: tenant.clientId,
    endpoints: { login: url, graph: url },
    credentials: { clientSecretRef: { name: "app" } },
  }
  return manifest(group, "ExchangeConnection", meta, { spec: { graph, ...usual, ...spec } })
}

/** To the simulated Exchange Server at `url` as its service account, by Basic and impersonation unless said otherwise. */
export function ewsConnection(
  url: string,
  changes: Partial<NonNullable<ExchangeConnectionSpec["ews"]>> = {},
  spec: CommonSpec = {},
  meta: Meta = {},
): string {
  const ews = { url, timeZone: "Europe/Copenhagen", credentials: { basicSecretRef: { name: "svc" } }, ...changes }
  return manifest(group, "ExchangeConnection", meta, { spec: { ews, ...usual, ...spec } })
}

/** What may be said of connections of every kind. */
export type CommonSpec = Partial<Omit<ExchangeConnectionSpec, "graph" | "ews">>

/** What connections of every kind have. */
const usual = {
  tls: { caBundle: { configMapRef: { name: "exchange-ca" } } },
  accessPolicy: { domains: ["contoso.com"], proof: { allowed: "anna@contoso.com" } },
} as const

export function feedSource(
  ical: NonNullable<CalendarSourceSpec["ical"]>,
  spec: Partial<CalendarSourceSpec> = {},
  meta: Meta = {},
): string {
  return manifest(group, "CalendarSource", meta, { spec: { timeZone: "Europe/Copenhagen", ...spec, ical } })
}

export function eventsSource(events: NonNullable<CalendarSourceSpec["events"]> = {}, meta: Meta = {}): string {
  return manifest(group, "CalendarSource", meta, { spec: { events } })
}

/** No night passes in a story unless it is about nights. */
export function policy(spec: Partial<CalendarSyncPolicySpec> = {}, meta: Meta = {}): string {
  return manifest(group, "CalendarSyncPolicy", meta, { spec })
}

export function binding(spec: Partial<MailboxBindingSpec> = {}, meta: Meta = {}): string {
  const references = { connectionRef: { name: "main" }, sourceRef: { name: "main" }, policyRef: { name: "main" } }
  const mailboxes = spec.match ? [] : [{ address: "anna@contoso.com", identity: "anna" }]
  return manifest(group, "MailboxBinding", meta, { spec: { ...references, mailboxes, ...spec } })
}

export function calendarEvent(name: string, spec: Partial<CalendarEventSpec> = {}, meta: Meta = {}): string {
  const whole = { subject: `Subject of ${name}`, start: { date: inDays(3) }, identities: ["anna"], ...spec }
  return manifest(group, "CalendarEvent", { ...meta, name }, { spec: whole })
}

/** A date so many days from today. */
export function inDays(days: number): string {
  return Temporal.Now.plainDateISO("UTC").add({ days }).toString()
}

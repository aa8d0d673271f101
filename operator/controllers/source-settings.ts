import { NeedsAttentionError } from "../core/errors.ts"
import { shortHash } from "../core/origin.ts"
import type { ICalSettings, SourceSettings } from "../core/ports.ts"
import { readManifestEvent } from "../resources/calendar-event.ts"
import {
  type EventsOrigin,
  feedCredentialKeys,
  type ICalOrigin,
  type SourcePlan,
} from "../resources/calendar-source.ts"
import { matchesLabels } from "../resources/label-selector.ts"
import { type ObjectKey, refOf } from "../runtime/objects.ts"
import type { ControllerDeps } from "./deps.ts"
import type { CalendarEventObject } from "./objects.ts"
import { type Reference, type References, withoutLineEnd } from "./references.ts"

/** The Secrets and ConfigMaps a source refers to: all in its own namespace. */
export function sourceReferences({ origin }: SourcePlan, namespace: string): readonly Reference[] {
  if (origin.kind === "events") return []
  const { location, credentialsSecretName, caBundle } = origin
  const configMap = (name: string) => ({ kind: "ConfigMap" as const, namespace, name })
  return [
    ...(location.kind === "configMap" ? [configMap(location.configMapName)] : []),
    ...(caBundle === undefined ? [] : [configMap(caBundle.configMapName)]),
    ...(credentialsSecretName === undefined
      ? []
      : [{ kind: "Secret" as const, namespace, name: credentialsSecretName }]),
  ]
}

export type LoadedSource = {
  readonly settings: SourceSettings
  /** The CalendarEvents in it by name, and in which state each was read. */
  readonly manifests: ReadonlyMap<string, string>
}

/** The source's spec with what its references and its events hold. Throws NeedsAttentionError naming what is missing. */
export async function loadSourceSettings(
  deps: ControllerDeps,
  key: ObjectKey,
  plan: SourcePlan,
  signal: AbortSignal,
): Promise<LoadedSource> {
  return plan.origin.kind === "events"
    ? eventsSettings(deps, key, plan.origin)
    : { settings: await icalSettings(deps, key, plan, plan.origin, signal), manifests: new Map() }
}

/** Names one state of one manifest. */
export function manifestVersion({ metadata }: CalendarEventObject): string {
  return `${metadata.uid} ${metadata.generation}`
}

function eventsSettings(deps: ControllerDeps, key: ObjectKey, { selector }: EventsOrigin): LoadedSource {
  const { namespace = "" } = refOf(key)
  const selected = deps.caches.events
    .byIndex("namespace", namespace)
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined && matchesLabels(selector, metadata.labels))
    .toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
  const manifests = new Map(selected.map(event => [event.metadata.name, manifestVersion(event)]))
  const revision = shortHash(
    [...manifests].map(([name, version]) => `${name} ${version}`),
    22,
  )
  const settings = { kind: "events" as const, name: key, events: selected.map(readManifestEvent), revision }
  return { settings, manifests }
}

async function icalSettings(
  deps: ControllerDeps,
  key: ObjectKey,
  { timeZone, timeoutMs }: SourcePlan,
  { location, identityBy, credentialsSecretName, caBundle }: ICalOrigin,
  signal: AbortSignal,
): Promise<ICalSettings> {
  const { namespace = "" } = refOf(key)
  const configMap = (name: string) => ({ kind: "ConfigMap" as const, namespace, name })
  const text = async ({ configMapName, key: field }: { configMapName: string; key: string }) =>
    await deps.references.read(configMap(configMapName), field, signal)
  return {
    kind: "ical",
    name: key,
    location: location.kind === "configMap" ? inline(await text(location)) : location,
    identityBy,
    ...(credentialsSecretName === undefined
      ? {}
      : { credential: await feedCredential(deps, { kind: "Secret", namespace, name: credentialsSecretName }, signal) }),
    ...(caBundle === undefined ? {} : { caBundlePem: await text(caBundle) }),
    ...(timeZone === undefined ? {} : { timeZone }),
    timeoutMs,
  }
}

function inline(text: string): ICalSettings["location"] {
  return { kind: "text", text, revision: shortHash([text], 22) }
}

/** Throws NeedsAttentionError naming the Secret, and what it may hold. */
export async function feedCredential(
  { references }: { readonly references: Pick<References, "fetch"> },
  secret: Reference,
  signal: AbortSignal,
): Promise<NonNullable<ICalSettings["credential"]>> {
  const content = await references.fetch(secret, signal)
  const token = content.readOptional(feedCredentialKeys.token)?.trim()
  if (token) return { bearerToken: token }
  const username = withoutLineEnd(content.readOptional(feedCredentialKeys.username) ?? "")
  const password = content.readOptional(feedCredentialKeys.password)
  if (username !== "" && password !== undefined) return { username, password: withoutLineEnd(password) }
  throw new NeedsAttentionError(
    `${content.name} needs either "${feedCredentialKeys.token}", or "${feedCredentialKeys.username}" and "${feedCredentialKeys.password}"`,
    { reason: "SecretNotFound" },
  )
}

import { NeedsAttentionError, reasonOf, TemporaryError } from "../core/errors.ts"
import type { Calendar, SourceCalendar } from "../core/ports.ts"
import { decideScope } from "../core/scope.ts"
import { type ResolvedBinding, resolveBinding } from "./binding-refs.ts"
import type { ControllerDeps } from "./deps.ts"
import { bindingKeyOf, type CalendarSyncObject, type MailboxBindingObject, ownerOfSync } from "./objects.ts"

/** All a pass needs, found, permitted and open. */
export type ResolvedSync = ResolvedBinding & {
  readonly binding: MailboxBindingObject
  readonly mailbox: Calendar
  readonly source: SourceCalendar
  readonly owner: string
}

export type Resolution =
  | { readonly kind: "Ready"; readonly sync: ResolvedSync }
  | { readonly kind: "Suspended"; readonly message: string }
  /** This process has not looked at its connection, its source or all bindings yet; it is woken when that is done. */
  | { readonly kind: "Waiting" }

/**
 * Finds everything a sync hangs on. Throws NeedsAttentionError or TemporaryError for the first thing that is missing; the
 * sync is woken again when that appears, so nobody waits for a timer.
 */
export async function resolveSync(
  deps: ControllerDeps,
  sync: CalendarSyncObject,
  signal: AbortSignal,
): Promise<Resolution> {
  const binding = bindingOf(deps, sync)
  const resolved = await resolveBinding(deps, binding, signal)
  const by = suspendedBy(resolved)
  if (by !== undefined) {
    return { kind: "Suspended", message: `spec.suspend of the ${by} is true: nothing is read or written` }
  }
  const { hub } = deps
  const areKnown =
    hub.wasExamined("connection", resolved.connectionObject) && hub.wasExamined("source", resolved.sourceObject)
  if (!areKnown || isNotYetAskedFor(deps, resolved, sync.spec.identity)) return { kind: "Waiting" }
  // The copies a first sync is to find may be those of a binding that is no more: made again now, they would be there twice.
  if (deps.owners.isSettling && sync.status?.firstSyncTime === undefined) return { kind: "Waiting" }
  const mailbox = openMailbox(deps, sync.spec.mailbox, resolved)
  const source = sourceCalendar(deps, resolved, sync.spec.identity)
  return { kind: "Ready", sync: { ...resolved, binding, mailbox, source, owner: ownerOfSync(sync, binding) } }
}

export function bindingOf(deps: ControllerDeps, sync: CalendarSyncObject): MailboxBindingObject {
  const key = bindingKeyOf(sync)
  const binding = deps.caches.bindings.get(key)
  if (binding !== undefined) return binding
  throw new NeedsAttentionError(`MailboxBinding ${key} does not exist any more`, { reason: "RefNotFound" })
}

function suspendedBy({ plan, policy, connection, sourceObject }: ResolvedBinding): string | undefined {
  if (plan.suspended) return "MailboxBinding"
  if (policy.suspended) return "CalendarSyncPolicy"
  if (connection.suspended) return "ExchangeConnection"
  return sourceObject.spec.suspend ? "CalendarSource" : undefined
}

/** A source addressed by identity does not know one that a binding has just named: it is about to be read again. */
function isNotYetAskedFor({ hub }: ControllerDeps, { sourceKey }: ResolvedBinding, identity: string): boolean {
  const opened = hub.sources.get(sourceKey)
  if (opened?.reading === undefined || hub.unreadSources.has(sourceKey)) return false
  const isKnown = opened.reading.calendars.has(identity) || opened.asked.has(identity)
  return !isKnown && !opened.reading.failed.some(one => one.identity === identity)
}

/** Decides before any request: the connection's policy first, then whether Exchange was seen to agree. */
export function openMailbox(
  deps: ControllerDeps,
  address: string,
  resolved: Pick<ResolvedBinding, "plan" | "connection" | "connectionKey">,
): Calendar {
  const decision = decideScope(resolved.connection.accessPolicy, address)
  if (!decision.allowed) throw new NeedsAttentionError(decision.message, { reason: "OutOfScope" })
  const opened = deps.hub.connections.get(resolved.connectionKey)
  if (opened === undefined) {
    throw new TemporaryError(
      `waiting for ExchangeConnection ${resolved.connectionKey} to be ready: see its conditions`,
      {
        reason: "DependencyNotReady",
      },
    )
  }
  if (opened.blocked !== undefined) {
    throw new NeedsAttentionError(
      `ExchangeConnection ${resolved.connectionKey}: ${opened.blocked.message}`,
      opened.blocked,
    )
  }
  return opened.exchange.mailbox({ address, calendar: resolved.plan.calendar })
}

/** An identity that is not there is not an empty calendar: what is in the mailbox stays until somebody says otherwise. */
function sourceCalendar(
  { hub }: ControllerDeps,
  { reading, sourceKey }: ResolvedBinding,
  identity: string,
): SourceCalendar {
  const isUnread = hub.unreadSources.has(sourceKey) && reading?.calendars.has(identity) !== true
  if (reading === undefined || isUnread) {
    throw new TemporaryError(`waiting for CalendarSource ${sourceKey} to be read: see its conditions`, {
      reason: "DependencyNotReady",
    })
  }
  const calendar = reading.calendars.get(identity)
  if (calendar !== undefined) return calendar
  const failure = reading.failed.find(one => one.identity === identity)
  if (failure !== undefined) {
    const { message } = failure.error
    throw new TemporaryError(
      `CalendarSource ${sourceKey} could not read this identity (${reasonOf(failure.error)}): ${message}`,
      {
        reason: "DependencyNotReady",
        cause: failure.error,
      },
    )
  }
  throw new NeedsAttentionError(
    `CalendarSource ${sourceKey} knows no identity of this name: correct it in the binding, or look for it in the source`,
    { reason: "RefNotFound" },
  )
}

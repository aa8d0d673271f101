import type { Mailbox } from "../store/mailbox.ts"
import type { Store } from "../store/store.ts"
import { type AccessPolicy, calendarPermissions, type Directory, type Need, type RoleAssignment } from "./directory.ts"

/**
 * Whether an app may do something in a mailbox: what was consented in the directory, cut down by access policies, plus
 * whatever RBAC for Applications grants. The grants add up; a scope restricts nothing while a tenant-wide consent stays.
 */

type Rules = { readonly policies: readonly AccessPolicy[]; readonly assignments: readonly RoleAssignment[] }
type Cached = { readonly rules: Rules; readonly readMs: number; lastCallMs: number }

const IDLE_CACHE_MS = 30 * 60_000
const BUSY_CACHE_MS = 2 * 3_600_000

export type Verdict = "allowed" | "deniedByPolicy" | "denied"

export class MailboxAccess {
  readonly #store: Store
  readonly #directory: Directory
  readonly #cache = new Map<string, Cached>()

  constructor(store: Store, directory: Directory) {
    this.#store = store
    this.#directory = directory
  }

  check(caller: { readonly appId: string; readonly roles: readonly string[] }, mailbox: Mailbox, need: Need): Verdict {
    const wanted: readonly string[] = calendarPermissions[need]
    const rules = this.#rulesFor(caller.appId)
    const assigned = rules.assignments.some(
      ({ appId, role, scope }) =>
        appId === caller.appId && wanted.includes(role.replace(/^Application /, "")) && this.#inScope(mailbox, scope),
    )
    if (assigned) return "allowed"
    if (!caller.roles.some(role => wanted.includes(role))) return "denied"
    return this.#passesPolicies(rules.policies, caller.appId, mailbox) ? "allowed" : "deniedByPolicy"
  }

  /** Deny wins, then restrict; an app with restrictions that match nothing is denied. */
  #passesPolicies(policies: readonly AccessPolicy[], appId: string, mailbox: Mailbox): boolean {
    const own = policies.filter(policy => policy.appId === appId)
    const matches = own.filter(policy => this.#inScope(mailbox, [policy.group]))
    if (matches.some(policy => policy.right === "DenyAccess")) return false
    if (matches.some(policy => policy.right === "RestrictAccess")) return true
    return !own.some(policy => policy.right === "RestrictAccess")
  }

  #inScope(mailbox: Mailbox, scope: readonly string[] | "everything"): boolean {
    if (scope === "everything") return true
    const addresses = new Set([mailbox.id, mailbox.address, ...mailbox.aliases].map(address => address.toLowerCase()))
    return scope.some(name =>
      this.#directory.findGroup(name)
        ? this.#directory.membersOf(name).some(member => addresses.has(member))
        : addresses.has(name.toLowerCase()),
    )
  }

  /** Changed rules reach an idle app after 30 minutes, a busy one after two hours. */
  #rulesFor(appId: string): Rules {
    const { policies, assignments } = this.#directory
    if (!this.#store.switches.slowPermissionChanges) return { policies, assignments }
    const nowMs = this.#store.clock.now()
    const cached = this.#cache.get(appId)
    if (cached && nowMs - cached.readMs < BUSY_CACHE_MS && nowMs - cached.lastCallMs < IDLE_CACHE_MS) {
      cached.lastCallMs = nowMs
      return cached.rules
    }
    const rules = { policies, assignments }
    this.#cache.set(appId, { rules, readMs: nowMs, lastCallMs: nowMs })
    return rules
  }
}

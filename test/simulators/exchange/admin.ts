import { randomBytes, randomUUID } from "node:crypto"
import type { AccessPolicy, App, Directory, Group, RoleAssignment } from "./directory/directory.ts"
import type { AccountSeed, Accounts } from "./ews/accounts.ts"
import type { Fault, Faults } from "./faults.ts"
import type { Call } from "./graph/call.ts"
import type { CounterSnapshot, Counters } from "./graph/counters.ts"
import type { GraphFace, GraphParts } from "./graph/graph-face.ts"
import { parsePreferences } from "./graph/preferences.ts"
import { entriesIn } from "./graph/read-events.ts"
import { renderEvent } from "./graph/render-event.ts"
import { findEntry, type Target } from "./graph/target.ts"
import type { Throttle } from "./graph/throttle.ts"
import { createEvent, deleteEvent, updateEvent } from "./graph/write-events.ts"
import type { LoginRefusal } from "./iis/ntlm-login.ts"
import type { ExchangeServer, ServerSettings } from "./iis/server-settings.ts"
import type { AccessTokens } from "./login/access-tokens.ts"
import { type AppSeed, defaultPermissions, type MailboxSeed } from "./seeds.ts"
import type { Entry } from "./store/item.ts"
import { type Json, textAt } from "./store/json.ts"
import { DEFAULT_CALENDAR, DELETED_ITEMS, type Mailbox, type MailboxState } from "./store/mailbox.ts"
import type { Mail } from "./store/outbox.ts"
import { entryOf } from "./store/series.ts"
import { itemsOf, type Store } from "./store/store.ts"
import type { Switches } from "./store/switches.ts"
import { utc, wallOf } from "./store/time-zones.ts"

/** What an assertion wants to see: an event in Graph's form with all its named properties as `properties`. */
export type SeenEvent = Json & {
  readonly id: string
  readonly properties: Readonly<Record<string, string | readonly string[]>>
}

type Parts = {
  readonly store: Store
  readonly directory: Directory
  readonly accounts: Accounts
  readonly server: ExchangeServer
  readonly faults: Faults
  readonly counters: Counters
  readonly throttle: Throttle
  readonly tokens: AccessTokens
  readonly graph: GraphFace
  readonly graphParts: GraphParts
}

/**
 * The hands behind the curtain: seeds, what people do in Outlook, time, faults and switches. What it does is not
 * counted, not throttled, and mails nobody.
 */
export class Admin {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  get tenantId(): string {
    return this.#parts.directory.tenantId
  }

  // People, apps, policies

  addMailbox(seed: MailboxSeed): { readonly id: string; readonly address: string } {
    const { events, ...given } = seed
    const { id, address } = this.#parts.store.addMailbox(given)
    for (const event of events ?? []) this.createEvent(address, event)
    return { id, address }
  }

  /** A new primary address; the mailbox is reached by the one before as well. */
  renameMailbox(mailbox: string, address: string): void {
    this.#parts.store.renameMailbox(this.#mailbox(mailbox), address)
  }

  setMailboxState(mailbox: string, state: MailboxState): void {
    const found = this.#mailbox(mailbox)
    found.state = state
    found.revision++
  }

  setWebServices(mailbox: string, enabled: boolean): void {
    this.#mailbox(mailbox).webServices = enabled
  }

  addApp(seed: AppSeed = {}): { readonly clientId: string; readonly secret: string } {
    const secret = seed.secret ?? randomBytes(20).toString("base64url")
    const none = !seed.certificatesPem && !seed.federated && !seed.secrets
    const app: App = {
      clientId: (seed.clientId ?? randomUUID()).toLowerCase(),
      name: seed.name ?? "calsync",
      secrets: [...(seed.secrets ?? []), ...(none || seed.secret !== undefined ? [{ value: secret }] : [])],
      certificatesPem: seed.certificatesPem ?? [],
      federated: seed.federated ?? [],
      permissions: seed.permissions ?? defaultPermissions,
    }
    this.#parts.directory.apps.set(app.clientId, app)
    return { clientId: app.clientId, secret }
  }

  /** Consents, secrets and so on of an app that exists. */
  updateApp(clientId: string, changes: Partial<Omit<App, "clientId">>): void {
    const app = this.#parts.directory.apps.get(clientId.toLowerCase())
    if (!app) throw new Error(`no app ${clientId}`)
    this.#parts.directory.apps.set(app.clientId, { ...app, ...changes })
  }

  /** Somebody who may log in to Exchange Server. */
  addAccount(seed: AccountSeed): void {
    this.#parts.accounts.add(seed)
  }

  /** Another password, impersonation scope or mailbox. */
  updateAccount(name: string, changes: Partial<Omit<AccountSeed, "name">>): void {
    this.#parts.accounts.update(name, changes)
  }

  /** Sets Exchange Server up differently; connections that are logged in stay so. */
  setServer(changes: Partial<ServerSettings>): void {
    const { server } = this.#parts
    server.settings = { ...server.settings, ...changes }
  }

  /** Why logins to Exchange Server failed so far, oldest first. */
  refusedLogins(): readonly LoginRefusal[] {
    return this.#parts.server.refusedLogins
  }

  addGroup(seed: { readonly mail: string; readonly name?: string; readonly members: readonly string[] }): Group {
    return this.#parts.directory.addGroup(seed)
  }

  setGroupMembers(group: string, members: readonly string[]): void {
    const found = this.#parts.directory.findGroup(group)
    if (!found) throw new Error(`no group ${group}`)
    this.#parts.directory.groups.set(found.id, { ...found, members })
  }

  setAccessPolicies(policies: readonly AccessPolicy[]): void {
    this.#parts.directory.policies = policies
  }

  setRoleAssignments(assignments: readonly RoleAssignment[]): void {
    this.#parts.directory.assignments = assignments
  }

  // What people do

  addCalendar(mailbox: string, name: string): void {
    this.#parts.store.addCalendar(this.#mailbox(mailbox), name)
  }

  /** A person makes an event of their own; gives its classic id. */
  createEvent(mailbox: string, event: Json, calendar?: string): string {
    const { call, target } = this.#as(mailbox, event, calendar)
    return textAt(this.#quietly(() => createEvent(call, target)).body, "id") ?? ""
  }

  /** Somebody else's meeting in a person's calendar. */
  createInvitation(
    mailbox: string,
    event: Json,
    organizer: { readonly name: string; readonly address: string },
  ): string {
    const { call, target } = this.#as(mailbox, undefined)
    const { item } = findEntry(call.store, target, this.createEvent(mailbox, event))
    const invited = this.#quietly(() => call.store.setOrganizer(target.mailbox, item, organizer))
    return this.#see(target.mailbox, entryOf(invited)).id
  }

  updateEvent(mailbox: string, id: string, changes: Json): void {
    const { call, target } = this.#as(mailbox, changes)
    this.#quietly(() => updateEvent(call, target, id))
  }

  deleteEvent(mailbox: string, id: string): void {
    const { call, target } = this.#as(mailbox, undefined)
    this.#quietly(() => deleteEvent(call, target, id))
  }

  /** Drags an event, or one occurrence, to another time. */
  moveEvent(mailbox: string, id: string, by: { readonly minutes: number }): void {
    const { target } = this.#as(mailbox, undefined)
    const { content } = findEntry(this.#parts.store, target, id)
    const shift = (ms: number, zone: string) => wallOf(ms + by.minutes * MINUTE_MS, zone).toString()
    const moved = (which: "start" | "end") => {
      const { zone, zoneName } = content.time[which]
      const ms = which === "start" ? content.time.startMs : content.time.endMs
      return { dateTime: shift(ms, content.time.allDay ? "UTC" : zone), timeZone: zoneName }
    }
    this.updateEvent(mailbox, id, { start: moved("start"), end: moved("end") })
  }

  /** Copies an event with its named properties, as Outlook does; gives the new classic id. */
  copyEvent(mailbox: string, id: string, changes: Json = {}): string {
    const { target } = this.#as(mailbox, undefined)
    const { store } = this.#parts
    const { item } = findEntry(store, target, id)
    const copy = this.#quietly(() => store.copy(target.mailbox, item))
    const newId = this.#see(target.mailbox, entryOf(copy)).id
    if (Object.keys(changes).length > 0) this.updateEvent(mailbox, newId, changes)
    return newId
  }

  /** Into another calendar of the mailbox: the classic id changes. */
  moveToCalendar(mailbox: string, id: string, calendar: string): string {
    const { target } = this.#as(mailbox, undefined)
    const { item } = findEntry(this.#parts.store, target, id)
    const moved = this.#quietly(() =>
      this.#parts.store.move(target.mailbox, item, this.#folder(target.mailbox, calendar)),
    )
    return this.#see(target.mailbox, entryOf(moved)).id
  }

  // What there is

  /** Single events and masters with all their named properties. */
  events(mailbox: string, calendar?: string): readonly SeenEvent[] {
    const found = this.#mailbox(mailbox)
    return itemsOf(found, this.#folder(found, calendar)).map(item => this.#see(found, entryOf(item)))
  }

  /** What lies in Deleted Items. */
  deletedEvents(mailbox: string): readonly SeenEvent[] {
    const found = this.#mailbox(mailbox)
    return itemsOf(found, DELETED_ITEMS).map(item => this.#see(found, entryOf(item)))
  }

  /** Expanded, between two instants (ISO 8601). */
  view(
    mailbox: string,
    span: { readonly start: string; readonly end: string; readonly calendar?: string },
  ): readonly SeenEvent[] {
    const found = this.#mailbox(mailbox)
    const [startMs, endMs] = [span.start, span.end].map(text => Temporal.Instant.from(text).epochMilliseconds)
    const folder = this.#folder(found, span.calendar)
    const entries = entriesIn(
      this.#parts.store,
      { mailbox: found, folder },
      { startMs: startMs ?? 0, endMs: endMs ?? 0 },
    )
    return entries.map(entry => this.#see(found, entry))
  }

  mailboxes(): readonly {
    readonly id: string
    readonly address: string
    readonly displayName: string
    readonly timeZone: string
    readonly state: MailboxState
    readonly events: number
  }[] {
    return this.#parts.store.mailboxes.map(mailbox => ({
      id: mailbox.id,
      address: mailbox.address,
      displayName: mailbox.displayName,
      timeZone: mailbox.timeZone,
      state: mailbox.state,
      events: itemsOf(mailbox, DEFAULT_CALENDAR).length,
    }))
  }

  calendars(mailbox: string): readonly string[] {
    return [...this.#mailbox(mailbox).calendars.values()].map(({ name }) => name)
  }

  /** Every mail that would have gone out because of a client's write. */
  outbox(): readonly Mail[] {
    return this.#parts.store.outbox.mails
  }

  clearOutbox(): void {
    this.#parts.store.outbox.clear()
  }

  counters(): CounterSnapshot & { readonly peakConcurrencyPerMailbox: number } {
    return { ...this.#parts.counters.snapshot, peakConcurrencyPerMailbox: this.#parts.throttle.peak }
  }

  resetCounters(): void {
    this.#parts.counters.reset()
    this.#parts.throttle.resetPeak()
  }

  // Time, faults, switches

  now(): Temporal.Instant {
    return Temporal.Instant.fromEpochMilliseconds(this.#parts.store.clock.now())
  }

  advance(ms: number): void {
    this.#parts.store.clock.advance(ms)
  }

  freeze(at: string): void {
    this.#parts.store.clock.freeze(Temporal.Instant.from(at))
  }

  /** Gives an id for `removeFault`. */
  addFault(fault: Fault): number {
    return this.#parts.faults.add(fault)
  }

  removeFault(id: number): void {
    this.#parts.faults.remove(id)
  }

  clearFaults(): void {
    this.#parts.faults.clear()
  }

  seedFaults(seed: number): void {
    this.#parts.faults.seed(seed)
  }

  setSwitches(changes: Partial<Switches>): void {
    this.#parts.store.switches = { ...this.#parts.store.switches, ...changes }
  }

  switches(): Switches {
    return this.#parts.store.switches
  }

  setLatency(ms: number): void {
    this.#parts.graphParts.latencyMs = ms
  }

  /** Every token given out so far gets 401 from now on. */
  revokeTokens(): void {
    this.#parts.tokens.revokeAll()
  }

  /** Every delta token given out so far gets 410 from now on. */
  forgetDeltaTokens(): void {
    this.#parts.graph.rounds.forget()
  }

  lifecycle(event: string): void {
    this.#parts.graphParts.subscriptions.lifecycle(event)
  }

  #mailbox(name: string): Mailbox {
    const found = this.#parts.store.findMailbox(name)
    if (!found) throw new Error(`no mailbox ${name}`)
    return found
  }

  #folder(mailbox: Mailbox, name: string | undefined): number {
    if (name === undefined) return DEFAULT_CALENDAR
    const found = [...mailbox.calendars.values()].find(calendar => calendar.name === name)
    if (!found) throw new Error(`no calendar ${name} in ${mailbox.address}`)
    return found.number
  }

  #as(mailbox: string, body: Json | undefined, calendar?: string): { readonly call: Call; readonly target: Target } {
    const found = this.#mailbox(mailbox)
    const call: Call = {
      store: this.#parts.store,
      caller: { appId: "admin", tenantId: this.tenantId, roles: [] },
      method: "POST",
      segments: [],
      query: new Map(),
      origin: "",
      path: "",
      headers: new Map(),
      body,
      preferences: parsePreferences(undefined),
      seesContent: true,
    }
    return { call, target: { mailbox: found, folder: this.#folder(found, calendar), named: false } }
  }

  #quietly<T>(work: () => T): T {
    return this.#parts.store.outbox.quietly(work)
  }

  #see(mailbox: Mailbox, entry: Entry): SeenEvent {
    const preferences = { ...parsePreferences(undefined), zone: utc }
    const event = renderEvent(entry, { mailbox, preferences, seesContent: true })
    return { ...event, id: textAt(event, "id") ?? "", properties: Object.fromEntries(entry.content.named) }
  }
}

const MINUTE_MS = 60_000

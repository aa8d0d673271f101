import type { Item } from "./item.ts"

/**
 * Where a mailbox is: `present` everywhere, `onPremises` for Exchange Server only, `migrated` to the cloud and no more on
 * the server, `moving` between databases of the server, which cannot open it meanwhile.
 */
export type MailboxState = "present" | "onPremises" | "migrated" | "moving" | "softDeleted" | "missing"

export type Calendar = {
  readonly number: number
  readonly name: string
  readonly color: string
  readonly isDefault: boolean
  readonly version: number
  /** The folder it lies in; the top of the mailbox when absent. */
  readonly parent?: number
}

/** What is gone: an item from a folder (moved or deleted). */
export type Tombstone = { readonly version: number; readonly folder: number; readonly item: Item }

/** Settings of Outlook on the web, and Outlook's working hours: each says the zone of the person who keeps them. */
export type UserConfiguration = "OWA.UserOptions" | "WorkHours"

export type WorkingHours = { readonly start: string; readonly end: string }

/** One mailbox: its calendars, what is in them and what is gone. Only the store writes to it. */
export type Mailbox = {
  readonly id: string
  address: string
  aliases: readonly string[]
  readonly displayName: string
  timeZone: string
  state: MailboxState
  /** `Set-CASMailbox -EwsEnabled`. */
  webServices: boolean
  readonly purpose: "user" | "shared" | "room" | "equipment"
  readonly workingHours: WorkingHours
  /** Those somebody has ever made by opening the mailbox in that program. */
  readonly userConfigurations: readonly UserConfiguration[]
  readonly calendars: Map<number, Calendar>
  readonly items: Map<number, Item>
  readonly transactions: Map<string, number>
  tombstones: Tombstone[]
  /** The oldest version the tombstones still reach back to. */
  forgottenVersion: number
  nextNumber: number
  /** Counts every visible change; the web page watches it. */
  revision: number
}

/** The folder deleted items go to; no calendar. */
export const DELETED_ITEMS = 1
export const DEFAULT_CALENDAR = 2

export function inCloud({ state }: Mailbox): boolean {
  return state === "present" || state === "migrated" || state === "moving"
}

export function onServer({ state }: Mailbox): boolean {
  return state === "present" || state === "onPremises" || state === "moving"
}

export function newMailbox(given: {
  readonly id: string
  readonly address: string
  readonly aliases?: readonly string[]
  readonly displayName?: string
  readonly timeZone?: string
  readonly state?: MailboxState
  readonly webServices?: boolean
  readonly purpose?: Mailbox["purpose"]
  readonly workingHours?: WorkingHours
  readonly userConfigurations?: readonly UserConfiguration[]
}): Mailbox {
  return {
    id: given.id,
    address: given.address,
    aliases: given.aliases ?? [],
    displayName: given.displayName ?? given.address.split("@")[0] ?? given.address,
    timeZone: given.timeZone ?? "UTC",
    state: given.state ?? "present",
    webServices: given.webServices ?? true,
    purpose: given.purpose ?? "user",
    workingHours: given.workingHours ?? { start: "08:00:00", end: "17:00:00" },
    userConfigurations:
      given.userConfigurations ?? (given.timeZone === undefined ? [] : ["OWA.UserOptions", "WorkHours"]),
    calendars: new Map([
      [DEFAULT_CALENDAR, { number: DEFAULT_CALENDAR, name: "Calendar", color: "auto", isDefault: true, version: 1 }],
    ]),
    items: new Map(),
    transactions: new Map(),
    tombstones: [],
    forgottenVersion: 0,
    nextNumber: DEFAULT_CALENDAR + 1,
    revision: 0,
  }
}

import type { FederatedCredential } from "./directory/directory.ts"
import type { Json } from "./store/json.ts"
import type { MailboxState, UserConfiguration } from "./store/mailbox.ts"

/** What an organisation is made of when it begins. */

export type MailboxSeed = {
  readonly address: string
  readonly id?: string
  readonly displayName?: string
  readonly aliases?: readonly string[]
  readonly timeZone?: string
  /** Which settings EWS finds in it; both when a zone is given, none without. */
  readonly userConfigurations?: readonly UserConfiguration[]
  readonly state?: MailboxState
  /** Whether EWS is switched on for it; true when absent. */
  readonly webServices?: boolean
  readonly purpose?: "user" | "shared" | "room" | "equipment"
  /** Events of its own, in Graph's form. */
  readonly events?: readonly Json[]
}

export type AppSeed = {
  readonly clientId?: string
  readonly name?: string
  /** One secret that does not expire; made up when no credential of any kind is given. */
  readonly secret?: string
  readonly secrets?: readonly { readonly value: string; readonly expiresMs?: number }[]
  readonly certificatesPem?: readonly string[]
  readonly federated?: readonly FederatedCredential[]
  /** Consented tenant-wide; everything calendars need when absent. */
  readonly permissions?: readonly string[]
}

/** What a calendar operator is usually given. */
export const defaultPermissions = [
  "Calendars.ReadWrite",
  "MailboxSettings.Read",
  "User.Read.All",
  "GroupMember.Read.All",
  "Place.Read.All",
]

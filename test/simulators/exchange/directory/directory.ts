import { randomUUID } from "node:crypto"

/** Apps, their credentials and consents, groups, and who may touch which mailbox. */

export type FederatedCredential = {
  readonly issuer: string
  readonly subject: string
  readonly audience?: string
  /** The issuer's key; without it only the claims are looked at. */
  readonly publicKeyPem?: string
}

export type App = {
  readonly clientId: string
  readonly name: string
  readonly secrets: readonly { readonly value: string; readonly expiresMs?: number }[]
  readonly certificatesPem: readonly string[]
  readonly federated: readonly FederatedCredential[]
  /** Application permissions consented tenant-wide. */
  readonly permissions: readonly string[]
}

export type Group = {
  readonly id: string
  readonly mail: string
  readonly name: string
  readonly members: readonly string[]
}

/** An ApplicationAccessPolicy; `group` is a group's id or mail. */
export type AccessPolicy = {
  readonly appId: string
  readonly right: "RestrictAccess" | "DenyAccess"
  readonly group: string
}

/** An RBAC assignment for an application; `scope` lists mailbox addresses, groups, or everything. */
export type RoleAssignment = {
  readonly appId: string
  /** `Application Calendars.ReadWrite` and the like. */
  readonly role: string
  readonly scope: readonly string[] | "everything"
}

export const calendarPermissions = {
  read: ["Calendars.ReadBasic", "Calendars.ReadBasic.All", "Calendars.Read", "Calendars.ReadWrite"],
  /** Bodies and extended properties, which ReadBasic hides. */
  content: ["Calendars.Read", "Calendars.ReadWrite"],
  write: ["Calendars.ReadWrite"],
  settings: ["MailboxSettings.Read", "MailboxSettings.ReadWrite"],
} as const
export type Need = keyof typeof calendarPermissions

export class Directory {
  readonly tenantId: string
  readonly tenantName: string
  readonly apps = new Map<string, App>()
  readonly groups = new Map<string, Group>()
  policies: readonly AccessPolicy[] = []
  assignments: readonly RoleAssignment[] = []

  constructor(tenantId: string = randomUUID(), tenantName = "contoso.example") {
    this.tenantId = tenantId
    this.tenantName = tenantName
  }

  addGroup(given: {
    readonly mail: string
    readonly name?: string
    readonly id?: string
    readonly members: readonly string[]
  }): Group {
    const group = {
      id: given.id ?? randomUUID(),
      mail: given.mail,
      name: given.name ?? given.mail,
      members: given.members,
    }
    this.groups.set(group.id, group)
    return group
  }

  findGroup(name: string): Group | undefined {
    const key = name.toLowerCase()
    return [...this.groups.values()].find(group => group.id === key || group.mail.toLowerCase() === key)
  }

  /** Addresses of a group and of the groups in it. */
  membersOf(name: string, seen: ReadonlySet<string> = new Set()): readonly string[] {
    const group = this.findGroup(name)
    if (!group || seen.has(group.id)) return []
    const visited = new Set(seen).add(group.id)
    return group.members.flatMap(member =>
      this.findGroup(member) ? this.membersOf(member, visited) : [member.toLowerCase()],
    )
  }
}

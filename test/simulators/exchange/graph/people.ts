import { createHash } from "node:crypto"
import type { Directory, Group } from "../directory/directory.ts"
import type { Mailbox } from "../store/mailbox.ts"
import type { Store } from "../store/store.ts"
import { type Call, ok, type Reply } from "./call.ts"
import { evaluate, parseFilter } from "./filter.ts"
import { GraphError } from "./graph-error.ts"
import { pageOf } from "./page.ts"

/** Users and groups of the directory. https://learn.microsoft.com/graph/api/group-list-transitivemembers */

const userRoles = ["User.ReadBasic.All", "User.Read.All", "Directory.Read.All"]
const groupRoles = ["GroupMember.ReadBasic.All", "GroupMember.Read.All", "Group.Read.All", "Directory.Read.All"]

function require(call: Call, roles: readonly string[]): void {
  if (!call.caller.roles.some(role => roles.includes(role)))
    throw new GraphError(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
}

export function notInDirectory(name: string): GraphError {
  return new GraphError(
    404,
    "Request_ResourceNotFound",
    `Resource '${name}' does not exist or one of its queried reference-property objects are not present.`,
  )
}

export function getUser(call: Call, mailbox: Mailbox | undefined, name: string): Reply {
  require(call, userRoles)
  if (!mailbox || mailbox.state === "missing") throw notInDirectory(name)
  return ok({ "@odata.context": `${call.origin}/v1.0/$metadata#users/$entity`, ...selectedUser(call, mailbox) })
}

export function listUsers(call: Call): Reply {
  require(call, userRoles)
  const filter = call.query.get("filter")
  const parsed = filter === undefined ? undefined : parseFilter(filter)
  const rows = call.store.mailboxes.filter(({ state }) => state !== "missing").map(userOf)
  const matching = rows.filter(row => !parsed || evaluate(parsed, { rows: () => [], value: path => textOf(row, path) }))
  return pageOf(call, { rows: matching, context: "users", render: row => pick(call, row), defaultSize: 100 })
}

type User = Readonly<Record<string, string | boolean | readonly string[]>>

function textOf(row: User, path: string): string | boolean {
  const value = row[path]
  return typeof value === "string" || typeof value === "boolean" ? value : ""
}

function userOf(mailbox: Mailbox): User {
  return {
    id: mailbox.id,
    displayName: mailbox.displayName,
    mail: mailbox.address,
    userPrincipalName: mailbox.address,
    accountEnabled: true,
    userType: "Member",
    proxyAddresses: [`SMTP:${mailbox.address}`, ...mailbox.aliases.map(alias => `smtp:${alias}`)],
  }
}

function selectedUser(call: Call, mailbox: Mailbox): Record<string, unknown> {
  return pick(call, userOf(mailbox))
}

function pick(call: Call, row: User): Record<string, unknown> {
  const names = call.query.get("select")?.split(",") ?? ["id", "displayName", "mail", "userPrincipalName"]
  return Object.fromEntries(names.map(name => [name.trim(), row[name.trim()] ?? null]))
}

export function listGroups(call: Call, directory: Directory): Reply {
  require(call, groupRoles)
  const filter = call.query.get("filter")
  const parsed = filter === undefined ? undefined : parseFilter(filter)
  const rows = [...directory.groups.values()].filter(
    group => !parsed || evaluate(parsed, { rows: () => [], value: path => textOf(groupOf(group), path) }),
  )
  return pageOf(call, { rows, context: "groups", render: groupOf, defaultSize: 100 })
}

export function groupRoute(
  call: Call,
  given: { readonly directory: Directory; readonly store: Store; readonly segments: readonly string[] },
): Reply {
  const [id = "", ...rest] = given.segments
  require(call, groupRoles)
  if (id === "delta" || id === "delta()") return groupDelta(call, given.directory)
  const group = given.directory.findGroup(id)
  if (!group) throw notInDirectory(id)
  if (rest.length === 0)
    return ok({ "@odata.context": `${call.origin}/v1.0/$metadata#groups/$entity`, ...groupOf(group) })
  const addresses = rest[0] === "transitiveMembers" ? given.directory.membersOf(id) : directMembers(group)
  const users = [...new Set(addresses)].flatMap(address => given.store.findMailbox(address) ?? [])
  const cast = rest[1] === "microsoft.graph.user"
  return pageOf(call, {
    rows: users.filter(({ state }) => state !== "missing"),
    context: "users",
    render: mailbox => ({
      ...(cast ? {} : { "@odata.type": "#microsoft.graph.user" }),
      ...selectedUser(call, mailbox),
    }),
    defaultSize: 100,
  })
}

function directMembers(group: Group): readonly string[] {
  return group.members
}

function groupOf(group: Group): User {
  return { id: group.id, displayName: group.name, mail: group.mail, mailEnabled: true, securityEnabled: true }
}

/** Members as they are; a token says only whether anything changed. Nested groups are not flattened. */
function groupDelta(call: Call, directory: Directory): Reply {
  const ids = [...(call.query.get("filter") ?? "").matchAll(/id eq '([^']+)'/g)].map(match => match[1])
  const groups = [...directory.groups.values()].filter(group => ids.length === 0 || ids.includes(group.id))
  const state = createHash("sha256").update(JSON.stringify(groups)).digest("base64url")
  const token = call.query.get("deltatoken")
  const value =
    token === "latest" || token === state
      ? []
      : groups.map(group => ({
          ...groupOf(group),
          "members@delta": group.members.map(member => ({
            "@odata.type": directory.findGroup(member) ? "#microsoft.graph.group" : "#microsoft.graph.user",
            id: directory.findGroup(member)?.id ?? call.store.findMailbox(member)?.id ?? member,
          })),
        }))
  return ok({
    "@odata.context": `${call.origin}/v1.0/$metadata#groups`,
    "@odata.deltaLink": `${call.origin}${call.path}?$deltatoken=${state}`,
    value,
  })
}

import { timingSafeEqual } from "node:crypto"
import type { Mailbox } from "../store/mailbox.ts"

/** Who may log in to Exchange Server, and whose mailboxes each may open. */

export type AccountSeed = {
  /** The NetBIOS form, `CONTOSO\svc-calsync`. */
  readonly name: string
  readonly password: string
  /** The other name it may log in with. */
  readonly userPrincipalName?: string
  /** Address of its own mailbox; a service account has none. */
  readonly mailbox?: string
  /** The management scope of its ApplicationImpersonation role: addresses, or everything; absent means no such role. */
  readonly impersonates?: readonly string[] | "everything"
  /** Addresses whose calendar it may open as a delegate. */
  readonly delegateOf?: readonly string[]
}

export class Accounts {
  readonly #accounts = new Map<string, AccountSeed>()

  add(account: AccountSeed): void {
    this.#accounts.set(account.name.toLowerCase(), account)
  }

  /** Another password, scope or mailbox for an account that exists. */
  update(name: string, changes: Partial<Omit<AccountSeed, "name">>): void {
    const account = this.#accounts.get(name.toLowerCase())
    if (!account) throw new Error(`no account ${name}`)
    this.add({ ...account, ...changes })
  }

  /** The account behind an Authorization header with Basic, or undefined when nobody is there. */
  logIn(authorization: string | undefined): AccountSeed | undefined {
    const encoded = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(authorization ?? "")?.[1]
    if (encoded === undefined) return undefined
    const [, name = "", password = ""] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, "base64").toString("utf8")) ?? []
    const account = this.#find(name.toLowerCase())
    return account && sameText(account.password, password) ? account : undefined
  }

  #find(name: string): AccountSeed | undefined {
    const byName = this.#accounts.get(name)
    return byName ?? [...this.#accounts.values()].find(account => account.userPrincipalName?.toLowerCase() === name)
  }
}

function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}

export function mayImpersonate(account: AccountSeed, mailbox: Mailbox): boolean {
  const { impersonates = [] } = account
  return impersonates === "everything" || names(impersonates, mailbox)
}

export function isDelegateOf(account: AccountSeed, mailbox: Mailbox): boolean {
  return names([...(account.mailbox === undefined ? [] : [account.mailbox]), ...(account.delegateOf ?? [])], mailbox)
}

function names(addresses: readonly string[], mailbox: Mailbox): boolean {
  const own = new Set([mailbox.address, ...mailbox.aliases].map(address => address.toLowerCase()))
  return addresses.some(address => own.has(address.toLowerCase()))
}

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
  /** Addresses whose calendar it may open and change as a delegate. */
  readonly delegateOf?: readonly string[]
  /** Addresses whose calendar it may look into and no more. */
  readonly reviewerOf?: readonly string[]
  /** Disabled, locked or with an expired password: nothing of it works, and nothing says so. */
  readonly disabled?: boolean
  /** An app of a hybrid organisation: it acts as people and never as itself. */
  readonly isApp?: boolean
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

  /** By its name as a person types it: `CONTOSO\svc` or a user principal name. */
  named(name: string): AccountSeed | undefined {
    const wanted = name.toLowerCase()
    const byName = this.#accounts.get(wanted)
    return byName ?? [...this.#accounts.values()].find(account => account.userPrincipalName?.toLowerCase() === wanted)
  }

  /** By name and domain apart: the domain may be NetBIOS or DNS; without one the name is a UPN, or of our own domain. */
  find(user: string, domain: string): AccountSeed | undefined {
    if (domain === "") return this.named(user) ?? this.named(`CONTOSO\\${user}`)
    return this.named(`${domain}\\${user}`) ?? this.named(`${user}@${domain}`)
  }
}

export function mayImpersonate(account: AccountSeed, mailbox: Mailbox): boolean {
  const { impersonates = [] } = account
  return impersonates === "everything" || names(impersonates, mailbox)
}

/** Its own calendar, or one it is a delegate of. */
export function mayChange(account: AccountSeed, mailbox: Mailbox): boolean {
  return names([...(account.mailbox === undefined ? [] : [account.mailbox]), ...(account.delegateOf ?? [])], mailbox)
}

export function mayLook(account: AccountSeed, mailbox: Mailbox): boolean {
  return mayChange(account, mailbox) || names(account.reviewerOf ?? [], mailbox)
}

function names(addresses: readonly string[], mailbox: Mailbox): boolean {
  const own = new Set([mailbox.address, ...mailbox.aliases].map(address => address.toLowerCase()))
  return addresses.some(address => own.has(address.toLowerCase()))
}

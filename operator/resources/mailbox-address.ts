import type { Identity } from "../core/ports.ts"
import { normalAddress } from "../core/scope.ts"

/**
 * The address a pattern gives an identity, or undefined when the outcome is no address. `{id}`, `{kind}` and `{name}` are
 * replaced; where the source gives no name, the part of the id after its kind stands for it.
 */
export function addressFromPattern(pattern: string, identity: Identity): string | undefined {
  const [, kindOfId, nameOfId = identity.id] = /^([^/]+)\/(.+)$/.exec(identity.id) ?? []
  const parts: Readonly<Record<string, string | undefined>> = {
    id: identity.id,
    kind: identity.kind ?? kindOfId,
    name: identity.name ?? nameOfId,
  }
  let isComplete = true
  const address = pattern.replaceAll(/\{(id|kind|name)(\|lower)?\}/g, (_match, field: string, lower?: string) => {
    const value = parts[field]
    if (value === undefined || value === "") isComplete = false
    return lower === undefined ? (value ?? "") : (value ?? "").toLowerCase()
  })
  return isComplete ? normalAddress(address) : undefined
}

/** A table of identities and addresses, and the lines that could not be used. */
export type MailboxMap = {
  readonly addresses: ReadonlyMap<string, string>
  /** By number only: lines hold names of people. */
  readonly badLines: readonly number[]
}

/** Excel's CSV has a byte order mark, and in half of Europe semicolons. */
const byteOrderMark = /^\uFEFF/
const separators = /[,;\t]/

/**
 * Reads lines of `identity,address`. Blank lines, comments (#) and a heading are passed over; the last separator counts,
 * so an identity may contain one. A line without an address, or an identity told two addresses, is a bad line.
 */
export function readMailboxMap(text: string): MailboxMap {
  const addresses = new Map<string, string>()
  const badLines: number[] = []
  for (const [index, line] of text
    .replace(byteOrderMark, "")
    .split(/\r\n|\n|\r/)
    .entries()) {
    if (line.trim() === "" || line.trim().startsWith("#")) continue
    const { identity, address } = readLine(line)
    const known = addresses.get(identity)
    if (address !== undefined && identity !== "" && (known === undefined || known === address)) {
      addresses.set(identity, address)
    } else if (!(index === 0 && /^"?identity/i.test(line.trim()))) {
      badLines.push(index + 1)
    }
  }
  return { addresses, badLines }
}

function readLine(line: string): { readonly identity: string; readonly address: string | undefined } {
  const cells = line.split(separators)
  const last = cells.at(-1) ?? ""
  return {
    identity: unquoted(line.slice(0, Math.max(0, line.length - last.length - 1))),
    address: normalAddress(unquoted(last)),
  }
}

function unquoted(cell: string): string {
  return cell
    .trim()
    .replace(/^"(.*)"$/, "$1")
    .replaceAll('""', '"')
    .trim()
}

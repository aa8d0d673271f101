import { context, objectIdentifier, octetString, sequence } from "../../der.ts"

/** SPNEGO around NTLM, as `Negotiate` carries it (RFC 4178; MS-SPNG). */

export type NegotiationToken = {
  /** The DER of the list of mechanisms, which both sides sign; absent after the first token. */
  readonly mechanisms?: Buffer
  readonly offersNtlm: boolean
  /** Whether the token is NTLM's, which it is when that is the mechanism the client likes best. */
  readonly ntlmFirst: boolean
  readonly token?: Buffer
  readonly signature?: Buffer
}

const ntlmMechanism = objectIdentifier("1.3.6.1.4.1.311.2.2.10")
const spnego = objectIdentifier("1.3.6.1.5.5.2")

/** Undefined for what is no such token. */
export function readNegotiation(bytes: Buffer): NegotiationToken | undefined {
  const outer = readOne(bytes)
  if (outer?.tag === 0x60) {
    const [mechanism, inner] = readAll(outer.content)
    if (!mechanism || !inner || !mechanism.whole.equals(spnego) || inner.tag !== 0xa0) return undefined
    return readFirst(fieldsOf(inner.content))
  }
  if (outer?.tag !== 0xa1) return undefined
  const fields = fieldsOf(outer.content)
  return { offersNtlm: true, ntlmFirst: true, ...octets("token", fields.get(2)), ...octets("signature", fields.get(3)) }
}

function readFirst(fields: ReadonlyMap<number, Buffer>): NegotiationToken | undefined {
  const mechanisms = fields.get(0)
  const list = mechanisms && readOne(mechanisms)
  if (!mechanisms || !list) return undefined
  const offered = readAll(list.content)
  return {
    mechanisms,
    offersNtlm: offered.some(({ whole }) => whole.equals(ntlmMechanism)),
    ntlmFirst: offered[0]?.whole.equals(ntlmMechanism) ?? false,
    ...octets("token", fields.get(2)),
    ...octets("signature", fields.get(3)),
  }
}

function octets<Name extends string>(name: Name, field: Buffer | undefined): { readonly [key in Name]?: Buffer } {
  const found = field && readOne(field)
  const empty: { [key in Name]?: Buffer } = {}
  if (found?.tag === 0x04) empty[name] = found.content
  return empty
}

const states = { completed: 0, incomplete: 1, requestSignature: 3 } as const

/** NegTokenResp with what is given. */
export function writeNegotiation(given: {
  readonly state: keyof typeof states
  readonly naming: boolean
  readonly token?: Buffer
  readonly signature?: Buffer
}): Buffer {
  const wrap = (number: number, content: Buffer) => context(number, content, { constructed: true })
  const state = Buffer.of(0x0a, 1, states[given.state])
  return wrap(
    1,
    sequence(
      wrap(0, state),
      ...(given.naming ? [wrap(1, ntlmMechanism)] : []),
      ...(given.token ? [wrap(2, octetString(given.token))] : []),
      ...(given.signature ? [wrap(3, octetString(given.signature))] : []),
    ),
  )
}

type Element = { readonly tag: number; readonly content: Buffer; readonly whole: Buffer }

/** The fields of a SEQUENCE by the numbers of their tags. */
function fieldsOf(bytes: Buffer): ReadonlyMap<number, Buffer> {
  const found = readOne(bytes)
  return new Map(readAll(found?.content ?? Buffer.alloc(0)).map(({ tag, content }) => [tag & 0x1f, content]))
}

function readAll(bytes: Buffer): readonly Element[] {
  const elements: Element[] = []
  for (let rest = bytes; rest.length > 0; ) {
    const element = readOne(rest)
    if (!element) break
    elements.push(element)
    rest = rest.subarray(element.whole.length)
  }
  return elements
}

/** Tag, length and value with a tag of one byte; undefined when the bytes end early. */
function readOne(bytes: Buffer): Element | undefined {
  const [tag, first] = [bytes[0], bytes[1]]
  if (tag === undefined || first === undefined) return undefined
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f
  if (lengthBytes > 4 || bytes.length < 2 + lengthBytes) return undefined
  const length = lengthBytes === 0 ? first : bytes.readUIntBE(2, lengthBytes)
  const begin = 2 + lengthBytes
  if (bytes.length < begin + length) return undefined
  return { tag, content: bytes.subarray(begin, begin + length), whole: bytes.subarray(0, begin + length) }
}

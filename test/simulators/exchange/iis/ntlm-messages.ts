/** The three messages of NTLM on the wire. https://learn.microsoft.com/openspecs/windows_protocols/ms-nlmp/ (2.2.1) */

const SIGNATURE = Buffer.from("NTLMSSP\0", "ascii")

export const flags = {
  unicode: 0x1,
  oem: 0x2,
  requestTarget: 0x4,
  sign: 0x10,
  seal: 0x20,
  ntlm: 0x200,
  alwaysSign: 0x8000,
  targetIsDomain: 0x1_0000,
  extendedSessionSecurity: 0x8_0000,
  targetInfo: 0x80_0000,
  version: 0x200_0000,
  key128: 0x2000_0000,
  keyExchange: 0x4000_0000,
  key56: 0x8000_0000,
} as const

/** Ids of the pairs in a target information (2.2.2.1). */
export const avIds = {
  end: 0,
  computerName: 1,
  domainName: 2,
  dnsComputerName: 3,
  dnsDomainName: 4,
  dnsTreeName: 5,
  flags: 6,
  timestamp: 7,
  channelBindings: 10,
} as const

/** MsvAvFlags: the message carries a MIC. */
export const HAS_MIC = 0x2

export type Negotiate = { readonly bytes: Buffer; readonly flags: number }

export type Authenticate = {
  readonly bytes: Buffer
  readonly flags: number
  readonly ntResponse: Buffer
  readonly domain: string
  readonly user: string
  readonly encryptedSessionKey: Buffer
  /** Where the payload begins; a MIC lies before it or is not there. */
  readonly payloadAt: number
}

/** 1, 2 or 3; undefined when it is no NTLM message. */
export function typeOf(message: Buffer): number | undefined {
  return message.length >= 12 && message.subarray(0, 8).equals(SIGNATURE) ? message.readUInt32LE(8) : undefined
}

export function readNegotiate(bytes: Buffer): Negotiate | undefined {
  if (typeOf(bytes) !== 1 || bytes.length < 16) return undefined
  return { bytes, flags: bytes.readUInt32LE(12) }
}

const AUTHENTICATE_HEADER = 64

export function readAuthenticate(bytes: Buffer): Authenticate | undefined {
  if (typeOf(bytes) !== 3 || bytes.length < AUTHENTICATE_HEADER) return undefined
  const given = bytes.readUInt32LE(60)
  const [nt, domain, user, key] = [20, 28, 36, 52].map(at => fieldAt(bytes, at))
  if (!nt || !domain || !user || !key) return undefined
  const encoding = (given & flags.unicode) === 0 ? "latin1" : "utf16le"
  return {
    bytes,
    flags: given,
    ntResponse: nt,
    domain: domain.toString(encoding),
    user: user.toString(encoding),
    encryptedSessionKey: key,
    payloadAt: Math.min(...[12, 20, 28, 36, 44, 52].map(at => offsetAt(bytes, at))),
  }
}

/** Empty fields may point anywhere. */
function offsetAt(bytes: Buffer, at: number): number {
  return bytes.readUInt16LE(at) === 0 ? bytes.length : bytes.readUInt32LE(at + 4)
}

/** Length, maximum length and offset; undefined when they point out of the message. */
function fieldAt(bytes: Buffer, at: number): Buffer | undefined {
  const [length, offset] = [bytes.readUInt16LE(at), bytes.readUInt32LE(at + 4)]
  if (length === 0) return Buffer.alloc(0)
  return offset + length <= bytes.length ? bytes.subarray(offset, offset + length) : undefined
}

const CHALLENGE_HEADER = 56
/** Windows Server 2019, and the only revision there is. */
const VERSION = Buffer.of(10, 0, 0x63, 0x45, 0, 0, 0, 15)

export function writeChallenge(given: {
  readonly flags: number
  readonly target: string
  readonly challenge: Buffer
  readonly targetInfo: Buffer
}): Buffer {
  const target = Buffer.from(given.target, (given.flags & flags.unicode) === 0 ? "latin1" : "utf16le")
  const header = Buffer.alloc(CHALLENGE_HEADER)
  header.set(SIGNATURE)
  header.writeUInt32LE(2, 8)
  header.set(field(target.length, CHALLENGE_HEADER), 12)
  header.writeUInt32LE(given.flags, 20)
  header.set(given.challenge, 24)
  header.set(field(given.targetInfo.length, CHALLENGE_HEADER + target.length), 40)
  header.set(VERSION, 48)
  return Buffer.concat([header, target, given.targetInfo])
}

function field(length: number, offset: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeUInt16LE(length, 0)
  bytes.writeUInt16LE(length, 2)
  bytes.writeUInt32LE(offset, 4)
  return bytes
}

/** Pairs with the end mark. */
export function writeAvPairs(pairs: readonly (readonly [number, Buffer])[]): Buffer {
  return Buffer.concat([...pairs, [avIds.end, Buffer.alloc(0)] as const].map(([id, value]) => avPair(id, value)))
}

function avPair(id: number, value: Buffer): Buffer {
  const head = Buffer.alloc(4)
  head.writeUInt16LE(id, 0)
  head.writeUInt16LE(value.length, 2)
  return Buffer.concat([head, value])
}

/** Up to the end mark, or as far as they can be read. */
export function readAvPairs(bytes: Buffer): ReadonlyMap<number, Buffer> {
  const pairs = new Map<number, Buffer>()
  for (let at = 0; at + 4 <= bytes.length; ) {
    const [id, length] = [bytes.readUInt16LE(at), bytes.readUInt16LE(at + 2)]
    if (id === avIds.end) break
    pairs.set(id, bytes.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
  return pairs
}

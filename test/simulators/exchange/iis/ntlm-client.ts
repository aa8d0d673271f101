import { createHmac, randomBytes } from "node:crypto"
import { md4 } from "./md4.ts"
import { avIds, flags, HAS_MIC, readAvPairs, writeAvPairs } from "./ntlm-messages.ts"
import { rc4 } from "./rc4.ts"

/** The client's half of NTLM, with everything a client can get wrong. For the simulator's own tests. */

export type Credentials = { readonly domain: string; readonly user: string; readonly password: string }

export type Habits = {
  /** NTLMv1 answers with 24 bytes. */
  readonly version?: 1 | 2
  readonly mic?: "right" | "wrong" | "missing" | "unannounced"
  readonly binding?: Buffer
}

const wanted =
  flags.unicode | flags.requestTarget | flags.sign | flags.ntlm | flags.alwaysSign | flags.extendedSessionSecurity
const asked = (wanted | flags.key128 | flags.keyExchange) >>> 0

export function firstMessage(): Buffer {
  const message = Buffer.alloc(32)
  message.write("NTLMSSP\0", "ascii")
  message.writeUInt32LE(1, 8)
  message.writeUInt32LE(asked, 12)
  return message
}

const HEADER = 88

export function thirdMessage(challenge: Buffer, credentials: Credentials, habits: Habits = {}): Buffer {
  return respond(challenge, credentials, habits).message
}

/** The third message, and the key the client has hidden in it. */
export function respond(challenge: Buffer, credentials: Credentials, habits: Habits = {}) {
  const { domain, user, password } = credentials
  const key = hmac(md4(utf16(password)), utf16(user.toUpperCase() + domain))
  const blob = Buffer.concat([
    Buffer.of(1, 1, 0, 0, 0, 0, 0, 0),
    randomBytes(16),
    Buffer.alloc(4),
    pairs(challenge, habits),
  ])
  const proof = hmac(key, challenge.subarray(24, 32), blob)
  const response = habits.version === 1 ? randomBytes(24) : Buffer.concat([proof, blob])
  const sessionKey = randomBytes(16)
  const hidden = rc4(hmac(key, proof), sessionKey)
  const message = laidOut([Buffer.alloc(0), response, utf16(domain), utf16(user), utf16("CLIENT"), hidden])
  const { mic = "right" } = habits
  if (mic === "right") message.set(hmac(sessionKey, firstMessage(), challenge, message), 72)
  if (mic === "wrong") message.fill(7, 72, HEADER)
  return { message, sessionKey, flags: asked }
}

/** LM, NT, domain, user, workstation and session key behind the header, and where each is. */
function laidOut(fields: readonly Buffer[]): Buffer {
  const header = Buffer.alloc(HEADER)
  header.write("NTLMSSP\0", "ascii")
  header.writeUInt32LE(3, 8)
  let offset = HEADER
  for (const [index, field] of fields.entries()) {
    header.writeUInt16LE(field.length, 12 + index * 8)
    header.writeUInt16LE(field.length, 14 + index * 8)
    header.writeUInt32LE(offset, 16 + index * 8)
    offset += field.length
  }
  header.writeUInt32LE(asked, 60)
  return Buffer.concat([header, ...fields])
}

/** What the server told of itself, and what the client adds. */
function pairs(challenge: Buffer, { binding, mic }: Habits): Buffer {
  const [length, offset] = [challenge.readUInt16LE(40), challenge.readUInt32LE(44)]
  const known = [...readAvPairs(challenge.subarray(offset, offset + length))]
  const announced = Buffer.of(mic === "unannounced" ? 0 : HAS_MIC, 0, 0, 0)
  return writeAvPairs([...known, [avIds.flags, announced], [avIds.channelBindings, binding ?? Buffer.alloc(16)]])
}

function utf16(text: string): Buffer {
  return Buffer.from(text, "utf16le")
}

function hmac(key: Uint8Array, ...parts: readonly Uint8Array[]): Buffer {
  return createHmac("md5", key).update(Buffer.concat(parts)).digest()
}

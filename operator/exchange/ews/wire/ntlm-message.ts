import { createHmac } from "node:crypto"
import type { UserCredential } from "../../../core/exchange-settings.ts"
import { md4 } from "./md4.ts"

/**
 * The three messages of NTLM, version 2 only, without signing or sealing (TLS does that):
 * https://learn.microsoft.com/openspecs/windows_protocols/ms-nlmp. Section numbers below are of that document.
 */

/** What the server sent that is not an NTLM challenge we can answer. */
export class NtlmChallengeError extends Error {
  override readonly name = "NtlmChallengeError"
}

const signature = Buffer.from("NTLMSSP\0", "latin1")

/** §2.2.2.5. No key exchange: nothing is sealed with the key, so none is sent. */
const wanted = {
  unicode: 0x1,
  requestTarget: 0x4,
  ntlm: 0x200,
  alwaysSign: 0x8000,
  extendedSessionSecurity: 0x80000,
  targetInfo: 0x800000,
  bits128: 0x20000000,
  bits56: 0x80000000,
} as const
const wantedFlags = Object.values(wanted).reduce((flags, flag) => (flags | flag) >>> 0, 0)

/** §2.2.2.1 */
const avIds = { end: 0, flags: 6, timestamp: 7, targetName: 9, channelBindings: 10 } as const
/** In `MsvAvFlags`: the answer is protected by a MIC. */
const micProvided = 2

/** §2.2.1.1. It says nothing of who is asking: that waits for the third message. */
export function negotiateMessage(): Buffer {
  const message = Buffer.alloc(40)
  signature.copy(message)
  message.writeUInt32LE(1, 8)
  message.writeUInt32LE(wantedFlags, 12)
  return message
}

export type Challenge = {
  readonly flags: number
  readonly serverChallenge: Buffer
  readonly targetInfo: readonly AvPair[]
  /** The whole message, which the MIC covers. */
  readonly message: Buffer
}

type AvPair = { readonly id: number; readonly value: Buffer }

/** §2.2.1.2. Throws NtlmChallengeError. */
export function readChallenge(message: Buffer): Challenge {
  if (message.length < 48 || !message.subarray(0, 8).equals(signature) || message.readUInt32LE(8) !== 2) {
    throw new NtlmChallengeError("not an NTLM challenge")
  }
  const flags = message.readUInt32LE(20)
  if ((flags & wanted.unicode) === 0) throw new NtlmChallengeError("an NTLM challenge without Unicode")
  const start = message.readUInt32LE(44)
  const info = message.subarray(start, start + message.readUInt16LE(40))
  return { flags, serverChallenge: Buffer.from(message.subarray(24, 32)), targetInfo: readAvPairs(info), message }
}

export type Answer = {
  readonly challenge: Challenge
  readonly credential: UserCredential
  /** Eight random bytes. */
  readonly clientChallenge: Buffer
  readonly now: Temporal.Instant
  /** The service we believe to talk to, `HTTP/mail.contoso.com`. */
  readonly targetName: string
  /** §3.1.5.1.2: the hash of the channel, sixteen bytes; zeros where there is none. */
  readonly channelBinding: Buffer
}

/** §2.2.1.3 and §3.1.5.1.2. */
export function authenticateMessage(answer: Answer): Buffer {
  const { challenge, credential, clientChallenge } = answer
  const key = ntowfv2(credential)
  const sentTime = challenge.targetInfo.find(pair => pair.id === avIds.timestamp)?.value
  const blob = clientBlob({
    time: sentTime ?? fileTime(answer.now),
    clientChallenge,
    targetInfo: writeAvPairs(targetInfo(answer, sentTime !== undefined)),
  })
  const proof = hmac(key, challenge.serverChallenge, blob)
  // A server that sends its time wants no LM response (§3.1.5.1.2).
  const lm = sentTime
    ? Buffer.alloc(24)
    : Buffer.concat([hmac(key, challenge.serverChallenge, clientChallenge), clientChallenge])
  const message = layOut(challenge.flags, credential, { lm, nt: Buffer.concat([proof, blob]) })
  if (sentTime) hmac(hmac(key, proof), negotiateMessage(), challenge.message, message).copy(message, micAt)
  return message
}

/** §3.3.2 */
export function ntowfv2({ username, password, domain = "" }: UserCredential): Buffer {
  return hmac(md4(utf16(password)), utf16(upperCase(username) + domain))
}

/** `temp` of §3.3.2. */
export function clientBlob({
  time,
  clientChallenge,
  targetInfo,
}: {
  readonly time: Buffer
  readonly clientChallenge: Buffer
  readonly targetInfo: Buffer
}): Buffer {
  return Buffer.concat([
    Buffer.of(1, 1, 0, 0, 0, 0, 0, 0),
    time,
    clientChallenge,
    Buffer.alloc(4),
    targetInfo,
    Buffer.alloc(4),
  ])
}

export function hmac(key: Buffer, ...parts: readonly Buffer[]): Buffer {
  const mac = createHmac("md5", key)
  for (const part of parts) mac.update(part)
  return mac.digest()
}

function targetInfo({ challenge, targetName, channelBinding }: Answer, hasMic: boolean): readonly AvPair[] {
  const flags = Buffer.alloc(4)
  const sent = challenge.targetInfo.find(pair => pair.id === avIds.flags)?.value
  flags.writeUInt32LE(((sent?.length === 4 ? sent.readUInt32LE(0) : 0) | micProvided) >>> 0)
  const own: readonly number[] = [avIds.flags, avIds.targetName, avIds.channelBindings]
  return [
    ...challenge.targetInfo.filter(pair => !own.includes(pair.id)),
    ...(hasMic ? [{ id: avIds.flags, value: flags }] : []),
    { id: avIds.channelBindings, value: channelBinding },
    { id: avIds.targetName, value: utf16(targetName) },
  ]
}

const headerLength = 88
const micAt = 72

function layOut(
  serverFlags: number,
  { username, domain = "" }: UserCredential,
  responses: { readonly lm: Buffer; readonly nt: Buffer },
): Buffer {
  const workstation = Buffer.alloc(0) // nobody's business
  const sessionKey = Buffer.alloc(0)
  const header = Buffer.alloc(headerLength)
  signature.copy(header)
  header.writeUInt32LE(3, 8)
  const fields = [responses.lm, responses.nt, utf16(domain), utf16(username), workstation, sessionKey]
  let offset = headerLength
  for (const [index, field] of fields.entries()) {
    const at = 12 + index * 8
    header.writeUInt16LE(field.length, at)
    header.writeUInt16LE(field.length, at + 2)
    header.writeUInt32LE(offset, at + 4)
    offset += field.length
  }
  header.writeUInt32LE((wantedFlags & serverFlags) >>> 0, 60)
  return Buffer.concat([header, ...fields])
}

function readAvPairs(info: Buffer): readonly AvPair[] {
  const pairs: AvPair[] = []
  for (let at = 0; at + 4 <= info.length; ) {
    const id = info.readUInt16LE(at)
    const end = at + 4 + info.readUInt16LE(at + 2)
    if (id === avIds.end) return pairs
    if (end > info.length) break
    pairs.push({ id, value: Buffer.from(info.subarray(at + 4, end)) })
    at = end
  }
  throw new NtlmChallengeError("an NTLM challenge without whole target information")
}

function writeAvPairs(pairs: readonly AvPair[]): Buffer {
  const written = [...pairs, { id: avIds.end, value: Buffer.alloc(0) }].flatMap(({ id, value }) => {
    const head = Buffer.alloc(4)
    head.writeUInt16LE(id)
    head.writeUInt16LE(value.length, 2)
    return [head, value]
  })
  return Buffer.concat(written)
}

/** Hundreds of nanoseconds since 1601. */
function fileTime(now: Temporal.Instant): Buffer {
  const time = Buffer.alloc(8)
  time.writeBigUInt64LE(now.epochNanoseconds / 100n + 116_444_736_000_000_000n)
  return time
}

function utf16(text: string): Buffer {
  return Buffer.from(text, "utf16le")
}

/** As Windows does it, one character for one: `ß` stays. */
function upperCase(text: string): string {
  return Array.from(text, character => {
    const upper = character.toUpperCase()
    return upper.length === character.length ? upper : character
  }).join("")
}

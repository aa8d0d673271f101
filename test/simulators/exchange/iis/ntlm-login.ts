import { createHash, createHmac, timingSafeEqual } from "node:crypto"
import type { AccountSeed, Accounts } from "../ews/accounts.ts"
import { md4 } from "./md4.ts"
import {
  type Authenticate,
  avIds,
  flags,
  HAS_MIC,
  type Negotiate,
  readAuthenticate,
  readAvPairs,
  readNegotiate,
  writeAvPairs,
  writeChallenge,
} from "./ntlm-messages.ts"
import { rc4 } from "./rc4.ts"

/** NTLMv2 as a domain's server speaks it. https://learn.microsoft.com/openspecs/windows_protocols/ms-nlmp/ (3.2, 3.3.2) */

export type ExtendedProtection = "off" | "allow" | "require"

export type NtlmRules = {
  readonly accounts: Accounts
  readonly protection: ExtendedProtection
  /** The binding of the TLS connection as the server sees it. */
  readonly binding: Buffer
}

/** What the server's message holds: its time, and eight bytes nobody can foresee. */
export type Beginning = { readonly nowMs: number; readonly challenge: Buffer }

/** Why nobody was let in; a client sees 401 and no more. */
export type LoginRefusal =
  | "malformed"
  | "noHandshake"
  | "unknownAccount"
  | "wrongPassword"
  | "notNtlm2"
  | "channelBinding"
  | "integrity"
  | "badToken"
  | "wrongAudience"
  | "noPermission"

export type NtlmVerdict =
  | { readonly account: AccountSeed; readonly sessionKey: Buffer; readonly flags: number }
  | { readonly refusal: LoginRefusal }

const supported =
  flags.unicode |
  flags.oem |
  flags.requestTarget |
  flags.sign |
  flags.seal |
  flags.ntlm |
  flags.alwaysSign |
  flags.extendedSessionSecurity |
  flags.version |
  flags.key128 |
  flags.keyExchange |
  flags.key56

/** One login from its first message to its last; it lives on one connection. */
export class NtlmLogin {
  readonly #negotiate: Negotiate
  readonly #challenge: Buffer
  /** The second message, for the client. */
  readonly answer: Buffer

  private constructor(negotiate: Negotiate, { nowMs, challenge }: Beginning) {
    this.#negotiate = negotiate
    this.#challenge = challenge
    const wanted = negotiate.flags & supported
    const encoding = (wanted & flags.unicode) === 0 ? 0 : flags.oem
    this.answer = writeChallenge({
      flags: ((wanted & ~encoding) | flags.targetInfo | flags.targetIsDomain) >>> 0,
      target: "CONTOSO",
      challenge,
      targetInfo: targetInfo(nowMs),
    })
  }

  /** Undefined when the message is no first one. */
  static begin(message: Buffer, beginning: Beginning): NtlmLogin | undefined {
    const negotiate = readNegotiate(message)
    return negotiate && new NtlmLogin(negotiate, beginning)
  }

  /** Whom the third message proves. */
  finish(message: Buffer, rules: NtlmRules): NtlmVerdict {
    const third = readAuthenticate(message)
    if (!third) return { refusal: "malformed" }
    if (third.ntResponse.length <= NTLMV1_RESPONSE) return { refusal: "notNtlm2" }
    const account = rules.accounts.find(third.user, third.domain)
    if (!account) return { refusal: "unknownAccount" }
    const [proof, blob] = [third.ntResponse.subarray(0, 16), third.ntResponse.subarray(16)]
    const key = responseKey(account.password, third)
    if (!same(hmac(key, this.#challenge, blob), proof)) return { refusal: "wrongPassword" }
    const pairs = readAvPairs(blob.subarray(BLOB_HEADER))
    if (!bound(pairs.get(avIds.channelBindings), rules)) return { refusal: "channelBinding" }
    const sessionKey = exportedKey(hmac(key, proof), third)
    if (!this.#whole(third, pairs, sessionKey)) return { refusal: "integrity" }
    return { account, sessionKey, flags: third.flags }
  }

  /** A client that says it sends a MIC must send the right one over all three messages (3.2.5.1.2). */
  #whole({ bytes, payloadAt }: Authenticate, pairs: ReadonlyMap<number, Buffer>, sessionKey: Buffer): boolean {
    const given = pairs.get(avIds.flags)
    if (!given || given.length < 4 || (given.readUInt32LE(0) & HAS_MIC) === 0) return true
    if (payloadAt < MIC_END) return false
    const blank = Buffer.from(bytes)
    blank.fill(0, MIC_AT, MIC_END)
    return same(hmac(sessionKey, this.#negotiate.bytes, this.answer, blank), bytes.subarray(MIC_AT, MIC_END))
  }
}

const NTLMV1_RESPONSE = 24
/** Versions, time and the client's challenge come before the pairs (2.2.2.7). */
const BLOB_HEADER = 28
const [MIC_AT, MIC_END] = [72, 88]

function targetInfo(nowMs: number): Buffer {
  const text = (value: string) => Buffer.from(value, "utf16le")
  return writeAvPairs([
    [avIds.domainName, text("CONTOSO")],
    [avIds.computerName, text("EX01")],
    [avIds.dnsDomainName, text("contoso.example")],
    [avIds.dnsComputerName, text("ex01.contoso.example")],
    [avIds.dnsTreeName, text("contoso.example")],
    [avIds.timestamp, fileTime(nowMs)],
  ])
}

const EPOCH_AS_FILE_TIME_MS = 11_644_473_600_000

/** Tenths of microseconds since 1601. */
function fileTime(nowMs: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(Math.trunc(nowMs) + EPOCH_AS_FILE_TIME_MS) * 10_000n)
  return bytes
}

/** NTOWFv2: the account's name in capitals, the domain as the client spelled it. */
function responseKey(password: string, { user, domain }: Authenticate): Buffer {
  return hmac(md4(Buffer.from(password, "utf16le")), Buffer.from(user.toUpperCase() + domain, "utf16le"))
}

const NO_BINDING = Buffer.alloc(16)

/** A binding that is there must be right, unless nobody looks; zeros are none. */
function bound(given: Buffer = NO_BINDING, { protection, binding }: NtlmRules): boolean {
  if (protection === "off") return true
  if (given.equals(NO_BINDING)) return protection === "allow"
  return same(given, binding)
}

/** A key of the client's own choice comes hidden, if there is anything to sign or seal with it (3.1.5.1.2). */
function exportedKey(base: Buffer, { flags: given, encryptedSessionKey }: Authenticate): Buffer {
  const exchanged = (given & flags.keyExchange) !== 0 && (given & (flags.sign | flags.seal)) !== 0
  return exchanged ? rc4(base, encryptedSessionKey) : base
}

function hmac(key: Uint8Array, ...parts: readonly Uint8Array[]): Buffer {
  return createHmac("md5", key).update(Buffer.concat(parts)).digest()
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}

/** The signature of a session's first message in one direction (MS-NLMP 3.4.4.2), as SPNEGO wants one. */
export function firstSignature(
  { sessionKey, flags: given }: { readonly sessionKey: Buffer; readonly flags: number },
  direction: "client-to-server" | "server-to-client",
  message: Buffer,
): Buffer {
  const magic = (use: string) => Buffer.from(`session key to ${direction} ${use} key magic constant\0`, "ascii")
  const key = (material: Buffer, use: string) =>
    createHash("md5")
      .update(Buffer.concat([material, magic(use)]))
      .digest()
  const sequence = Buffer.alloc(4)
  const checksum = hmac(key(sessionKey, "signing"), sequence, message).subarray(0, 8)
  const sealing = key(sessionKey.subarray(0, sealingLength(given)), "sealing")
  const sealed = (given & flags.keyExchange) === 0 ? checksum : rc4(sealing, checksum)
  return Buffer.concat([Buffer.of(1, 0, 0, 0), sealed, sequence])
}

function sealingLength(given: number): number {
  if ((given & flags.key128) !== 0) return 16
  return (given & flags.key56) === 0 ? 5 : 7
}

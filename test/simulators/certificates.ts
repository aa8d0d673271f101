import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto"
import { isIP, isIPv4 } from "node:net"
import {
  bitString,
  boolean,
  context,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  set,
  utcTime,
  utf8String,
} from "./der.ts"

export type Certificate = { readonly certPem: string; readonly keyPem: string }

export type Authority = {
  readonly caPem: string
  /** A serving certificate for these DNS names and IP addresses; `weak` has a key as old servers had. */
  issue(request: { readonly hosts: readonly string[]; readonly weak?: boolean }): Certificate
}

/** A throw-away certificate authority (RFC 5280, P-256) that lives as long as the process; `name` is its common name. */
export function makeAuthority(name: string): Authority {
  const keys = generateKeyPairSync("ec", { namedCurve: "P-256" })
  const issuer: Issuer = { name, keys }
  return {
    caPem: certificate({ issuer, subject: name, publicKey: keys.publicKey, extensions: authorityExtensions() }),
    issue({ hosts, weak = false }) {
      const own = weak
        ? generateKeyPairSync("rsa", { modulusLength: 1024 })
        : generateKeyPairSync("ec", { namedCurve: "P-256" })
      return {
        certPem: certificate({
          issuer,
          subject: hosts[0] ?? "localhost",
          publicKey: own.publicKey,
          extensions: servingExtensions(hosts),
        }),
        keyPem: own.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
      }
    },
  }
}

type Issuer = {
  readonly name: string
  readonly keys: { readonly publicKey: KeyObject; readonly privateKey: KeyObject }
}

type CertificateRequest = {
  readonly issuer: Issuer
  readonly subject: string
  readonly publicKey: KeyObject
  readonly extensions: readonly Buffer[]
}

const ecdsaWithSha256 = sequence(objectIdentifier("1.2.840.10045.4.3.2"))

/** Certificates outlive any test run, and stay under the 825 days that some TLS stacks accept at most. */
const validity = { hoursBack: 48, hoursAhead: 24 * 365 }

function certificate({ issuer, subject, publicKey, extensions }: CertificateRequest): string {
  const now = Temporal.Now.instant()
  const toBeSigned = sequence(
    context(0, integer(Buffer.of(2)), { constructed: true }), // version 3
    integer(positive(randomBytes(16))),
    ecdsaWithSha256,
    distinguishedName(issuer.name),
    sequence(utcTime(now.subtract({ hours: validity.hoursBack })), utcTime(now.add({ hours: validity.hoursAhead }))),
    distinguishedName(subject),
    publicKey.export({ type: "spki", format: "der" }),
    context(3, sequence(...extensions, ...keyIdentifiers(publicKey, issuer.keys.publicKey)), { constructed: true }),
  )
  const signature = sign("sha256", toBeSigned, issuer.keys.privateKey)
  return pem(sequence(toBeSigned, ecdsaWithSha256, bitString(signature)))
}

/** A serial number must be positive and may not begin with a zero byte. */
function positive(serial: Buffer): Buffer {
  return Buffer.concat([Buffer.of(((serial[0] ?? 0) & 0x7f) | 0x40), serial.subarray(1)])
}

function distinguishedName(commonName: string): Buffer {
  return sequence(set(sequence(objectIdentifier("2.5.4.3"), utf8String(commonName))))
}

function authorityExtensions(): Buffer[] {
  const keyCertSignAndCrlSign = bitString(Buffer.of(0x06), 1)
  return [
    extension("2.5.29.19", sequence(boolean(true)), { critical: true }), // basicConstraints: CA
    extension("2.5.29.15", keyCertSignAndCrlSign, { critical: true }),
  ]
}

function servingExtensions(hosts: readonly string[]): Buffer[] {
  const digitalSignature = bitString(Buffer.of(0x80), 7)
  const serverAuth = objectIdentifier("1.3.6.1.5.5.7.3.1")
  return [
    extension("2.5.29.19", sequence(), { critical: true }),
    extension("2.5.29.15", digitalSignature, { critical: true }),
    extension("2.5.29.37", sequence(serverAuth), { critical: false }),
    extension("2.5.29.17", sequence(...hosts.map(alternativeName)), { critical: false }),
  ]
}

/** Strict verifiers (Python 3.13 and later) want both identifiers. */
function keyIdentifiers(own: KeyObject, issuers: KeyObject): Buffer[] {
  return [
    extension("2.5.29.14", octetString(keyIdentifier(own)), { critical: false }),
    extension("2.5.29.35", sequence(context(0, keyIdentifier(issuers), { constructed: false })), { critical: false }),
  ]
}

function keyIdentifier(key: KeyObject): Buffer {
  return createHash("sha1")
    .update(key.export({ type: "spki", format: "der" }))
    .digest()
}

function extension(identifier: string, value: Buffer, { critical }: { readonly critical: boolean }): Buffer {
  return sequence(objectIdentifier(identifier), ...(critical ? [boolean(true)] : []), octetString(value))
}

function alternativeName(host: string): Buffer {
  const [dnsName, ipAddress] = [2, 7]
  return isIP(host) === 0
    ? context(dnsName, Buffer.from(host, "ascii"), { constructed: false })
    : context(ipAddress, addressBytes(host), { constructed: false })
}

function addressBytes(address: string): Buffer {
  return isIPv4(address) ? Buffer.from(address.split(".").map(Number)) : Buffer.from(expandIPv6(address), "hex")
}

function expandIPv6(address: string): string {
  const [head = "", tail = ""] = address.split("::")
  const groups = (text: string) => (text === "" ? [] : text.split(":"))
  const missing = 8 - groups(head).length - groups(tail).length
  const all = [...groups(head), ...Array.from({ length: Math.max(0, missing) }, () => "0"), ...groups(tail)]
  return all.map(group => group.padStart(4, "0")).join("")
}

function pem(der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`
}

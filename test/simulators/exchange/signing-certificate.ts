import { generateKeyPairSync, randomBytes, sign } from "node:crypto"
import { bitString, integer, objectIdentifier, sequence, set, utcTime, utf8String } from "../der.ts"

/** A self-signed RSA certificate as an app has one registered for its assertions; `name` is its common name. */
export function makeSigningCertificate(name: string): { readonly certPem: string; readonly keyPem: string } {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
  const algorithm = sequence(objectIdentifier("1.2.840.113549.1.1.11"), NULL)
  const subject = sequence(set(sequence(objectIdentifier("2.5.4.3"), utf8String(name))))
  const now = Temporal.Now.instant()
  const serial = Buffer.concat([Buffer.of(0x41), randomBytes(15)])
  const validity = sequence(utcTime(now.subtract({ hours: 48 })), utcTime(now.add({ hours: 24 * 365 })))
  const key = publicKey.export({ type: "spki", format: "der" })
  const signed = sequence(integer(serial), algorithm, subject, validity, subject, key)
  const der = sequence(signed, algorithm, bitString(sign("sha256", signed, privateKey)))
  const lines = der.toString("base64").match(/.{1,64}/g) ?? []
  return {
    certPem: `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`,
    keyPem: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  }
}

const NULL = Buffer.of(0x05, 0x00)

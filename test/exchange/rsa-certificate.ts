import { generateKeyPairSync, sign } from "node:crypto"
import { bitString, integer, objectIdentifier, sequence, set, utcTime, utf8String } from "../simulators/der.ts"

/** A self-signed certificate as people make them for an application: RSA, because Entra takes nothing else. */
export function rsaCertificate({ hoursLeft = 24 }: { readonly hoursLeft?: number } = {}): {
  readonly certificatePem: string
  readonly privateKeyPem: string
} {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
  const now = Temporal.Now.instant()
  const sha256WithRsa = sequence(objectIdentifier("1.2.840.113549.1.1.11"), Buffer.of(5, 0))
  const name = sequence(set(sequence(objectIdentifier("2.5.4.3"), utf8String("calsync test"))))
  const toBeSigned = sequence(
    integer(Buffer.of(1)),
    sha256WithRsa,
    name,
    sequence(utcTime(now.subtract({ hours: 48 })), utcTime(now.add({ hours: hoursLeft }))),
    name,
    publicKey.export({ type: "spki", format: "der" }),
  )
  const der = sequence(toBeSigned, sha256WithRsa, bitString(sign("sha256", toBeSigned, privateKey)))
  const lines = der.toString("base64").match(/.{1,64}/g) ?? []
  return {
    certificatePem: `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`,
    privateKeyPem: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  }
}

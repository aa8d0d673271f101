import { createHash, X509Certificate } from "node:crypto"

/**
 * `tls-server-end-point` (RFC 5929 §4) in the form NTLM carries it: what ties a login to the server's certificate, so that
 * nobody in between can pass it on. Servers with Extended Protection refuse logins without.
 */
export function channelBindingOf(certificate: Buffer): Buffer {
  return channelBindingHash(createHash(hashNameFor(certificate)).update(certificate).digest())
}

/** The MD5 of a `gss_channel_bindings_struct` without addresses (RFC 2744 §3.11, MS-NLMP §3.1.5.1.2). */
export function channelBindingHash(certificateHash: Buffer): Buffer {
  const data = Buffer.concat([Buffer.from("tls-server-end-point:", "latin1"), certificateHash])
  const length = Buffer.alloc(4)
  length.writeUInt32LE(data.length)
  return createHash("md5")
    .update(Buffer.concat([Buffer.alloc(16), length, data]))
    .digest()
}

/** Where there is no channel. */
export const noChannelBinding = Buffer.alloc(16)

/** The hash the certificate was signed with; SHA-256 for the weak ones and for those that name none. */
function hashNameFor(certificate: Buffer): string {
  const algorithm = new X509Certificate(certificate).signatureAlgorithm ?? ""
  const bits = /sha-?(384|512)/i.exec(algorithm)?.[1]
  return bits === undefined ? "sha256" : `sha${bits}`
}

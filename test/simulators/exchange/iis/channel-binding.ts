import { createHash, X509Certificate } from "node:crypto"

/**
 * What ties a login to the TLS connection it came over: MD5 of a gss_channel_bindings_struct whose application data
 * is tls-server-end-point (RFC 5929, section 4; MS-NLMP 2.2.2.1, MsvAvChannelBindings).
 */
export function channelBinding(certificatePem: string): Buffer {
  const certificate = new X509Certificate(certificatePem)
  const hash = createHash(hashOf(certificate)).update(certificate.raw).digest()
  const data = Buffer.concat([Buffer.from("tls-server-end-point:", "ascii"), hash])
  // Neither party has an address: type and length of both are zero.
  const bindings = Buffer.alloc(20)
  bindings.writeUInt32LE(data.length, 16)
  return createHash("md5")
    .update(Buffer.concat([bindings, data]))
    .digest()
}

/** The hash of the certificate's signature, where MD5 and SHA-1 count as SHA-256. */
function hashOf({ signatureAlgorithm }: X509Certificate): string {
  return (
    /sha-?(224|256|384|512)/i
      .exec(signatureAlgorithm ?? "")?.[0]
      .toLowerCase()
      .replace("-", "") ?? "sha256"
  )
}

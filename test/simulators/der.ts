/** The few DER types a certificate needs (ITU-T X.690): each function returns one complete tag-length-value. */

export function sequence(...parts: readonly Uint8Array[]): Buffer {
  return tagged(0x30, Buffer.concat(parts))
}

export function set(...parts: readonly Uint8Array[]): Buffer {
  return tagged(0x31, Buffer.concat(parts))
}

/** A positive INTEGER from its big-endian bytes. */
export function integer(bytes: Uint8Array): Buffer {
  const first = bytes[0] ?? 0
  return tagged(0x02, first >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes)
}

export function boolean(value: boolean): Buffer {
  return tagged(0x01, Buffer.of(value ? 0xff : 0))
}

export function octetString(content: Uint8Array): Buffer {
  return tagged(0x04, content)
}

export function bitString(content: Uint8Array, unusedBits = 0): Buffer {
  return tagged(0x03, Buffer.concat([Buffer.of(unusedBits), content]))
}

export function utf8String(text: string): Buffer {
  return tagged(0x0c, Buffer.from(text, "utf8"))
}

/** OBJECT IDENTIFIER from dotted text such as "2.5.4.3". */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number)
  return tagged(0x06, Buffer.concat([Buffer.of(first * 40 + second), ...rest.map(base128)]))
}

/** UTCTime, which RFC 5280 demands up to the year 2049. */
export function utcTime(instant: Temporal.Instant): Buffer {
  const digits = instant.toString({ smallestUnit: "second" }).replace(/[-:TZ]/g, "")
  return tagged(0x17, Buffer.from(`${digits.slice(2)}Z`, "ascii"))
}

/** A context-specific tag: `[number] EXPLICIT` around constructed content, `[number] IMPLICIT` otherwise. */
export function context(number: number, content: Uint8Array, { constructed }: { readonly constructed: boolean }) {
  return tagged((constructed ? 0xa0 : 0x80) | number, content)
}

function tagged(tag: number, content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(tag), length(content.length), content])
}

function length(count: number): Buffer {
  if (count < 0x80) return Buffer.of(count)
  if (count < 0x100) return Buffer.of(0x81, count)
  return Buffer.of(0x82, count >> 8, count & 0xff)
}

function base128(value: number): Buffer {
  const bytes = [value & 0x7f]
  for (let rest = value >> 7; rest > 0; rest >>= 7) bytes.unshift((rest & 0x7f) | 0x80)
  return Buffer.from(bytes)
}

/**
 * Bytes of a feed → text. Some producers fold lines after a number of bytes and cut characters in two; their bytes are
 * put together before they are read as characters (RFC 5545 §3.1 allows exactly this order).
 */

const lineFeed = 0x0a
const carriageReturn = 0x0d
const space = 0x20
const tab = 0x09

/** Text in the charset the server named, else by its byte order mark, else UTF-8; what is no UTF-8 is read as Windows-1252. */
export function decodeCalendar(bytes: Uint8Array, charset?: string): string {
  const decoder = decoderFor(byteOrderMark(bytes) ?? charset)
  if (decoder !== undefined) return decoder.decode(bytes)
  return strictUtf8(bytes) ?? strictUtf8(unfoldBytes(bytes)) ?? mostlyUtf8(bytes)
}

function byteOrderMark(bytes: Uint8Array): string | undefined {
  const [first, second] = bytes
  if (first === 0xff && second === 0xfe) return "utf-16le"
  if (first === 0xfe && second === 0xff) return "utf-16be"
  return undefined
}

/** Undefined for UTF-8, which is looked at more closely, and for charsets nobody knows. */
function decoderFor(charset: string | undefined): TextDecoder | undefined {
  if (charset === undefined) return undefined
  try {
    const decoder = new TextDecoder(charset.trim().replaceAll(/^["']|["']$/g, ""))
    return decoder.encoding === "utf-8" ? undefined : decoder
  } catch {
    return undefined
  }
}

function strictUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** One broken byte in a UTF-8 file costs that character; a file without any UTF-8 in it is an old Windows one. */
function mostlyUtf8(bytes: Uint8Array): string {
  const text = new TextDecoder("utf-8").decode(unfoldBytes(bytes))
  const hasUtf8 = /[\u0080-\uFFFC]/.test(text)
  return hasUtf8 ? text : new TextDecoder("windows-1252").decode(bytes)
}

function unfoldBytes(bytes: Uint8Array): Uint8Array {
  const unfolded = new Uint8Array(bytes.length)
  let length = 0
  for (let index = 0; index < bytes.length; index++) {
    const fold = foldLength(bytes, index)
    if (fold > 0) index += fold - 1
    else unfolded[length++] = bytes[index] ?? 0
  }
  return unfolded.subarray(0, length)
}

function foldLength(bytes: Uint8Array, index: number): number {
  const isCrLf = bytes[index] === carriageReturn && bytes[index + 1] === lineFeed
  const breakLength = isCrLf ? 2 : bytes[index] === lineFeed || bytes[index] === carriageReturn ? 1 : 0
  if (breakLength === 0) return 0
  const next = bytes[index + breakLength]
  return next === space || next === tab ? breakLength + 1 : 0
}

import { inflateRawSync } from "node:zlib"

const endOfDirectory = 0x06054b50
const directoryEntry = 0x02014b50

/** The content of one file of a ZIP archive (APPNOTE 6.3, stored or deflated); throws when it is not in there. */
export function readZipEntry(archive: Buffer, name: string): Buffer {
  const end = archive.lastIndexOf(Buffer.from("PK\x05\x06", "latin1"))
  if (end < 0 || archive.readUInt32LE(end) !== endOfDirectory) throw new Error("not a ZIP archive")
  let at = archive.readUInt32LE(end + 16)
  for (let left = archive.readUInt16LE(end + 10); left > 0; left--) {
    if (archive.readUInt32LE(at) !== directoryEntry) throw new Error("the ZIP archive's directory is damaged")
    const nameLength = archive.readUInt16LE(at + 28)
    if (archive.toString("utf8", at + 46, at + 46 + nameLength) === name) return content(archive, at)
    at += 46 + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32)
  }
  throw new Error(`no ${name} in the ZIP archive`)
}

function content(archive: Buffer, entry: number): Buffer {
  const method = archive.readUInt16LE(entry + 10)
  const size = archive.readUInt32LE(entry + 20)
  const header = archive.readUInt32LE(entry + 42)
  const begin = header + 30 + archive.readUInt16LE(header + 26) + archive.readUInt16LE(header + 28)
  const packed = archive.subarray(begin, begin + size)
  return method === 0 ? packed : inflateRawSync(packed)
}

/**
 * The UID an item was made with, from the `iCalUId` or `UID` Exchange shows for it. A UID from elsewhere is kept inside a
 * GlobalObjectId, and is shown as it came or as that object's hexadecimal, depending on who is asked:
 * https://learn.microsoft.com/openspecs/exchange_server_protocols/ms-oxocal (PidLidGlobalObjectId)
 */
export function madeUid(shown: string): string {
  if (!wrapped.test(shown)) return shown
  const data = Buffer.from(shown.slice(headLength), "hex").toString("utf8")
  return data.startsWith(mark) ? data.slice(mark.length).replace(/\0+$/, "") : shown
}

const wrapped = /^040000008200E00074C5B7101A82E008[0-9A-F]{48,}$/i
/** Class id, date of the exception, time of creation, eight bytes unused and the size: forty bytes. */
const headLength = 80
const mark = "vCal-Uid\u0001\0\0\0"

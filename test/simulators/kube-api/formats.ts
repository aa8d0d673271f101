import { isIP, isIPv4, isIPv6 } from "node:net"

/** Whether text has a format of kube-openapi; formats it does not know are not checked, as on the real server. */
export function hasFormat(text: string, format: string): boolean {
  return formats[format]?.(text) ?? true
}

const formats: Readonly<Record<string, (text: string) => boolean>> = {
  "date-time": isDateTime,
  date: isDate,
  duration: isDuration,
  email: text => /^[^\s@<>]+@[^\s@<>]+$/u.test(text),
  hostname: text =>
    text.length <= 253 && text.split(".").every(part => /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/iu.test(part)),
  uri: text => URL.canParse(text),
  ipv4: isIPv4,
  ipv6: isIPv6,
  ip: text => isIP(text) !== 0,
  cidr: isCidr,
  mac: text => /^([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/iu.test(text),
  uuid: text => /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/iu.test(text),
  byte: text => text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/u.test(text),
}

/** RFC 3339 as Go reads it. */
export function isDateTime(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/u.test(text)) return false
  return parses(() => Temporal.Instant.from(text.replace(/(\.\d{9})\d+/u, "$1")))
}

function isDate(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/u.test(text) && parses(() => Temporal.PlainDate.from(text))
}

/** Go's durations (`1h30m`), and the words that go-openapi also takes (`3 days`). */
function isDuration(text: string): boolean {
  const word = /^(\d+)\s*(ns|us|µs|ms|s|sec|seconds?|m|min|minutes?|h|hours?|d|days?|w|weeks?)$/u
  return text === "0" || word.test(text) || /^[-+]?(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/u.test(text)
}

function isCidr(text: string): boolean {
  const [address = "", bits = "", ...more] = text.split("/")
  const family = isIP(address)
  return more.length === 0 && family !== 0 && /^\d{1,3}$/u.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)
}

function parses(attempt: () => unknown): boolean {
  try {
    attempt()
    return true
  } catch {
    return false
  }
}

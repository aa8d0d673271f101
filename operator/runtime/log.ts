import pino from "pino"

type LogFields = Readonly<Record<string, unknown>>
const logLevels = ["debug", "info", "warn", "error"] as const
export type LogLevel = (typeof logLevels)[number]

/** One-line JSON. Fields are ids, counts and reasons; `error` is told by name, reason and message. */
export type Log = {
  debug(fields: LogFields, message: string): void
  info(fields: LogFields, message: string): void
  warn(fields: LogFields, message: string): void
  error(fields: LogFields, message: string): void
  /** The same log with these fields on every line. */
  child(fields: LogFields): Log
}

/** The log of the process: its level can be changed while it runs, for all children too. */
export type RootLog = Log & { level: LogLevel }

export type LogOptions = {
  readonly level: LogLevel
  /** Where lines go; the standard output when absent. */
  readonly write?: (line: string) => void
}

export function createLog({ level, write }: LogOptions): RootLog {
  const gate = { level }
  const options: pino.LoggerOptions = {
    level: "debug", // the gate below decides, so that children follow a change
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: label => ({ level: label }) },
  }
  const logger = write === undefined ? pino(options) : pino(options, { write })
  return withLevel(logAt(logger, gate), gate)
}

/** A log that says nothing, for tools and tests. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silentLog }

type Gate = { level: LogLevel }

function withLevel(log: Log, gate: Gate): RootLog {
  return Object.defineProperty({ ...log, level: gate.level }, "level", {
    get: () => gate.level,
    set: (level: LogLevel) => {
      gate.level = level
    },
    enumerable: true,
  })
}

function logAt(logger: pino.Logger, gate: Gate): Log {
  const at = (level: LogLevel) => (fields: LogFields, message: string) => {
    if (logLevels.indexOf(level) >= logLevels.indexOf(gate.level)) logger[level](clean(fields), message)
  }
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    child: fields => logAt(logger.child(clean(fields)), gate),
  }
}

// The last line of defence: nothing under these names is ever ours to print, whoever passed it in.
const secretName =
  /^(authorization|password|passphrase|secret|clientsecret|token|accesstoken|refreshtoken|bearertoken|assertion|privatekey|cookie|subject|body|attendees?|data|stringdata)$/i
const bearer = /\b(Bearer|Basic)\s+[\w\-.~+/]+=*/gi
const longestText = 2000
const deepest = 4

function clean(fields: LogFields): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, cleanValue(name, value, 0)]))
}

function cleanValue(name: string, value: unknown, depth: number): unknown {
  if (secretName.test(name.replaceAll(/[-_]/g, ""))) return "[redacted]"
  if (typeof value === "string") return value.replaceAll(bearer, "$1 [redacted]").slice(0, longestText)
  if (value instanceof Error) return describeError(value, depth)
  if (typeof value !== "object" || value === null) return value
  if (depth >= deepest) return "…"
  if (Array.isArray(value)) return value.map(one => cleanValue("", one, depth + 1))
  if (Object.getPrototypeOf(value) !== Object.prototype) return String(value)
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, cleanValue(key, inner, depth + 1)]))
}

/** Name, reason, message and stack; of other own fields nothing, because libraries hang whole requests on errors. */
function describeError(error: Error, depth: number): unknown {
  const reason = "reason" in error && typeof error.reason === "string" ? { reason: error.reason } : {}
  const code = "code" in error && ["string", "number"].includes(typeof error.code) ? { code: error.code } : {}
  const cause = error.cause instanceof Error && depth < deepest ? { cause: describeError(error.cause, depth + 1) } : {}
  const text = (value: string | undefined) => cleanValue("", value ?? "", 0)
  return { name: error.name, ...reason, ...code, message: text(error.message), stack: text(error.stack), ...cause }
}

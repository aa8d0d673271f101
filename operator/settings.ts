import { parseArgs } from "node:util"

/**
 * Everything the process is told from outside. Each flag `--like-this` may also come as the environment variable
 * `CALSYNC_LIKE_THIS`; the flag wins. Nothing else in the operator reads the environment.
 */
export type Settings = {
  /** The operator's own namespace: its Lease and its installation id live there. */
  readonly namespace: string
  /** Namespaces whose objects are served; undefined serves all. */
  readonly watchNamespaces: readonly string[] | undefined
  /** Names this installation on every copy; undefined means it is made once and kept in the cluster. */
  readonly installationId: string | undefined
  readonly leaderElection: {
    readonly enabled: boolean
    readonly leaseDurationMs: number
    readonly renewDeadlineMs: number
    readonly retryPeriodMs: number
  }
  /** This replica's name in the Lease. */
  readonly identity: string
  /** Passes that run at once. */
  readonly concurrency: number
  /** Where /livez, /readyz and /metrics are served. */
  readonly listen: { readonly host: string; readonly port: number }
  readonly logLevel: "debug" | "info" | "warn" | "error"
  readonly kubeconfig: string | undefined
  readonly proxy: { readonly httpProxy?: string; readonly httpsProxy?: string; readonly noProxy?: string }
  /** Where the pod's projected token for workload identity is found. */
  readonly federatedTokenFile: string | undefined
}

const flags = {
  namespace: { type: "string", default: "calsync-system" },
  "watch-namespaces": { type: "string" },
  "installation-id": { type: "string" },
  "leader-election": { type: "string", default: "true" },
  "lease-duration": { type: "string", default: "15s" },
  "renew-deadline": { type: "string", default: "10s" },
  "retry-period": { type: "string", default: "2s" },
  identity: { type: "string" },
  concurrency: { type: "string", default: "4" },
  listen: { type: "string", default: "127.0.0.1:8080" },
  "log-level": { type: "string", default: "info" },
  kubeconfig: { type: "string" },
  "federated-token-file": { type: "string" },
} as const satisfies Record<string, { readonly type: "string"; readonly default?: string }>

type FlagName = keyof typeof flags

/** A setting that cannot be used; the message names the flag and what it takes. */
export class InvalidSettingError extends Error {
  override readonly name = "InvalidSettingError"
}

/** Reads the settings from the command line and the environment; throws InvalidSettingError. */
export function readSettings(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  hostname: string,
): Settings {
  const told = readFlags(argv, environment)
  return {
    namespace: told("namespace") ?? "calsync-system",
    watchNamespaces: list(told("watch-namespaces")),
    installationId: installationId(told("installation-id")),
    leaderElection: {
      enabled: boolean("leader-election", told("leader-election")),
      ...leaseTimes(told),
    },
    identity: told("identity") ?? environment["HOSTNAME"] ?? hostname,
    concurrency: integer("concurrency", told("concurrency"), { least: 1, most: 64 }),
    listen: address(told("listen")),
    logLevel: level(told("log-level")),
    kubeconfig: told("kubeconfig") ?? environment["KUBECONFIG"],
    proxy: proxy(environment),
    federatedTokenFile: told("federated-token-file") ?? environment["AZURE_FEDERATED_TOKEN_FILE"],
  }
}

type Told = (flag: FlagName) => string | undefined

function readFlags(argv: readonly string[], environment: Readonly<Record<string, string | undefined>>): Told {
  const options = Object.fromEntries(Object.keys(flags).map(name => [name, { type: "string" as const }]))
  const given = parse(argv, options)
  return flag => {
    const { default: fallback } = flags[flag] as { readonly default?: string }
    return given[flag] ?? environment[`CALSYNC_${flag.toUpperCase().replaceAll("-", "_")}`] ?? fallback
  }
}

function parse(
  argv: readonly string[],
  options: Record<string, { type: "string" }>,
): Record<string, string | undefined> {
  try {
    return parseArgs({ args: [...argv], options, strict: true }).values
  } catch (error) {
    throw new InvalidSettingError(error instanceof Error ? error.message : String(error))
  }
}

function list(text: string | undefined): readonly string[] | undefined {
  const names = (text ?? "")
    .split(",")
    .map(name => name.trim())
    .filter(name => name !== "")
  return names.length === 0 ? undefined : names
}

function installationId(text: string | undefined): string | undefined {
  if (text === undefined || text === "") return undefined
  if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(text) || text === "default") {
    throw new InvalidSettingError(
      `--installation-id: "${text}" must be 1 to 63 of a-z, 0-9 and "-", and not "default": it must differ from every other installation that writes into the same mailboxes`,
    )
  }
  return text
}

function boolean(flag: FlagName, text: string | undefined): boolean {
  if (text === "true") return true
  if (text === "false") return false
  throw new InvalidSettingError(`--${flag}: "${text}" must be true or false`)
}

function integer(flag: FlagName, text: string | undefined, { least, most }: { least: number; most: number }): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new InvalidSettingError(`--${flag}: "${text}" must be a whole number from ${least} to ${most}`)
}

function leaseTimes(told: Told): Omit<Settings["leaderElection"], "enabled"> {
  const [leaseDurationMs, renewDeadlineMs, retryPeriodMs] = [
    seconds("lease-duration", told("lease-duration")),
    seconds("renew-deadline", told("renew-deadline")),
    seconds("retry-period", told("retry-period")),
  ]
  if (leaseDurationMs > renewDeadlineMs && renewDeadlineMs > retryPeriodMs) {
    return { leaseDurationMs, renewDeadlineMs, retryPeriodMs }
  }
  throw new InvalidSettingError(
    "--lease-duration must be longer than --renew-deadline, and that longer than --retry-period",
  )
}

function seconds(flag: FlagName, text: string | undefined): number {
  const match = /^([1-9][0-9]*)s$/.exec(text ?? "")
  if (match !== null) return Number(match[1]) * 1000
  throw new InvalidSettingError(`--${flag}: "${text}" must be whole seconds such as 15s`)
}

function address(text: string | undefined): Settings["listen"] {
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([^:[\]]+)):([0-9]{1,5})$/.exec(text ?? "")
  const port = Number(match?.[3])
  if (match === null || port > 65_535) {
    throw new InvalidSettingError(`--listen: "${text}" must be host:port, such as 127.0.0.1:8080 or [::]:8080`)
  }
  return { host: match[1] ?? match[2] ?? "", port }
}

function level(text: string | undefined): Settings["logLevel"] {
  if (text === "debug" || text === "info" || text === "warn" || text === "error") return text
  throw new InvalidSettingError(`--log-level: "${text}" must be debug, info, warn or error`)
}

function proxy(environment: Readonly<Record<string, string | undefined>>): Settings["proxy"] {
  const httpProxy = environment["HTTP_PROXY"] ?? environment["http_proxy"]
  const httpsProxy = environment["HTTPS_PROXY"] ?? environment["https_proxy"]
  const noProxy = environment["NO_PROXY"] ?? environment["no_proxy"]
  return {
    ...(httpProxy === undefined ? {} : { httpProxy }),
    ...(httpsProxy === undefined ? {} : { httpsProxy }),
    ...(noProxy === undefined ? {} : { noProxy }),
  }
}

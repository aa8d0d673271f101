import { hostname } from "node:os"
import { KubeConfig } from "@kubernetes/client-node"
import { boundHeapGrowth } from "./heap-growth.ts"
import { startOperator } from "./operator.ts"
import { createLog } from "./runtime/log.ts"
import { InvalidSettingError, readSettings, type Settings } from "./settings.ts"

/** The process: settings in, signals handled, exit code out. Everything else is built in operator.ts. */
async function main(): Promise<void> {
  boundHeapGrowth()
  const settings = readSettingsOrExit()
  const log = createLog({ level: settings.logLevel })
  // Half dead is worse than dead: whatever nobody caught ends the process, and Kubernetes starts another.
  process.on("unhandledRejection", error => {
    log.error({ error }, "an error that nobody caught")
    process.exit(1)
  })
  const stop = new AbortController()
  for (const name of ["SIGTERM", "SIGINT"] as const) {
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(1)
      log.info({ signal: name }, "stopping: work under way may end")
      stop.abort()
    })
  }
  try {
    const { finished } = await startOperator({ settings, kubeConfig: kubeConfigOf(settings), log }, stop.signal)
    await finished
  } catch (error) {
    if (!stop.signal.aborted) {
      log.error({ error }, "the operator ends")
      process.exitCode = 1
    }
  }
}

function readSettingsOrExit(): Settings {
  try {
    return readSettings(process.argv.slice(2), process.env, hostname())
  } catch (error) {
    if (!(error instanceof InvalidSettingError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exit(2)
  }
}

function kubeConfigOf({ kubeconfig }: Settings): KubeConfig {
  const config = new KubeConfig()
  if (kubeconfig === undefined) config.loadFromDefault()
  else config.loadFromFile(kubeconfig)
  return config
}

await main()

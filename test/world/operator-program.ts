import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { createWriteStream } from "node:fs"
import { createServer } from "node:net"
import { fileURLToPath } from "node:url"

const main = fileURLToPath(new URL("../../operator/main.ts", import.meta.url))

/** The operator as a process of its own, as users run it. */
export type OperatorProgram = {
  readonly pid: number
  /** `/livez`, `/readyz`, `/metrics`. */
  readonly probesUrl: string
  readonly logFile: string
  /** Ends it as Kubernetes does, with its drain. */
  stop(): Promise<void>
}

/**
 * What the image sets (docs/benchmarks.md says why): a small nursery, and a malloc that gives back what it got. Node reads
 * neither from within.
 */
export const imageEnvironment = {
  NODE_OPTIONS: "--max-semi-space-size=8",
  MALLOC_ARENA_MAX: "1",
  MALLOC_MMAP_THRESHOLD_: "65536",
} as const

export async function startProgram({
  kubeconfigFile,
  logFile,
  flags = {},
}: {
  readonly kubeconfigFile: string
  readonly logFile: string
  readonly flags?: Readonly<Record<string, string>>
}): Promise<OperatorProgram> {
  const listen = `127.0.0.1:${await freePort()}`
  const argv = Object.entries({ kubeconfig: kubeconfigFile, listen, ...flags }).flatMap(([name, value]) => [
    `--${name}`,
    value,
  ])
  // What is said on the command line of a bench wins: a profile is taken with NODE_OPTIONS.
  const env = { ...imageEnvironment, ...process.env }
  const child = spawn(process.execPath, [main, ...argv], { env, stdio: ["ignore", "pipe", "pipe"] })
  const log = createWriteStream(logFile)
  child.stdout.pipe(log)
  child.stderr.pipe(log)
  if (child.pid === undefined) throw new Error("the operator could not be started")
  return { pid: child.pid, probesUrl: `http://${listen}`, logFile, stop: () => stop(child) }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill("SIGTERM")
  await once(child, "exit")
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  server.close()
  await once(server, "close")
  if (address === null || typeof address === "string") throw new Error("no free port")
  return address.port
}

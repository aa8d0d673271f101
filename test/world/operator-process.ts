import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** An operator as a process of its own, for the one thing that cannot be done to one in this process. */
export type OperatorProcess = {
  /** As SIGKILL does it: nothing is finished, nothing is said. */
  kill(): Promise<void>
}

const main = new URL("../../operator/main.ts", import.meta.url)

export async function spawnOperator(kubeconfig: string, argv: readonly string[]): Promise<OperatorProcess> {
  const folder = await mkdtemp(join(tmpdir(), "calsync-"))
  const file = join(folder, "kubeconfig")
  await writeFile(file, kubeconfig, { mode: 0o600 })
  const child = spawn(process.execPath, [main.pathname, ...argv, "--kubeconfig", file], { stdio: "ignore", env: {} })
  return {
    kill: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill("SIGKILL")
        await once(child, "exit")
      }
      await rm(folder, { recursive: true, force: true })
    },
  }
}

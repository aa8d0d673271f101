import { spawn } from "node:child_process"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { TestContext } from "node:test"
import { type KubeApi, startKubeApi } from "../simulators/kube-api/kube-api.ts"
import { findKubectl } from "./kubectl-binary.ts"

export type Output = { readonly code: number | null; readonly stdout: string; readonly stderr: string }

export type Session = {
  readonly api: KubeApi
  /** Runs kubectl with this input; the arguments are split at spaces unless given one by one. */
  kubectl(command: string | readonly string[], input?: string): Promise<Output>
}

/** No command of these tests takes longer; one that does hangs. */
const COMMAND_TIMEOUT_MS = 15_000

/** A real kubectl, a server of its own, an empty home; all gone when the test ends. */
export async function openSession(context: TestContext): Promise<Session> {
  const binary = await findKubectl(process.env)
  const home = await mkdtemp(join(tmpdir(), "kubectl-home-"))
  const api = await startKubeApi()
  context.after(async () => {
    await api.close()
    await rm(home, { recursive: true, force: true })
  })
  const config = join(home, "config")
  await writeFile(config, api.kubeconfig(), { mode: 0o600 })
  const environment = { HOME: home, KUBECONFIG: config, PATH: process.env["PATH"] ?? "" }
  return {
    api,
    kubectl: (command, input = "") =>
      runCommand(binary, typeof command === "string" ? command.split(" ") : command, { environment, input }),
  }
}

function runCommand(
  binary: string,
  args: readonly string[],
  { environment, input }: { readonly environment: NodeJS.ProcessEnv; readonly input: string },
): Promise<Output> {
  return new Promise((resolve, reject) => {
    const child = spawn(binary, args, { env: environment, timeout: COMMAND_TIMEOUT_MS })
    let stdout = ""
    let stderr = ""
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text
    })
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text
    })
    child.on("error", reject)
    child.on("close", code => resolve({ code, stdout, stderr }))
    child.stdin.end(input)
  })
}

/** Columns of a printed table, one list for each line. */
export function rowsOf({ stdout }: Output): readonly (readonly string[])[] {
  return stdout
    .trimEnd()
    .split("\n")
    .map(line => line.split(/\s{2,}/u).map(cell => cell.trim()))
}

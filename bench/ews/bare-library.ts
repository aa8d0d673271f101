import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises"
import { homedir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"

const library = "ews-javascript-api"
export const libraryVersion = "0.15.3"

/** The folder of ews-javascript-api, fetched once into the user's cache: thirty packages that calsync does without. */
export async function findLibrary(environment: NodeJS.ProcessEnv): Promise<string | { readonly missing: string }> {
  const cache = join(environment["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "calsync")
  const folder = join(cache, `${library}-${libraryVersion}`)
  if (existsSync(join(folder, "node_modules", library))) return folder
  try {
    await mkdir(cache, { recursive: true })
    await fetchInto(folder, await mkdtemp(join(cache, "fetching-")))
    return folder
  } catch {
    return { missing: `npm could not fetch ${library}@${libraryVersion}` }
  }
}

/** Fetched aside and renamed, so that a run that was broken off leaves no half of it. */
async function fetchInto(folder: string, work: string): Promise<void> {
  const flags = ["--prefix", work, "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
  try {
    await promisify(execFile)("npm", ["install", ...flags, `${library}@${libraryVersion}`])
    await rename(work, folder)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

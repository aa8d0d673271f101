import { execFile } from "node:child_process"
import { promisify } from "node:util"

/** Debian's package belongs to Debian's own Python. */
const debianPython = "/usr/bin/python3"

export type Exchangelib = { readonly python: string; readonly version: string }

/** A Python that has exchangelib: `BENCH_PYTHON`, or Debian's with `python3-exchangelib`. */
export async function findExchangelib(
  environment: NodeJS.ProcessEnv,
): Promise<Exchangelib | { readonly missing: string }> {
  const python = environment["BENCH_PYTHON"] ?? debianPython
  try {
    const { stdout } = await promisify(execFile)(python, ["-c", "import exchangelib; print(exchangelib.__version__)"])
    return { python, version: stdout.trim() }
  } catch {
    return { missing: `${python} has no exchangelib (apt-get install python3-exchangelib)` }
  }
}

import { writeFileSync } from "node:fs"
import { cpus, loadavg } from "node:os"

type Target = { readonly text: string; readonly met: boolean }
type Row = { readonly what: string; readonly value: string; readonly target: Target | undefined }

/** What was measured, told at once and kept as a table. */
export class Report {
  readonly #rows: Row[] = []
  readonly #loadBefore = loadavg()[0] ?? 0

  get missed(): readonly string[] {
    return this.#rows.flatMap(({ what, target }) => (target?.met === false ? [what] : []))
  }

  get machine(): string {
    return `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown"}`
  }

  /** A row that begins with two blanks belongs to the one before. */
  tell(what: string, value: string, target?: Target): void {
    this.#rows.push({ what, value, target })
    console.log(`${what.padEnd(66)} ${value.padStart(18)}   ${verdict(target)}`.trimEnd())
  }

  /** The last table measured, as a page of the manual. */
  save(file: URL): void {
    const rows = this.#rows.map(({ what, value, target }) => `| ${indented(what)} | ${value} | ${verdict(target)} |`)
    const load = `${this.#loadBefore.toFixed(1)} before and ${(loadavg()[0] ?? 0).toFixed(1)} after`
    const when = `Measured ${Temporal.Now.plainDateISO()} on ${this.machine}; load of the machine ${load}.`
    writeFileSync(file, [heading, when, "", "| what | measured | target |", "|---|---|---|", ...rows, ""].join("\n"))
  }
}

const heading = `# Benchmarks

\`npm run bench -- --save\` measures calsync against a simulated Exchange at a fixed distance, beside a client that makes one
request per event, in the same run and on the same machine, and writes this page. The simulators and the machine's other
work share the processors with the operator: trust the ratios, and read the seconds as this machine's. What was missed
is left standing.

## Memory

Three things keep it small, beside not holding what is not needed:

- The heap grows by half of what is in use before garbage is collected (\`operator/heap-growth.ts\`). Left alone, V8 goes by
  the machine's memory and knows nothing of the half kilobyte that each \`Temporal\` object takes outside the heap.
- \`NODE_OPTIONS=--max-semi-space-size=8\`: a nursery of 8 MiB instead of 16, which is three times that in memory, for some
  more time spent collecting. Node reads it at its start only, so an image or a manifest sets it.
- \`MALLOC_ARENA_MAX=1\` and \`MALLOC_MMAP_THRESHOLD_=65536\`: glibc gives memory back instead of keeping a reserve for each
  thread. Without it the same run peaks some 60 MiB higher. Other C libraries pass it over.

The measurements are taken with all three.

## Measured
`

function verdict(target: Target | undefined): string {
  return target === undefined ? "" : `${target.met ? "met" : "**missed**"}: ${target.text}`
}

function indented(what: string): string {
  return what.startsWith("  ") ? `… ${what.trim()}` : what
}

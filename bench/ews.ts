import type { Contestant, Cost } from "./ews/contestant.ts"
import { contestants } from "./ews/contestants.ts"
import { type Load, type Measured, measure, middleOf } from "./ews/measure.ts"
import type { Report } from "./report.ts"

/**
 * Exchange Server: items created, listed, changed and deleted, by calsync's calendar and by what others would use, each in a
 * process of its own against a fresh server in another.
 */

const memoryMiB = 100
/** Where waiting is all there is, one run is as good as another. */
const runsNearby = 3

export async function benchEws(report: Report, { isQuick }: { readonly isQuick: boolean }): Promise<void> {
  const all = await contestants(report, process.env)
  const items = isQuick ? 1000 : 5000
  await atDistance(report, all, { items, latencyMs: 0, runs: isQuick ? 1 : runsNearby })
  await atDistance(report, all, { items, latencyMs: 100, runs: 1 })
}

async function atDistance(
  report: Report,
  all: readonly Contestant[],
  load: Load & { readonly runs: number },
): Promise<void> {
  const runs = new Map<Contestant, Measured[]>(all.map(one => [one, []]))
  for (let run = 0; run < load.runs; run += 1)
    for (const [contestant, measured] of runs) measured.push(await measure(contestant, load))
  const results = new Map([...runs].map(([{ name }, measured]) => [name, middleOf(measured)]))
  tellAll(report, results, load)
  tellTargets(report, results, load)
}

const phaseTexts = { create: "created", list: "listed", update: "updated", remove: "deleted" } as const

function tellAll(report: Report, results: ReadonlyMap<string, Measured>, { items, latencyMs }: Load): void {
  const head = [`${items} items at ${latencyMs} ms`, ...results.keys()]
  const row = (what: string, text: (measured: Measured) => string) =>
    report.compare(head, [what, ...[...results.values()].map(text)])
  for (const name of ["create", "list", "update", "remove"] as const) {
    const cost = ({ phases }: Measured) => phases.get(name) ?? noCost
    row(`${phaseTexts[name]} per second`, measured => (items / cost(measured).seconds).toFixed(0))
    row("  CPU per item", measured => `${((cost(measured).cpuSeconds / items) * 1000).toFixed(3)} ms`)
  }
  row("listed again, nothing changed", ({ phases }) => {
    const again = phases.get("again")
    return again ? `${(again.seconds * 1000).toFixed(0)} ms` : "–"
  })
  row("requests, all in all", ({ requests }) => String(requests))
  row("memory before the first item, and at its peak", ({ loadedMiB, peakMiB }) => `${mib(loadedMiB)}, ${mib(peakMiB)}`)
  row("CPU of the server per item", ({ serverCpuSeconds }) => `${((serverCpuSeconds / items) * 1000).toFixed(3)} ms`)
}

const noCost: Cost = { seconds: Number.NaN, cpuSeconds: Number.NaN }

function mib(number: number): string {
  return `${number.toFixed(0)} MiB`
}

/** Beside exchangelib as it comes. */
function tellTargets(report: Report, results: ReadonlyMap<string, Measured>, { items, latencyMs }: Load): void {
  const named = (text: string) => [...results].find(([name]) => name.startsWith(text))?.[1]
  const [ours, theirs] = [named("calsync"), named("exchangelib")]
  if (!ours) return
  const what = `${items} items at ${latencyMs} ms`
  if (theirs) {
    const [mine, other] = [ours, theirs].map(({ phases }) => phases.get("create") ?? noCost)
    const faster = (other?.seconds ?? Number.NaN) / (mine?.seconds ?? Number.NaN)
    const share = (mine?.cpuSeconds ?? Number.NaN) / (other?.cpuSeconds ?? Number.NaN)
    report.tell(`${what}: created, beside exchangelib`, `${faster.toFixed(1)} times as fast`, {
      text: "at least twice",
      met: faster >= 2,
    })
    report.tell("  CPU per item", `${share.toFixed(2)} of its`, { text: "at most half", met: share <= 0.5 })
  }
  const met = ours.peakMiB < memoryMiB
  report.tell(`${what}: memory at its peak`, mib(ours.peakMiB), { text: `under ${memoryMiB} MiB`, met })
}

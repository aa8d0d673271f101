import { benchEws } from "./ews.ts"
import { benchGraph } from "./graph.ts"
import { Report } from "./report.ts"
import { replaceSection } from "./saved-page.ts"

/**
 * `npm run bench [-- graph | ews] [--quick] [--save]`: both backends or one of them, with small counts, and into the manual.
 * Trust the ratios; absolute numbers are this machine's.
 */

const benches = [
  { name: "graph", title: "Exchange Online, measured", run: benchGraph },
  { name: "ews", title: "Exchange Server, measured", run: benchEws },
] as const

const given = process.argv.slice(2)
const isQuick = given.includes("--quick")
const named = benches.filter(({ name }) => given.includes(name))

let missed = 0
for (const { title, run } of named.length > 0 ? named : benches) {
  console.log(`\n${title} on ${Report.machine}\n`)
  const report = new Report()
  await run(report, { isQuick })
  if (given.includes("--save")) replaceSection(new URL("../docs/benchmarks.md", import.meta.url), title, report.page)
  missed += report.missed.length
}
console.log(missed === 0 ? "\nall targets met" : `\n${missed} targets missed`)
process.exitCode = missed === 0 ? 0 : 1

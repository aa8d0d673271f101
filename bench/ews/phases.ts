import { usageOf } from "../process-usage.ts"
import { type Job, jobVariable, type PhaseName, type Said } from "./job.ts"

/** A contestant's side of the benchmark: it reads its job, and says what each phase cost. */

export function readJob(): Job {
  const job: Job = JSON.parse(process.env[jobVariable] ?? "{}")
  return job
}

/** Does the work, says what it cost, and gives what came of it. */
export async function phase<T>(name: PhaseName, work: () => Promise<T>): Promise<T> {
  const [startedAt, before] = [performance.now(), process.cpuUsage()]
  const result = await work()
  const { user, system } = process.cpuUsage(before)
  say({ phase: name, seconds: (performance.now() - startedAt) / 1000, cpuSeconds: (user + system) / 1e6 })
  return result
}

export function sayLoaded(): void {
  say({ loadedMiB: usageOf(process.pid).rssMiB })
}

export function sayPeak(): void {
  say({ peakMiB: usageOf(process.pid).peakRssMiB })
}

function say(said: Said): void {
  console.log(JSON.stringify(said))
}

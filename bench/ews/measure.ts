import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Contestant, type Cost, type Performance, perform } from "./contestant.ts"
import { benchItems } from "./item.ts"
import type { Job, PhaseName } from "./job.ts"
import { account, measuredMailbox, warmUpMailbox } from "./organisation.ts"
import { type ServerProcess, startServer } from "./server-process.ts"

export type Load = { readonly items: number; readonly latencyMs: number }

/** What a contestant used, and what it made the server do. */
export type Measured = Performance & { readonly requests: number; readonly serverCpuSeconds: number }

/** Enough for the server to have compiled what this contestant makes it run. */
const warmUpItems = 500

/**
 * One job of one contestant, against a server of its own, so that nobody finds it fuller or warmer than the others. Throws
 * when the job was not done.
 */
export async function measure(contestant: Contestant, { items, latencyMs }: Load): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), "calsync-bench-"))
  const server = await startServer(latencyMs)
  try {
    await perform(contestant, jobIn(folder, server, { mailbox: warmUpMailbox, count: warmUpItems }))
    const job = jobIn(folder, server, { mailbox: measuredMailbox, count: items })
    const before = { requests: await server.requests(), cpuSeconds: server.usage().cpuSeconds }
    const performance = await perform(contestant, job)
    const serverCpuSeconds = server.usage().cpuSeconds - before.cpuSeconds
    const requests = (await server.requests()) - before.requests
    const left = await server.left(measuredMailbox)
    if (left.kept !== 0 || left.movedAndDeleted !== items) throw new Error(`${contestant.name} did not do its job`)
    return { ...performance, requests, serverCpuSeconds }
  } finally {
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

function jobIn(
  folder: string,
  { ewsUrl, caPem }: ServerProcess,
  { mailbox, count }: { readonly mailbox: string; readonly count: number },
): Job {
  const [caFile, itemsFile] = [join(folder, "ca.pem"), join(folder, "items.jsonl")]
  writeFileSync(caFile, caPem)
  writeFileSync(
    itemsFile,
    benchItems(count)
      .map(item => JSON.stringify(item))
      .join("\n"),
  )
  return { url: ewsUrl, caFile, ...account, mailbox, count, itemsFile }
}

/** The middle of several runs, number by number. */
export function middleOf(runs: readonly Measured[]): Measured {
  const [first] = runs
  if (!first) throw new Error("nothing was measured")
  const phases = [...first.phases.keys()].map((name): [PhaseName, Cost] => {
    const costs = runs.flatMap(({ phases }) => phases.get(name) ?? [])
    const middle = (field: keyof Cost) => median(costs.map(cost => cost[field]))
    return [name, { seconds: middle("seconds"), cpuSeconds: middle("cpuSeconds") }]
  })
  const middle = (field: "loadedMiB" | "peakMiB" | "requests" | "serverCpuSeconds") =>
    median(runs.map(run => run[field]))
  return {
    phases: new Map(phases),
    loadedMiB: middle("loadedMiB"),
    peakMiB: middle("peakMiB"),
    requests: middle("requests"),
    serverCpuSeconds: middle("serverCpuSeconds"),
  }
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN
}

import { spawn } from "node:child_process"
import { once } from "node:events"
import { text } from "node:stream/consumers"
import { fileURLToPath } from "node:url"
import { type Job, jobVariable, type Phase, type PhaseName, type Said } from "./job.ts"

/** A program that does a job against the server. */
export type Contestant = {
  readonly name: string
  readonly command: string
  readonly script: string
  readonly environment?: Readonly<Record<string, string>>
  readonly settings?: Pick<Job, "pageSize" | "threads" | "libraryFolder">
}

export type Cost = Omit<Phase, "phase">
export type Performance = {
  readonly phases: ReadonlyMap<PhaseName, Cost>
  /** Before the first item was made. */
  readonly loadedMiB: number
  readonly peakMiB: number
}

/** Longer than the slowest needs for the largest job. */
const timeLimitMs = 600_000

/** Runs it to its end. Throws when it did not get there. */
export async function perform(contestant: Contestant, job: Job): Promise<Performance> {
  const { name, command, script, environment = {}, settings = {} } = contestant
  const child = spawn(command, [fileURLToPath(new URL(script, import.meta.url))], {
    env: {
      PATH: process.env["PATH"],
      PYTHONDONTWRITEBYTECODE: "1",
      TZ: "UTC",
      ...environment,
      [jobVariable]: JSON.stringify({ ...job, ...settings }),
    },
    stdio: ["ignore", "pipe", "inherit"],
    signal: AbortSignal.timeout(timeLimitMs),
  })
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, "exit")])
  if (code !== 0) throw new Error(`${name} ended with ${code}`)
  return performanceOf(output.trim().split("\n").map(parse))
}

function performanceOf(said: readonly Said[]): Performance {
  const phases = new Map(said.flatMap(one => ("phase" in one ? [[one.phase, one] as const] : [])))
  const [loadedMiB = Number.NaN] = said.flatMap(one => ("loadedMiB" in one ? [one.loadedMiB] : []))
  const [peakMiB = Number.NaN] = said.flatMap(one => ("peakMiB" in one ? [one.peakMiB] : []))
  return { phases, loadedMiB, peakMiB }
}

function parse(line: string): Said {
  const said: Said = JSON.parse(line)
  return said
}

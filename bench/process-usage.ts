import { readFileSync } from "node:fs"

/** What a process has used so far, from /proc: Linux only. */
export type Usage = { readonly cpuSeconds: number; readonly rssMiB: number; readonly peakRssMiB: number }

/** Clock ticks per second: 100 on every Linux that Node runs on. */
const ticksPerSecond = 100

export function usageOf(pid: number): Usage {
  const status = readFileSync(`/proc/${pid}/status`, "utf8")
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
  const [utime = 0, stime = 0] = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .slice(11, 13)
    .map(Number)
  return {
    cpuSeconds: (utime + stime) / ticksPerSecond,
    rssMiB: kibOf(status, "VmRSS") / 1024,
    peakRssMiB: kibOf(status, "VmHWM") / 1024,
  }
}

function kibOf(status: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? Number.NaN)
}

import { cpus } from "node:os"
import { inSync, isReady, openArena, secondsUntil, tenant } from "./arena.ts"
import { benchFeed } from "./feed.ts"
import { NaiveClient } from "./naive-client.ts"
import { usageOf } from "./process-usage.ts"

/**
 * How fast, how many requests, how much memory: measured against a simulated Exchange at a fixed distance, beside a client that
 * does one request per event in the same run. Trust the ratios; absolute numbers are this machine's.
 */

/** What Graph allows for one application and mailbox: https://learn.microsoft.com/graph/throttling-limits */
const atOncePerMailbox = 4

const isQuick = process.argv.includes("--quick")
const results: { readonly what: string; readonly value: string; readonly target?: string; readonly met?: boolean }[] =
  []

function tell(what: string, value: string, target?: { readonly text: string; readonly met: boolean }): void {
  results.push(target === undefined ? { what, value } : { what, value, target: target.text, met: target.met })
  console.log(
    `${what.padEnd(62)} ${value.padStart(16)}${target ? `   ${target.met ? "met" : "MISSED"}: ${target.text}` : ""}`,
  )
}

async function firstLoadOfOne(events: number, latencyMs: number): Promise<void> {
  const mailboxes = ["one@bench.example", "naive@bench.example"]
  const arena = await openArena({ latencyMs, mailboxes: mailboxes.slice(0, 1), concurrency: 4 })
  try {
    arena.exchange.admin.addMailbox({ address: "naive@bench.example" })
    arena.feeds.set("one.ics", { body: benchFeed({ name: "one", events }) })
    await secondsUntil(() => operationsOf(arena, "events.create") > 0, 60, "the first event")
    const seconds = await secondsUntil(
      () => arena.exchange.admin.events("one@bench.example").length === events,
      300,
      "all events",
    )
    await secondsUntil(() => arena.syncs().every(isReady), 30, "Ready")
    const least = (events * latencyMs) / 1000 / atOncePerMailbox
    const { url, caPem } = arena.exchange
    const naive = await NaiveClient.signIn({ url, caPem, ...tenant })
    const naiveSeconds = await naive.create("naive@bench.example", events)
    await naive.close()
    tell(`first load of ${events} events at ${latencyMs} ms`, `${seconds.toFixed(1)} s`, {
      text: `within 10 % of ${least.toFixed(1)} s, the least that four at once allow`,
      met: seconds <= least * 1.1,
    })
    tell("  one request per event, one after the other", `${naiveSeconds.toFixed(1)} s`)
    tell("  calsync is faster by", `${(naiveSeconds / seconds).toFixed(1)} times`)
  } finally {
    await arena.close()
  }
}

async function manyMailboxes(count: number, events: number, latencyMs: number): Promise<void> {
  const names = Array.from({ length: count }, (_, index) => `m${index}`)
  const arena = await openArena({ latencyMs, mailboxes: names.map(name => `${name}@bench.example`), concurrency: 16 })
  try {
    for (const name of names) arena.feeds.set(`${name}.ics`, { body: benchFeed({ name, events }) })
    const isLoaded = () =>
      arena.syncs().length === count && arena.syncs().every(one => isReady(one) && inSync(one) === events)
    const seconds = await secondsUntil(isLoaded, 900, "everything loaded")
    const load = usageOf(arena.operator.pid)
    const { requests } = arena.exchange.admin.counters()
    tell(`first load of ${count} mailboxes × ${events} events at ${latencyMs} ms`, `${seconds.toFixed(1)} s`)
    tell("  requests per event", (requests / count / events).toFixed(3))
    tell("  CPU of the operator per event", `${((load.cpuSeconds / count / events) * 1000).toFixed(2)} ms`)
    tell("  memory of the operator at its peak", `${load.peakRssMiB.toFixed(0)} MiB`, {
      text: "under 300 MiB",
      met: load.peakRssMiB < 300,
    })
    await settle(arena, "settle")
    await noChange(arena, count)
    await onePercent(arena, { names, events })
    const end = usageOf(arena.operator.pid)
    tell("memory of the operator afterwards", `${end.rssMiB.toFixed(0)} MiB (peak ${end.peakRssMiB.toFixed(0)})`, {
      text: "under 300 MiB",
      met: end.peakRssMiB < 300,
    })
  } finally {
    await arena.close()
  }
}

type Arena = Awaited<ReturnType<typeof openArena>>

/** One pass of everybody, as a person asks for it. */
async function settle(arena: Arena, token: string): Promise<number> {
  await arena.request("calendarsyncs", token)
  const isDone = () => arena.syncs().every(sync => JSON.stringify(sync).includes(`"lastHandledReconcileAt":"${token}"`))
  return await secondsUntil(isDone, 300, `everybody's pass ${token}`)
}

async function noChange(arena: Arena, count: number): Promise<void> {
  arena.exchange.admin.resetCounters()
  const before = usageOf(arena.operator.pid)
  const seconds = await settle(arena, "unchanged")
  const { requests } = arena.exchange.admin.counters()
  const writes = writesOf(arena)
  const cpu = usageOf(arena.operator.pid).cpuSeconds - before.cpuSeconds
  tell(`a pass without a change, ${count} mailboxes`, `${seconds.toFixed(1)} s`)
  tell("  requests per mailbox", (requests / count).toFixed(2), { text: "at most one", met: requests <= count })
  tell("  writes", String(writes), { text: "none", met: writes === 0 })
  tell("  CPU of the operator per mailbox", `${((cpu / count) * 1000).toFixed(1)} ms`)
}

async function onePercent(
  arena: Arena,
  { names, events }: { readonly names: readonly string[]; readonly events: number },
): Promise<void> {
  const changed = Math.max(1, Math.round(events / 100))
  const all = changed * names.length
  for (const name of names) arena.feeds.set(`${name}.ics`, { body: benchFeed({ name, events, changed }) })
  arena.exchange.admin.resetCounters()
  await arena.request("calendarsources", "changed")
  const seconds = await secondsUntil(() => operationsOf(arena, "events.update") >= all, 300, "all changes")
  const { requests } = arena.exchange.admin.counters()
  tell(`1 % changed: ${all} events in ${names.length} mailboxes`, `${seconds.toFixed(1)} s`)
  tell("  writes per changed event", (writesOf(arena) / all).toFixed(2), { text: "one", met: writesOf(arena) === all })
  tell("  requests per changed event, all in all", (requests / all).toFixed(2))
  tell(
    "  one request per event would take",
    `${names.length * events} requests, ${((names.length * events) / requests).toFixed(0)} times as many`,
  )
}

function operationsOf(arena: Arena, name: string): number {
  return arena.exchange.admin.counters().operations[name] ?? 0
}

function writesOf(arena: Arena): number {
  return Object.entries(arena.exchange.admin.counters().operations)
    .filter(([name]) => /^events\.(create|update|delete)/.test(name))
    .reduce((sum, [, count]) => sum + count, 0)
}

console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown"}\n`)
await firstLoadOfOne(isQuick ? 200 : 1000, 50)
console.log()
await manyMailboxes(isQuick ? 20 : 200, isQuick ? 100 : 300, 20)
const missed = results.filter(({ met }) => met === false)
console.log(`\n${results.filter(({ met }) => met === true).length} targets met, ${missed.length} missed`)
process.exitCode = missed.length === 0 ? 0 : 1

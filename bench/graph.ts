import { setTimeout } from "node:timers/promises"
import { inSync, isReady, mailboxOf, openArena, secondsUntil, tenant } from "./arena.ts"
import { benchFeed } from "./feed.ts"
import { NaiveClient } from "./naive-client.ts"
import { usageOf } from "./process-usage.ts"
import type { Report } from "./report.ts"

/**
 * Exchange Online: how fast, how many requests, how much memory, measured at a fixed distance beside a client that does one
 * request per event in the same run.
 */

/** What Graph allows for one application and mailbox: https://learn.microsoft.com/graph/throttling-limits */
const atOncePerMailbox = 4
/** What a pod of two hundred mailboxes is meant to be content with. */
const memoryMiB = 300

export async function benchGraph(report: Report, { isQuick }: { readonly isQuick: boolean }): Promise<void> {
  await firstLoadOfOne(report, { events: isQuick ? 200 : 1000, latencyMs: 50 })
  await manyMailboxes(report, { count: isQuick ? 20 : 200, events: isQuick ? 100 : 300, latencyMs: 20 })
}

type Load = { readonly events: number; readonly latencyMs: number }

async function firstLoadOfOne(report: Report, { events, latencyMs }: Load): Promise<void> {
  const arena = await openArena({ latencyMs, mailboxes: ["one@bench.example"], concurrency: 4 })
  try {
    for (const name of ["naive", "batches"]) arena.exchange.admin.addMailbox({ address: `${name}@bench.example` })
    arena.feeds.set("one.ics", { body: benchFeed({ name: "one", events }) })
    await secondsUntil(() => operationsOf(arena, "events.create") > 0, 60, "the first event")
    const isThere = () => arena.exchange.admin.events("one@bench.example").length === events
    const seconds = await secondsUntil(isThere, 300, "all events")
    await secondsUntil(() => arena.syncs().every(isReady), 30, "Ready")
    const { batches, naive } = await withNaive(arena, async client => ({
      batches: await client.createInBatches("batches@bench.example", events),
      naive: await client.create("naive@bench.example", events),
    }))
    const least = (events * latencyMs) / 1000 / atOncePerMailbox
    report.tell(`first load of ${events} events at ${latencyMs} ms`, `${seconds.toFixed(1)} s`, {
      text: `within 10 % of ${least.toFixed(1)} s, the least that four at once allow`,
      met: seconds <= least * 1.1,
    })
    report.tell("  full batches in a bare loop, on this machine", `${batches.toFixed(1)} s`)
    report.tell("  one request per event, one after the other", `${naive.toFixed(1)} s`)
    report.tell("  calsync is faster by", `${(naive / seconds).toFixed(1)} times`)
  } finally {
    await arena.close()
  }
}

async function manyMailboxes(
  report: Report,
  { count, events, latencyMs }: Load & { readonly count: number },
): Promise<void> {
  const names = Array.from({ length: count }, (_, index) => `m${index}`)
  const arena = await openArena({ latencyMs, mailboxes: names.map(addressOf), concurrency: 16 })
  try {
    for (const name of names) arena.feeds.set(`${name}.ics`, { body: benchFeed({ name, events }) })
    const isLoaded = () =>
      arena.syncs().length === count && arena.syncs().every(one => isReady(one) && inSync(one) === events)
    const seconds = await secondsUntil(isLoaded, 900, "everything loaded")
    const load = usageOf(arena.operator.pid)
    const { requests } = arena.exchange.admin.counters()
    report.tell(`first load of ${count} mailboxes × ${events} events at ${latencyMs} ms`, `${seconds.toFixed(1)} s`)
    report.tell("  requests per event", (requests / count / events).toFixed(3))
    report.tell("  CPU of the operator per event", `${((load.cpuSeconds / count / events) * 1000).toFixed(2)} ms`)
    tellMemory(report, "  memory of the operator at its peak", load.peakRssMiB)
    await pass(arena, "settle")
    await noChange(report, { arena, count })
    await onePercent(report, { arena, names, events })
    tellMemory(report, "memory of the operator at its peak, all in all", usageOf(arena.operator.pid).peakRssMiB)
    await oneBesideNaive(report, { arena, name: names[0] ?? "", events })
  } finally {
    await arena.close()
  }
}

type Arena = Awaited<ReturnType<typeof openArena>>

/** One pass of everybody, or of one mailbox, as a person asks for it. */
async function pass(arena: Arena, token: string, mailbox?: string): Promise<number> {
  const startedAt = performance.now()
  await arena.request("calendarsyncs", token, mailbox)
  const mine = () => arena.syncs().filter(sync => mailbox === undefined || mailboxOf(sync) === mailbox)
  const isDone = () => mine().every(sync => JSON.stringify(sync).includes(`"lastHandledReconcileAt":"${token}"`))
  await secondsUntil(isDone, 300, `the pass ${token}`)
  return (performance.now() - startedAt) / 1000
}

async function noChange(
  report: Report,
  { arena, count }: { readonly arena: Arena; readonly count: number },
): Promise<void> {
  arena.exchange.admin.resetCounters()
  const before = usageOf(arena.operator.pid)
  const seconds = await pass(arena, "unchanged")
  const { requests } = arena.exchange.admin.counters()
  const writes = writesOf(arena)
  const cpu = usageOf(arena.operator.pid).cpuSeconds - before.cpuSeconds
  report.tell(`a pass without a change, ${count} mailboxes`, `${seconds.toFixed(1)} s`)
  report.tell("  requests per mailbox", (requests / count).toFixed(2), { text: "at most one", met: requests <= count })
  report.tell("  writes", String(writes), { text: "none", met: writes === 0 })
  report.tell("  CPU of the operator per mailbox", `${((cpu / count) * 1000).toFixed(1)} ms`)
}

async function onePercent(
  report: Report,
  { arena, names, events }: { readonly arena: Arena; readonly names: readonly string[]; readonly events: number },
): Promise<void> {
  const changed = onePercentOf(events)
  const all = changed * names.length
  for (const name of names) arena.feeds.set(`${name}.ics`, { body: benchFeed({ name, events, changed }) })
  arena.exchange.admin.resetCounters()
  await arena.request("calendarsources", "changed")
  const seconds = await secondsUntil(() => operationsOf(arena, "events.update") >= all, 300, "all changes")
  await setTimeout(answerMs)
  const { requests } = arena.exchange.admin.counters()
  const writes = writesOf(arena)
  report.tell(`1 % changed: ${all} events in ${names.length} mailboxes, found and written`, `${seconds.toFixed(1)} s`)
  report.tell("  writes per changed event", (writes / all).toFixed(2), { text: "one", met: writes === all })
  report.tell("  requests per changed event, all in all", (requests / all).toFixed(2))
}

/** Of one mailbox only, so that nothing need be extrapolated: the others do not make either of the two faster or slower. */
async function oneBesideNaive(
  report: Report,
  { arena, name, events }: { readonly arena: Arena; readonly name: string; readonly events: number },
): Promise<void> {
  const mailbox = addressOf(name)
  const changed = onePercentOf(events)
  await pass(arena, "quiet")
  const still = await counted(arena, () => pass(arena, "alone", mailbox))
  const ids = arena.exchange.admin.events(mailbox).map(({ id }) => id)
  const naiveLook = await counted(arena, () => withNaive(arena, client => client.lookAndChange(mailbox, ids, 0)))
  await pass(arena, "after the naive one", mailbox)
  arena.feeds.set(`${name}.ics`, { body: benchFeed({ name, events, changed: changed * 2 }) })
  const moving = await counted(arena, async () => {
    await arena.request("calendarsources", "changed again")
    return await secondsUntil(() => operationsOf(arena, "events.update") >= changed, 60, "the mailbox's changes")
  })
  const naiveChange = await counted(arena, () =>
    withNaive(arena, client => client.lookAndChange(mailbox, ids, changed)),
  )
  tellRatio(report, { what: `one mailbox of ${events} events without a change`, ours: still, naive: naiveLook })
  const what = `one mailbox of ${events} events with ${changed} changed, its source read first`
  tellRatio(report, { what, ours: moving, naive: naiveChange })
}

/** A request is counted when it is answered, and that is a moment after its effect. */
const answerMs = 200

type Cost = { readonly seconds: number; readonly requests: number }

async function counted(arena: Arena, work: () => Promise<number>): Promise<Cost> {
  arena.exchange.admin.resetCounters()
  const seconds = await work()
  await setTimeout(answerMs)
  return { seconds, requests: arena.exchange.admin.counters().requests }
}

function tellRatio(
  report: Report,
  { what, ours, naive }: { readonly what: string; readonly ours: Cost; readonly naive: Cost },
): void {
  const text = ({ requests, seconds }: Cost) => `${requests} in ${seconds.toFixed(2)} s`
  report.tell(`${what}: requests`, text(ours))
  report.tell("  one request per event, one after the other", text(naive))
  const times = (one: number, other: number) => (one / other).toFixed(0)
  report.tell(
    "  fewer requests, and faster, by",
    `${times(naive.requests, ours.requests)} and ${times(naive.seconds, ours.seconds)} times`,
  )
}

function tellMemory(report: Report, what: string, peakMiB: number): void {
  report.tell(what, `${peakMiB.toFixed(0)} MiB`, { text: `under ${memoryMiB} MiB`, met: peakMiB < memoryMiB })
}

async function withNaive<T>(arena: Arena, work: (client: NaiveClient) => Promise<T>): Promise<T> {
  const { url, caPem } = arena.exchange
  const client = await NaiveClient.signIn({ url, caPem, ...tenant })
  try {
    return await work(client)
  } finally {
    await client.close()
  }
}

function addressOf(name: string): string {
  return `${name}@bench.example`
}

function onePercentOf(events: number): number {
  return Math.max(1, Math.round(events / 100))
}

function operationsOf(arena: Arena, name: string): number {
  return arena.exchange.admin.counters().operations[name] ?? 0
}

function writesOf(arena: Arena): number {
  return Object.entries(arena.exchange.admin.counters().operations)
    .filter(([name]) => /^events\.(create|update|delete)/.test(name))
    .reduce((sum, [, count]) => sum + count, 0)
}

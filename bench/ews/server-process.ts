import { spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { type Usage, usageOf } from "../process-usage.ts"
import { isMoved } from "./item.ts"
import type { Whereabouts } from "./organisation.ts"

const program = fileURLToPath(new URL("server.ts", import.meta.url))

/** A simulated Exchange Server of its own for one contestant. */
export type ServerProcess = Whereabouts & {
  usage(): Usage
  /** Requests answered since it started. */
  requests(): Promise<number>
  /** How many items are in a mailbox's calendar, and how many were moved to the new place and then deleted. */
  left(mailbox: string): Promise<{ readonly kept: number; readonly movedAndDeleted: number }>
  stop(): Promise<void>
}

export async function startServer(latencyMs: number): Promise<ServerProcess> {
  const child = spawn(process.execPath, [program, String(latencyMs)], { stdio: ["ignore", "pipe", "inherit"] })
  const [line]: unknown[] = await once(createInterface(child.stdout), "line")
  const whereabouts: Whereabouts = JSON.parse(String(line))
  const admin = (method: string, ...given: readonly unknown[]) => ask(`${whereabouts.pageUrl}/_sim/${method}`, given)
  const { pid } = child
  if (pid === undefined) throw new Error("the simulated server could not be started")
  return {
    ...whereabouts,
    usage: () => usageOf(pid),
    requests: async () => (await admin("counters")).requests,
    left: async mailbox => {
      const [kept, deleted] = [await admin("events", mailbox), await admin("deletedEvents", mailbox)]
      const moved = deleted.filter((one: SeenEvent) => isMoved(one.location.displayName))
      return { kept: kept.length, movedAndDeleted: moved.length }
    },
    stop: async () => {
      child.kill("SIGTERM")
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit")
    },
  }
}

type SeenEvent = { readonly location: { readonly displayName: string } }

async function ask(url: string, given: readonly unknown[]) {
  const answer = await fetch(url, { method: "POST", body: JSON.stringify(given) })
  if (!answer.ok) throw new Error(`the simulated server's admin answered ${answer.status}`)
  return JSON.parse(await answer.text()).result
}

import { setTimeout as wait } from "node:timers/promises"
import type { ActiveFault } from "../faults.ts"
import type { Reply } from "./call.ts"

/** Nobody stays for what is late: the test may be over. */
const later = (ms: number) => wait(ms, undefined, { ref: false })

/** Runs a request under the fault it met, if it met one. */
export async function underFault(fault: ActiveFault | undefined, run: () => Promise<Reply>): Promise<Reply> {
  if (!fault) return run()
  switch (fault.kind) {
    case "status":
      return statusReply(fault)
    case "drop":
      return dropped(fault.when, run)
    case "slow":
      await later(fault.delayMs)
      return run()
    case "delayedCommit": {
      const late = async () => {
        await later(fault.delayMs)
        await run().catch(() => undefined)
      }
      void late()
      return statusReply({ status: 504, code: "UnknownError", message: "" })
    }
    case "batchStopped":
      return run()
    default:
      return fault satisfies never
  }
}

async function dropped(when: "before" | "after" | "midBody", run: () => Promise<Reply>): Promise<Reply> {
  if (when === "before") return { status: 0, dropped: "silently" }
  const reply = await run()
  return { ...reply, dropped: when === "midBody" ? "midBody" : "silently" }
}

const defaultCodes: Readonly<Record<number, string>> = {
  410: "SyncStateNotFound",
  412: "ErrorIrresolvableConflict",
  429: "ApplicationThrottled",
  503: "ErrorMailboxStoreUnavailable",
  504: "UnknownError",
}

function statusReply(fault: {
  readonly status: number
  readonly code?: string
  readonly message?: string
  readonly retryAfter?: number
  readonly text?: string
}): Reply {
  const code = fault.code ?? defaultCodes[fault.status] ?? "UnknownError"
  const headers: Record<string, string> =
    fault.retryAfter === undefined ? {} : { "retry-after": String(fault.retryAfter) }
  const body = fault.text ?? { error: { code, message: fault.message ?? "The service is having a bad day." } }
  return { status: fault.status, headers, body }
}

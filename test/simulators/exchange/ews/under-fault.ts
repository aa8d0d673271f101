import { setTimeout as wait } from "node:timers/promises"
import type { ActiveFault } from "../faults.ts"
import type { Reply } from "../graph/call.ts"
import { type Batch, stoppedBatch, wholeBatch, withErrors } from "./batch.ts"
import { envelope, faultEnvelope } from "./envelope.ts"
import { EwsError, EwsFault } from "./ews-error.ts"
import type { ServerVersion } from "./server-version.ts"
import type { XmlElement } from "./xml.ts"
import { messageXml, xmlReply } from "./xml-reply.ts"

type Struck = {
  readonly fault: ActiveFault | undefined
  readonly operation: XmlElement
  readonly version: ServerVersion
  /** The answer to a request that threw. */
  readonly refused: (error: unknown) => Reply
}

/** A bad day in the shapes EWS has for it: a proxy's status, a fault, an error inside a 200, or a batch that stops. */
export async function underFault(struck: Struck, run: (batch: Batch) => Promise<Reply>): Promise<Reply> {
  const { fault, operation, refused } = struck
  const whole = wholeBatch(operation)
  if (!fault) return run(whole)
  switch (fault.kind) {
    case "status":
      return statusReply(fault, struck)
    case "drop": {
      if (fault.when === "before") return { status: 0, dropped: "silently" }
      const reply = await run(whole).catch(refused)
      return { ...reply, dropped: fault.when === "midBody" ? "midBody" : "silently" }
    }
    case "slow": {
      const answer = fault.when === "answering" ? await run(whole).catch(refused) : undefined
      await later(fault.delayMs)
      return answer ?? run(whole)
    }
    case "delayedCommit":
      void later(fault.delayMs)
        .then(() => run(whole))
        .catch(refused)
      return { status: 504, body: "" }
    case "batchStopped":
      return run(stoppedBatch(operation, fault))
    default:
      return fault satisfies never
  }
}

/** Nobody stays for what is late: the test may be over. */
const later = (ms: number) => wait(ms, undefined, { ref: false })

type StatusFault = Extract<ActiveFault, { kind: "status" }>

const BUSY = "The server cannot service this request right now. Try again later."

/** How an error says what it stands for; a busy server hides in an internal error this way. */
function wrapped({ inner, message = BUSY, retryAfter }: StatusFault): readonly (readonly [string, string])[] {
  if (inner === undefined) return []
  const backOff = retryAfter === undefined ? [] : ([["BackOffMilliseconds", String(retryAfter * 1000)]] as const)
  return [
    ["InnerErrorMessageText", message],
    ["InnerErrorResponseCode", inner],
    ["InnerErrorDescriptiveLinkKey", "0"],
    ...backOff,
  ]
}

function statusReply(fault: StatusFault, { operation, version }: Pick<Struck, "operation" | "version">): Reply {
  const { status, code, message = BUSY, retryAfter, text } = fault
  if (status === 200 && text !== undefined) return xmlReply(200, text)
  if (status === 200) {
    const error = new EwsError(code ?? "ErrorInternalServerError", message, wrapped(fault))
    return xmlReply(200, envelope(withErrors(operation, error), version))
  }
  if (code !== undefined && status === 500) {
    const value = retryAfter === undefined ? [] : [messageXml({ BackOffMilliseconds: String(retryAfter * 1000) })]
    return xmlReply(500, faultEnvelope(new EwsFault(code, message, value)))
  }
  const headers: Record<string, string> = retryAfter === undefined ? {} : { "retry-after": String(retryAfter) }
  return { status, headers, body: text ?? "" }
}

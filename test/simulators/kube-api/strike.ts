import type { ServerResponse } from "node:http"
import { Failure } from "./failure.ts"
import type { FaultAction } from "./faults.ts"

/** Does what a fault says; true when that is the whole answer. A failure to answer with is thrown. */
export async function strike(action: FaultAction, response: ServerResponse): Promise<boolean> {
  switch (action.kind) {
    case "answer": {
      const { status, reason = "", message = "fault by order of a test", retryAfterSeconds } = action
      throw new Failure(status, reason, message, retryAfterSeconds === undefined ? undefined : { retryAfterSeconds })
    }
    case "delay":
      await new Promise(resolve => setTimeout(resolve, action.ms))
      return false
    case "reset":
      response.socket?.destroy()
      return true
    case "truncate":
      truncateAnswer(response)
      return false
    case "silence":
      return true
    default:
      return action satisfies never
  }
}

/** Half of whatever is written at the end, then a broken connection. */
function truncateAnswer(response: ServerResponse): void {
  const write = response.write.bind(response)
  Object.assign(response, {
    end(text: string) {
      write(text.slice(0, text.length / 2), () => response.socket?.destroy())
    },
  })
}

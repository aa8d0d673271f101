import { ChangedMeanwhileError, NeedsAttentionError, TemporaryError } from "../../core/errors.ts"
import { isRecord, type JsonRecord, recordAt, textAt } from "./json.ts"

/**
 * What Graph says when it does not do what was asked. Only status and `code` are contract; messages are localised and
 * are never read or shown: https://learn.microsoft.com/graph/errors
 */
export type GraphProblem = {
  readonly status: number
  readonly code: string
  readonly retryAfterMs?: number | undefined
  /** Beside ErrorDuplicateTransactionId, sometimes: the event that was made before. */
  readonly existingEventId?: string | undefined
  readonly requestId?: string | undefined
}

/** The answer to one request or one step of a batch. */
export type GraphAnswer =
  | { readonly ok: true; readonly status: number; readonly body: unknown }
  | { readonly ok: false; readonly problem: GraphProblem }

/** Reads an error body; whatever is not one (a proxy's page) is a problem without a code. */
export function readProblem(status: number, body: unknown, retryAfterMs: number | undefined): GraphProblem {
  const error = isRecord(body) ? recordAt(body, "error") : undefined
  if (error === undefined) return { status, code: "", retryAfterMs }
  const inner = recordAt(error, "innerError") ?? recordAt(error, "innererror")
  return {
    status,
    code: wordAt(error, "code") ?? "",
    retryAfterMs,
    existingEventId: textAt(error, "@event.existingEventId"),
    requestId: inner && wordAt(inner, "request-id"),
  }
}

/** Codes and ids are told to people: a text in their place, which may repeat what was sent, is not. */
function wordAt(record: JsonRecord, name: string): string | undefined {
  const text = textAt(record, name)
  return text !== undefined && /^[-\w.]{1,80}$/.test(text) ? text : undefined
}

export function isThrottled({ status, code }: GraphProblem): boolean {
  return status === 429 || throttleCodes.has(code)
}

/** Nobody is to blame and the same request may succeed later; a write may or may not have happened. */
export function isServerTrouble({ status }: GraphProblem): boolean {
  return status >= 500 || status === 408
}

export function isConflict({ status, code }: GraphProblem): boolean {
  return status === 412 || code === "ErrorIrresolvableConflict"
}

export function isItemGone({ status, code }: GraphProblem): boolean {
  return (status === 404 || status === 410) && !mailboxCodes.has(code)
}

export function isDuplicateTransaction({ code }: GraphProblem): boolean {
  return code === "ErrorDuplicateTransactionId"
}

/** The token of a delta round has been forgotten at the other side: a new round must begin. */
export function isSyncStateLost({ status, code }: GraphProblem): boolean {
  return status === 410 || (status >= 400 && status < 500 && lostStateCodes.has(code.toLowerCase()))
}

/** The core error of a problem. `itemId` when one item was spoken about: then its absence is news about that item. */
export function problemError(problem: GraphProblem, itemId?: string): Error {
  const told = describe(problem)
  const mailbox = mailboxCodes.get(problem.code)
  if (mailbox) return new NeedsAttentionError(`${mailbox.text} (${told})`, { reason: mailbox.reason })
  if (isThrottled(problem)) return temporary(`Exchange asks for a pause (${told})`, "Throttled", problem)
  if (isServerTrouble(problem)) return temporary(`Exchange is in trouble (${told})`, "Unreachable", problem)
  if (problem.status === 401) return needs("Graph does not accept a fresh token", "InvalidClient", told)
  if (problem.status === 403) {
    return needs("access is denied: no permission, outside the scope, or not in force yet", "AccessDenied", told)
  }
  if (itemId !== undefined && (isItemGone(problem) || isConflict(problem))) return new ChangedMeanwhileError(itemId)
  return needs("Exchange refused the request", "ApplyFailed", told)
}

function describe({ status, code, requestId }: GraphProblem): string {
  return [status, code, requestId && `request ${requestId}`].filter(Boolean).join(" ")
}

function needs(text: string, reason: string, told: string): NeedsAttentionError {
  return new NeedsAttentionError(`${text} (${told})`, { reason })
}

function temporary(text: string, reason: string, { retryAfterMs }: GraphProblem): TemporaryError {
  return new TemporaryError(text, retryAfterMs === undefined ? { reason } : { reason, retryAfterMs })
}

const throttleCodes = new Set([
  "ApplicationThrottled",
  "TooManyRequests",
  "activityLimitReached",
  "ErrorTooManyObjectsOpened",
  "ErrorServerBusy",
])

const lostStateCodes = new Set(["syncstatenotfound", "syncstateinvalid", "resyncrequired"])

const missing = { reason: "MailboxNotFound", text: "there is no such mailbox" }
const mailboxCodes: ReadonlyMap<string, { readonly reason: string; readonly text: string }> = new Map([
  [
    "MailboxNotEnabledForRESTAPI",
    { reason: "MailboxOnPremises", text: "the mailbox is not in Exchange Online, or inactive" },
  ],
  ["ErrorInvalidUser", missing],
  ["Request_ResourceNotFound", missing],
  ["ResourceNotFound", missing],
  ["ErrorNonExistentMailbox", missing],
  ["MailboxNotFound", missing],
])

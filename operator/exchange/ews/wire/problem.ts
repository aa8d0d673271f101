import { ChangedMeanwhileError, NeedsAttentionError, TemporaryError } from "../../../core/errors.ts"
import { longestPauseMs } from "../../../http/retry-after.ts"
import { type Refusal, refusalOf } from "./refusal.ts"
import { childOf, childrenOf, type XmlElement } from "./xml-read.ts"

/**
 * What Exchange Server says when it does not do what was asked. Only codes are contract; texts are localised, may repeat
 * what was sent, and are never read or shown: https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode
 */
export type EwsProblem = {
  /** Of the answer it came in; 200 for problems of one item. */
  readonly status: number
  /** `ErrorItemNotFound` …; empty where the answer was not SOAP. */
  readonly code: string
  readonly retryAfterMs?: number | undefined
  /** With `ErrorNonPrimarySmtpAddress`: the one that is. */
  readonly primaryAddress?: string
  /** Where the answer was not SOAP. */
  readonly refusal?: Refusal
}

/**
 * A fault in any of its shapes: the code as detail, as the code of the fault only, or wrapped in another. Where it came
 * over HTTP 200 it means the same.
 */
export function readFault(fault: XmlElement, status: number, retryAfterMs: number | undefined): EwsProblem {
  const detail = childOf(fault, "detail")
  const said = detail?.children.find(child => child.name.endsWith(":ResponseCode"))?.text
  const faultCode = (childOf(fault, "faultcode")?.text ?? "").split(":").at(-1)
  const messageXml = detail?.children.find(child => child.name.endsWith(":MessageXml"))
  return problemOf({ status, code: wordIn(said) ?? wordIn(faultCode) ?? "ErrorUnknown", messageXml, retryAfterMs })
}

/** The problem of one `…ResponseMessage`; undefined when it says it went well. */
export function readMessageProblem(message: XmlElement): EwsProblem | undefined {
  const said = childOf(message, "m:ResponseCode")?.text
  if (message.attributes["ResponseClass"] === "Success" || said === "NoError") return undefined
  const code = wordIn(said) ?? "ErrorUnknown"
  return problemOf({ status: 200, code, messageXml: childOf(message, "m:MessageXml"), retryAfterMs: undefined })
}

/** Nothing was done, and nothing should be asked for a while. What stands in front of Exchange may say so without SOAP. */
export function isBusy({ status, code }: EwsProblem): boolean {
  return busyCodes.has(code) || (status === 429 && code === "")
}

/** Nobody is to blame and the same request may succeed later; a write may or may not have happened. */
export function isServerTrouble({ status, code }: EwsProblem): boolean {
  return transientCodes.has(code) || (code === "" && (status >= 500 || status === 408 || status === 200))
}

/** An item of a batch that was not tried, because one before it failed: to be sent again, without that one. */
export function isStopped({ code }: EwsProblem): boolean {
  return code === "ErrorBatchProcessingStopped"
}

/** More was asked for than the server can do in its time: less may go well. */
export function tookTooLong(error: unknown): boolean {
  return error instanceof TemporaryError && error.cause === tooLong
}

/** A view of more time, or with more in it, than one answer may hold. */
export function isTooMuch({ code }: EwsProblem): boolean {
  return code === "ErrorExceededFindCountLimit" || code === "ErrorCalendarViewRangeTooBig"
}

/** The calendar is not where it was found, or not for us any more. */
export function isFolderGone({ code }: EwsProblem): boolean {
  return code === "ErrorFolderNotFound" || code === "ErrorSyncFolderNotFound"
}

/** The state of a sync round is not known at the other side (any more): a new round must begin. */
export function isSyncStateLost({ code }: EwsProblem): boolean {
  return code === "ErrorInvalidSyncStateData" || code === "ErrorSyncFolderNotFound"
}

export function isItemGone({ code }: EwsProblem): boolean {
  return code === "ErrorItemNotFound" || code === "ErrorCalendarOccurrenceIsDeletedFromRecurrence"
}

/** The core error of a problem. `itemId` when one item was spoken about: then its absence is news about that item. */
export function problemError(problem: EwsProblem, itemId?: string): Error {
  const { status, code, refusal, primaryAddress } = problem
  const told = [status, code].filter(Boolean).join(" ")
  if (isBusy(problem)) return temporary(`Exchange asks for a pause (${told})`, "Throttled", problem)
  if (code === "ErrorTimeoutExpired")
    return new TemporaryError(`Exchange took too long (${told})`, { reason: "Unreachable", cause: tooLong })
  if (refusal && status === 200)
    return temporary(`what answers is not EWS: ${noSoap} (${told})`, "Unreachable", problem)
  if (isServerTrouble(problem)) return temporary(`Exchange is in trouble (${told})`, "Unreachable", problem)
  const known = attention.get(code) ?? (refusal && refusalOf(status, refusal))
  if (known) {
    const elsewhere = primaryAddress === undefined ? {} : { primaryAddress }
    return new NeedsAttentionError(`${known.text} (${told})`, { reason: known.reason, ...elsewhere })
  }
  if (itemId !== undefined && (isItemGone(problem) || changedCodes.has(code))) return new ChangedMeanwhileError(itemId)
  return new NeedsAttentionError(`Exchange refused the request (${told})`, { reason: "ApplyFailed" })
}

type Told = { readonly reason: string; readonly text: string }

function problemOf({
  status,
  code,
  messageXml,
  retryAfterMs,
}: {
  readonly status: number
  readonly code: string
  readonly messageXml: XmlElement | undefined
  readonly retryAfterMs: number | undefined
}): EwsProblem {
  const values = new Map(childrenOf(messageXml, "t:Value").map(one => [one.attributes["Name"], one.text]))
  const backOff = values.get("BackOffMilliseconds") ?? ""
  const pauseMs = /^\d{1,9}$/.test(backOff) ? Math.min(Number(backOff), longestPauseMs) : retryAfterMs
  // A server in between wraps what another said.
  const inner = wordIn(values.get("InnerErrorResponseCode"))
  const isWrapped = inner !== undefined && code === "ErrorInternalServerError"
  const primary = code === nonPrimary ? addressIn(values.get("Primary")) : undefined
  return {
    status,
    code: isWrapped ? inner : code,
    ...(pauseMs !== undefined && { retryAfterMs: pauseMs }),
    ...(primary !== undefined && { primaryAddress: primary }),
  }
}

/** Codes are told to people: a text in their place, which may repeat what was sent, is not. */
function wordIn(text: string | undefined): string | undefined {
  return text !== undefined && /^Error[A-Za-z0-9]{1,80}$/.test(text) ? text : undefined
}

function addressIn(text: string | undefined): string | undefined {
  return text !== undefined && /^[^\s@]{1,64}@[^\s@]{1,255}$/.test(text) ? text : undefined
}

function temporary(text: string, reason: string, { retryAfterMs }: EwsProblem): TemporaryError {
  return new TemporaryError(text, retryAfterMs === undefined ? { reason } : { reason, retryAfterMs })
}

const noSoap = "a proxy's page, one to log in to Outlook on the web, or an answer that was cut short"

const tooLong = "took too long"

const busyCodes = new Set(["ErrorServerBusy", "ErrorExceededConnectionCount", "ErrorTooManyObjectsOpened"])

const transientCodes = new Set([
  "ErrorADUnavailable",
  "ErrorBatchProcessingStopped",
  "ErrorConnectionFailed",
  "ErrorInsufficientResources",
  "ErrorInternalServerError",
  "ErrorInternalServerTransientError",
  "ErrorMailboxFailover",
  "ErrorMailboxMoveInProgress",
  "ErrorMailboxStoreUnavailable",
  "ErrorTimeoutExpired",
  "ErrorUnknown",
])

const changedCodes = new Set(["ErrorIrresolvableConflict", "ErrorStaleObject", "ErrorInvalidChangeKey"])

const nonPrimary = "ErrorNonPrimarySmtpAddress"

const missing: Told = {
  reason: "MailboxNotFound",
  text: "there is no such mailbox here; it may have moved to Exchange Online",
}
const denied: Told = { reason: "AccessDenied", text: "the account may not act for this mailbox" }
const outdated: Told = { reason: "UnsupportedServer", text: "the server does not speak the version asked for" }

const attention: ReadonlyMap<string, Told> = new Map([
  ["ErrorNonExistentMailbox", missing],
  ["ErrorInvalidUserPrincipalName", missing],
  ["ErrorInvalidSmtpAddress", missing],
  ["ErrorMissingEmailAddress", missing],
  [nonPrimary, { ...missing, text: "the mailbox's primary address is needed, and this is another" }],
  ["ErrorImpersonateUserDenied", denied],
  ["ErrorImpersonationDenied", denied],
  ["ErrorImpersonationFailed", denied],
  ["ErrorAccessDenied", denied],
  ["ErrorSyncFolderNotFound", { ...denied, text: "there is no such folder, or the account may not see it" }],
  ["ErrorFolderNotFound", { ...denied, text: "there is no such folder, or the account may not see it" }],
  ["ErrorInvalidServerVersion", outdated],
  ["ErrorIncorrectSchemaVersion", outdated],
])

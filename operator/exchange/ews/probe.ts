import { isAbort, reasonOf, TemporaryError } from "../../core/errors.ts"
import type { EwsSettings } from "../../core/exchange-settings.ts"
import type { ProbeReport, ProbeRequest } from "../../core/ports.ts"
import { openDispatcher, type ProxySettings } from "../../http/client.ts"
import { allowedStep, deniedStep, type MailboxAnswer } from "../mailbox-steps.ts"
import { reach, type Step } from "../reachability.ts"
import { calendarQuestion } from "./operations/get-folder.ts"
import type { EwsAnswer } from "./wire/answer.ts"
import type { Login } from "./wire/login.ts"
import { type EwsProblem, problemError, readMessageProblem } from "./wire/problem.ts"
import { messagesIn } from "./wire/response.ts"
import { serverOf } from "./wire/server.ts"
import type { EwsTransport } from "./wire/transport.ts"

export type ProbeDeps = {
  readonly settings: EwsSettings
  readonly proxy: ProxySettings
  readonly login: Login
  readonly transport: Pick<EwsTransport, "answerTo" | "serverVersion">
}

/**
 * The "Test connection" button: every step on the way to a calendar, to the first that fails, with its likely cause. That
 * an account is accepted shows with the first answer that is EWS's own, whatever it says of the mailbox.
 */
export async function probe(deps: ProbeDeps, request: ProbeRequest, signal: AbortSignal): Promise<ProbeReport> {
  const { expiresAt } = deps.login
  const credential = { kind: deps.settings.credential.kind, ...(expiresAt && { expiresAt }) }
  const way = await walkTo(deps, signal)
  if (!way.every(step => step.ok)) return { steps: way, credential }
  const { steps, ...mailboxes } = await askMailboxes(deps, request, signal)
  const server = serverOf(deps.transport.serverVersion)
  return { steps: [...way, ...steps], credential, ...(server && { server }), ...mailboxes }
}

async function askMailboxes(
  deps: ProbeDeps,
  request: ProbeRequest,
  signal: AbortSignal,
): Promise<Pick<ProbeReport, "steps" | "allowed" | "denied">> {
  const first = await ask(deps, request.allowed ?? request.denied, signal)
  const authentication = authenticationStep(first)
  if (!authentication.ok) return { steps: [authentication] }
  const allowed = request.allowed === undefined ? undefined : first
  const denied = await askDenied(deps, request, first, signal)
  const { refused, tooWide } = causes[deps.settings.access]
  return {
    steps: [
      authentication,
      ...(allowed ? [allowedStep(allowed, refused)] : []),
      ...(denied ? [deniedStep(denied, tooWide)] : []),
    ],
    ...(allowed && { allowed: allowed.state }),
    ...(denied && { denied: denied.state }),
  }
}

async function askDenied(
  deps: ProbeDeps,
  { allowed, denied }: ProbeRequest,
  first: Answer,
  signal: AbortSignal,
): Promise<Answer | undefined> {
  if (denied === undefined) return undefined
  return allowed === undefined ? first : ask(deps, denied, signal)
}

const connectTimeoutMs = 10_000

/** The token service and Exchange are two hosts, and either may be closed; their steps are told as one way. */
async function walkTo({ settings, proxy }: ProbeDeps, signal: AbortSignal): Promise<readonly Step[]> {
  const { url, resolveTo, credential } = settings
  const toLogin =
    credential.kind === "oauth" ? await reachOne({ settings, proxy, endpoint: credential.login }, signal) : []
  return toLogin.every(step => step.ok) ? reachOne({ settings, proxy, endpoint: url, resolveTo }, signal) : toLogin
}

type Way = Pick<ProbeDeps, "settings" | "proxy"> & {
  readonly endpoint: string
  readonly resolveTo?: string | undefined
}

/** Over a connection of its own: those of requests are logged in. */
async function reachOne({ settings, proxy, endpoint, resolveTo }: Way, signal: AbortSignal): Promise<readonly Step[]> {
  const { caBundlePem } = settings
  const timeouts = { connectTimeoutMs, answerTimeoutMs: connectTimeoutMs }
  const dispatcher = openDispatcher({ proxy, caBundlePem, connections: 1, ...timeouts, resolveTo })
  try {
    return await reach({ endpoint, proxy, dispatcher, resolveTo }, signal)
  } finally {
    await dispatcher.destroy()
  }
}

/** `isAccepted`: whatever became of the question, the account was let in to ask it. */
type Answer = MailboxAnswer & { readonly isAccepted: boolean }

/** Without an address the account asks for its own calendar, which it need not have. */
async function ask(
  { transport, login, settings }: ProbeDeps,
  address: string | undefined,
  signal: AbortSignal,
): Promise<Answer> {
  try {
    if (address === undefined && login.credential.kind === "oauth") {
      // An application is nobody without a mailbox to act for.
      await login.credential.token.get(signal)
      return { state: "Unknown", isAccepted: true }
    }
    const call = { request: calendarQuestion(address), mailbox: address, operation: "probe" }
    return understood(
      await transport.answerTo({ ...call, writes: false, retry: true, isProof: true }, signal),
      settings,
    )
  } catch (error) {
    if (isAbort(error, signal) || !(error instanceof Error)) throw error
    // In a pause nobody is asked; whoever was answered before has been let in.
    const isAccepted = reasonOf(error) === "Throttled" && transport.serverVersion !== undefined
    return { state: "Unknown", error, isAccepted }
  }
}

function understood({ response, problem, error }: EwsAnswer, { access }: EwsSettings): Answer {
  if (response) {
    const [message] = messagesIn(response)
    const said = message && readMessageProblem(message)
    if (said) return refused(said, access)
    if (message) return { state: "Reachable", isAccepted: true }
  }
  if (problem) return refused(problem, access)
  const nothing = new TemporaryError("Exchange's answer has no message", { reason: "Unreachable" })
  return { state: "Unknown", error: error instanceof Error ? error : nothing, isAccepted: response !== undefined }
}

function refused(problem: EwsProblem, access: EwsSettings["access"]): Answer {
  return { state: stateOf(problem, access), error: problemError(problem), isAccepted: problem.refusal === undefined }
}

function authenticationStep({ isAccepted, error }: Answer): Step {
  const step = "Authentication"
  if (isAccepted) return { step, ok: true, reason: "Authenticated", message: "the account is accepted" }
  return { step, ok: false, reason: reasonOf(error), message: error?.message ?? "no answer" }
}

/** What is neither proves nothing: another address of a mailbox, EWS switched off for it, trouble, a pause. */
function stateOf({ code }: EwsProblem, access: EwsSettings["access"]): MailboxAnswer["state"] {
  if (missing.has(code)) return "Missing"
  return denied[access].has(code) ? "Denied" : "Unknown"
}

const missing = new Set(["ErrorNonExistentMailbox", "ErrorInvalidUserPrincipalName", "ErrorInvalidSmtpAddress"])
/** Only what the rights in question lead to. */
const denied: Readonly<Record<EwsSettings["access"], ReadonlySet<string>>> = {
  Impersonation: new Set(["ErrorImpersonateUserDenied", "ErrorImpersonationDenied"]),
  Delegate: new Set(["ErrorAccessDenied", "ErrorFolderNotFound"]),
}

/** Why the allowed mailbox is refused, and why the denied one is not. */
const causes = {
  Impersonation: {
    refused:
      "the account has no ApplicationImpersonation whose scope holds this mailbox, or a change is not in force yet",
    tooWide:
      "an ApplicationImpersonation of the account has no scope, or one that holds this mailbox; remove it, or choose another mailbox",
  },
  Delegate: {
    refused: "the account has no right on its calendar folder, or a change is not in force yet",
    tooWide: "the account has a right on its calendar folder or on the whole mailbox; take it back",
  },
} as const satisfies Readonly<Record<EwsSettings["access"], { readonly refused: string; readonly tooWide: string }>>

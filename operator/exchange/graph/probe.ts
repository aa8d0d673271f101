import type { Dispatcher } from "undici"
import { isAbort, reasonOf } from "../../core/errors.ts"
import type { ProbeReport, ProbeRequest } from "../../core/ports.ts"
import type { ProxySettings } from "../../http/client.ts"
import type { AccessToken } from "../access-token.ts"
import { allowedStep, deniedStep, type MailboxAnswer } from "../mailbox-steps.ts"
import { reach, type Step } from "../reachability.ts"
import type { GraphClient } from "./client.ts"
import { type GraphProblem, isServerTrouble, isThrottled, problemError } from "./problem.ts"

export type ProbeDeps = {
  readonly client: GraphClient
  readonly token: AccessToken
  readonly dispatcher: Dispatcher
  readonly proxy: ProxySettings
  readonly endpoints: { readonly login: string; readonly graph: string }
}

/** The "Test connection" button: every step on the way to a calendar, to the first that fails, with its likely cause. */
export async function probe(deps: ProbeDeps, request: ProbeRequest, signal: AbortSignal): Promise<ProbeReport> {
  const { credential } = deps.token
  const way = await reachBoth(deps, signal)
  if (!way.every(step => step.ok)) return { steps: way, credential }
  const authentication = await authenticate(deps.token, signal)
  const steps = [...way, authentication]
  if (!authentication.ok) return { steps, credential }
  const allowed = request.allowed === undefined ? undefined : await askMailbox(deps.client, request.allowed, signal)
  const denied = request.denied === undefined ? undefined : await askMailbox(deps.client, request.denied, signal)
  return {
    steps: [
      ...steps,
      ...(allowed ? [allowedStep(allowed, refused)] : []),
      ...(denied ? [deniedStep(denied, tooWide)] : []),
    ],
    server: { product: "Microsoft Graph", version: "v1.0" },
    credential,
    ...(allowed && { allowed: allowed.state }),
    ...(denied && { denied: denied.state }),
  }
}

/** Login and Graph are two hosts, and either may be closed; their steps are told as one way. */
async function reachBoth({ endpoints, proxy, dispatcher }: ProbeDeps, signal: AbortSignal): Promise<readonly Step[]> {
  const toLogin = await reach({ endpoint: endpoints.login, proxy, dispatcher }, signal)
  if (!toLogin.every(step => step.ok)) return toLogin
  return reach({ endpoint: endpoints.graph, proxy, dispatcher }, signal)
}

async function authenticate(token: AccessToken, signal: AbortSignal): Promise<Step> {
  try {
    await token.get(signal)
    return { step: "Authentication", ok: true, reason: "TokenAcquired", message: "the credential is accepted" }
  } catch (error) {
    if (isAbort(error, signal)) throw error
    const message = error instanceof Error ? error.message : "no token"
    return { step: "Authentication", ok: false, reason: reasonOf(error), message }
  }
}

const refused =
  "Calendars.ReadWrite is not granted, the scope does not hold this mailbox, or a change is not in force yet (up to two hours)"
const tooWide = "the scope is not enforced; remove the tenant-wide consent in Entra"

/** The cheapest question that needs the same right as everything else. */
async function askMailbox(client: GraphClient, address: string, signal: AbortSignal): Promise<MailboxAnswer> {
  const path = `/users/${encodeURIComponent(address)}/calendar?$select=id`
  try {
    const call = { method: "GET", path, operation: "probe", mailbox: address, writes: false, retry: true } as const
    const answer = await client.ask(call, signal)
    if (answer.ok) return { state: "Reachable" }
    return { state: stateOf(answer.problem), error: problemError(answer.problem) }
  } catch (error) {
    if (isAbort(error, signal) || !(error instanceof Error)) throw error
    return { state: "Unknown", error }
  }
}

function stateOf(problem: GraphProblem): MailboxAnswer["state"] {
  if (isThrottled(problem) || isServerTrouble(problem)) return "Unknown"
  if (problem.status === 403) return "Denied"
  return problem.status === 404 ? "Missing" : "Unknown"
}

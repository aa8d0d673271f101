import { reasonOf } from "../core/errors.ts"
import type { ProbeReport } from "../core/ports.ts"
import type { Step } from "./reachability.ts"

/** What a mailbox of the proof said, and with what error where it did not answer. */
export type MailboxAnswer = { readonly state: NonNullable<ProbeReport["allowed"]>; readonly error?: Error }

/** `refused`: what usually causes it that the mailbox is kept from us. */
export function allowedStep({ state, error }: MailboxAnswer, refused: string): Step {
  const step = "AllowedMailbox"
  if (state === "Reachable") return { step, ok: true, reason: "Succeeded", message: "the allowed mailbox answers" }
  const hint = state === "Denied" ? refused : (error?.message ?? "it does not answer")
  return { step, ok: false, reason: reasonOf(error), message: `the allowed mailbox cannot be read: ${hint}` }
}

/** `tooWide`: what usually causes it that the mailbox is not kept from us. */
export function deniedStep({ state, error }: MailboxAnswer, tooWide: string): Step {
  const step = "DeniedMailbox"
  switch (state) {
    case "Denied":
      return { step, ok: true, reason: "ScopeVerified", message: "Exchange itself keeps this credential out" }
    case "Reachable":
      return { step, ok: false, reason: "OverPrivileged", message: `the denied mailbox can be read: ${tooWide}` }
    case "Missing":
      return {
        step,
        ok: false,
        reason: "ProbeInconclusive",
        message: "the denied mailbox does not exist, which proves nothing",
      }
    case "Unknown":
      return {
        step,
        ok: false,
        reason: "ProbeInconclusive",
        message: `the denied mailbox gave no clear answer: ${error?.message ?? "none"}`,
      }
    default:
      return state satisfies never
  }
}

import { NeedsAttentionError } from "../core/errors.ts"

/** Changing or deleting a meeting mails its guests, and nothing in the request can prevent it. */
export function guestsInvited(): NeedsAttentionError {
  const text = "people were invited to this copy; it is left alone, because Exchange would mail them"
  return new NeedsAttentionError(text, { reason: "ApplyFailed" })
}

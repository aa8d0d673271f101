/** Who logs in, and whose mailboxes there are. */
export const account = { domain: "BENCH", username: "svc-bench", password: "bench-only-password" } as const

export const warmUpMailbox = "warm-up@bench.example"
export const measuredMailbox = "measured@bench.example"
export const mailboxes = [warmUpMailbox, measuredMailbox] as const

/** What the server's process says when it serves. */
export type Whereabouts = { readonly ewsUrl: string; readonly pageUrl: string; readonly caPem: string }

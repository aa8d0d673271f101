/** What a contestant is told, as JSON in the environment: where, as whom, and how much. */
export type Job = {
  readonly url: string
  readonly caFile: string
  readonly domain: string
  readonly username: string
  readonly password: string
  readonly mailbox: string
  readonly count: number
  /** The items as lines of JSON, for whoever cannot make them. */
  readonly itemsFile: string
  /** How exchangelib is used; as it comes when absent. */
  readonly pageSize?: number
  readonly threads?: number
  /** Where ews-javascript-api is installed. */
  readonly libraryFolder?: string
}

export const jobVariable = "BENCH_JOB"

/** What all of them do, in this order; `again` is a listing without a change, for who remembers the one before. */
export type PhaseName = "create" | "list" | "again" | "update" | "remove"

/** What one phase cost the contestant's own process. */
export type Phase = { readonly phase: PhaseName; readonly seconds: number; readonly cpuSeconds: number }

/** Printed as one line of JSON each: memory before the first item, the phases, and memory at its peak. */
export type Said = Phase | { readonly loadedMiB: number } | { readonly peakMiB: number }

import { badRequest } from "./failure.ts"

export type WriteOptions = {
  readonly dryRun: boolean
  readonly fieldManager: string
  readonly fieldValidation: "Ignore" | "Warn" | "Strict"
  readonly force: boolean
  /** Text for a `Warning:` header of the answer. */
  readonly warn: (text: string) => void
}

/** The longest name a field manager may have; the real server cuts a user agent there. */
const MANAGER_LENGTH = 128

export function writeOptions(
  query: URLSearchParams,
  userAgent: string | undefined,
  warn: (text: string) => void,
): WriteOptions {
  const dryRun = query.get("dryRun") ?? ""
  if (!["", "All"].includes(dryRun))
    throw badRequest(`invalid dryRun: Unsupported value: "${dryRun}": supported values: "All"`)
  const agent = (userAgent ?? "unknown").split("/")[0] ?? ""
  return {
    dryRun: dryRun === "All",
    fieldManager: query.get("fieldManager") ?? (agent === "" ? "unknown" : agent.slice(0, MANAGER_LENGTH)),
    fieldValidation: fieldValidation(query.get("fieldValidation")),
    force: query.get("force") === "true",
    warn,
  }
}

function fieldValidation(text: string | null): WriteOptions["fieldValidation"] {
  if (text === null || text === "") return "Warn"
  if (text === "Ignore" || text === "Warn" || text === "Strict") return text
  throw badRequest(`fieldValidation: Unsupported value: "${text}": supported values: "Ignore", "Strict", "Warn"`)
}

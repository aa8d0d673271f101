import assert from "node:assert/strict"
import { execFileSync, spawn } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { test } from "node:test"
import { startExchange } from "../simulators/exchange/start-exchange.ts"
import { isJson, parseJson, textAt } from "../simulators/exchange/store/json.ts"

/** exchangelib, which knows real Exchange Servers, judges the simulator: whatever it cannot do is a defect of ours. */

const anna = "anna@contoso.example"
const service = { name: "CONTOSO\\svc-calsync", password: "correct-horse" }
const clerk = { name: "CONTOSO\\clerk", password: "battery-staple" }
/** Debian's package belongs to Debian's own Python. */
const PYTHON = "/usr/bin/python3"
const APT = "/usr/bin/apt-get"
const TIME_LIMIT_MS = 50_000

const claims: Readonly<Record<string, string>> = {
  create_and_read: "creates an item and reads it back",
  own_uid: "keeps the UID it chose",
  all_day: "sees whole days as dates",
  series_with_exceptions: "moves and deletes occurrences of a series",
  summer_time: "sees a series keep its hour over the change of the clocks",
  other_patterns: "writes daily and relative patterns",
  filter_by_property: "finds items by a property of its own",
  paging: "reads more items than fit on a page",
  update_with_conflict: "is refused with a stale change key, unless it may overwrite",
  delete: "deletes for good or to the bin",
  sync: "follows what is created, changed and deleted",
  free_busy: "reads free and busy times",
  out_of_office: "sets out-of-office replies",
  impersonation_denied: "may not impersonate outside of the scope",
  wrong_password: "is not let in with a wrong password",
  delegate_access: "opens a calendar as a delegate, and no settings",
  zones_and_names: "reads zones and resolves names",
}

test("exchangelib", async t => {
  installExchangelib()
  const results = await judge()

  for (const [check, claim] of Object.entries(claims))
    await t.test(claim, () => {
      assert.ok(results.has(check), `${check} did not run`)
      assert.equal(results.get(check), undefined)
    })
  assert.deepEqual([...results.keys()].sort(), Object.keys(claims).sort())
})

function installExchangelib(): void {
  if (hasExchangelib()) return
  const apt = (...args: readonly string[]) => execFileSync(APT, args, { stdio: "inherit" })
  apt("update")
  apt("install", "-y", "python3-exchangelib")
  if (!hasExchangelib()) throw new Error("python3-exchangelib could not be installed")
}

function hasExchangelib(): boolean {
  try {
    execFileSync(PYTHON, ["-c", "import exchangelib"], { stdio: "ignore" })
    return true
  } catch {
    return false
  }
}

/** What each check said: its failure, or undefined. */
async function judge(): Promise<ReadonlyMap<string, string | undefined>> {
  const exchange = await startExchange({
    mailboxes: [anna, "ben@contoso.example", "outsider@contoso.example"].map(address => ({ address })),
    accounts: [
      { ...service, impersonates: [anna, "ben@contoso.example"] },
      { ...clerk, delegateOf: [anna] },
    ],
  })
  const folder = mkdtempSync(join(tmpdir(), "interop-"))
  try {
    const ca = join(folder, "ca.pem")
    writeFileSync(ca, exchange.caPem)
    const output = await runChecks({
      EWS_URL: exchange.ewsUrl,
      EWS_CA: ca,
      EWS_MAILBOX: anna,
      EWS_BUSY_MAILBOX: "ben@contoso.example",
      EWS_OUTSIDER: "outsider@contoso.example",
      EWS_SERVICE: `${service.name} ${service.password}`,
      EWS_DELEGATE: `${clerk.name} ${clerk.password}`,
    })
    return resultsIn(output)
  } finally {
    rmSync(folder, { recursive: true })
    await exchange.close()
  }
}

async function runChecks(environment: Readonly<Record<string, string>>): Promise<string> {
  const script = join(import.meta.dirname, "exchangelib_checks.py")
  const child = spawn(PYTHON, [script], {
    env: { PATH: "/usr/bin:/bin", ...environment },
    stdio: ["ignore", "pipe", "inherit"],
    signal: AbortSignal.timeout(TIME_LIMIT_MS),
  })
  return text(child.stdout)
}

function resultsIn(output: string): ReadonlyMap<string, string | undefined> {
  const lines = output.split("\n").map(parseJson).filter(isJson)
  return new Map(lines.map(line => [textAt(line, "check") ?? "", textAt(line, "failure")]))
}

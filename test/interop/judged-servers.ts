import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import type { TestContext } from "node:test"
import type { ServerVersion } from "../simulators/exchange/ews/server-version.ts"
import { type RunningExchange, startExchange } from "../simulators/exchange/start-exchange.ts"

/** Simulated Exchange Servers of several versions, and how a judge gets to them. */

export const service = { name: "CONTOSO\\svc-calsync", password: "correct-horse" }
const scoped = { name: "CONTOSO\\svc-scoped", password: "battery-staple" }
const hasty = { name: "CONTOSO\\svc-hasty", password: "stapled-battery" }
const clerk = { name: "CONTOSO\\clerk", password: "horse-battery" }
const inScope = "anna@contoso.example"
const boss = "boss@contoso.example"

export type JudgedServers = {
  readonly newest: RunningExchange
  /** Throws when no such version was started. */
  of(version: ServerVersion): RunningExchange
  /** Runs a script of `judge/` with its settings in the environment; gives what it printed. */
  run(python: string, script: string, work?: object): Promise<string>
}

const TIME_LIMIT_MS = 100_000

/** Started for one test and closed with it. */
export async function startServers(context: TestContext, versions: readonly ServerVersion[]): Promise<JudgedServers> {
  const folder = mkdtempSync(join(tmpdir(), "interop-"))
  context.after(() => rmSync(folder, { recursive: true }))
  const servers = new Map<ServerVersion, RunningExchange>()
  for (const version of versions) {
    // What of a MeetingTimeZone comes back from a server of 2007 is open: exchangelib only copes with nothing.
    const switches = { meetingTimeZoneGivenBack: false }
    const exchange = await startExchange({ server: { version }, mailboxes, accounts, switches })
    context.after(() => exchange.close())
    servers.set(version, exchange)
  }
  const of = (version: ServerVersion) => {
    const found = servers.get(version)
    if (!found) throw new Error(`no server of version ${version}`)
    return found
  }
  const caFile = join(folder, "ca.pem")
  writeFileSync(caFile, [...servers.values()].map(({ caPem }) => caPem).join("\n"))
  const settings = {
    caFile,
    servers: Object.fromEntries(
      [...servers].map(([version, { ewsUrl, pageUrl }]) => [version, { url: ewsUrl, admin: pageUrl }]),
    ),
    ...{ service, scoped, hasty, clerk, inScope, boss },
  }
  return {
    newest: of("15.2"),
    of,
    run: (python, script, work = {}) => runPython(python, script, { settings, work, folder }),
  }
}

const mailboxes = [inScope, boss].map(address => ({ address }))
const accounts = [
  { ...service, impersonates: "everything" },
  { ...scoped, impersonates: [inScope] },
  { ...hasty, impersonates: [inScope] },
  { ...clerk, delegateOf: [boss] },
] as const

async function runPython(
  python: string,
  script: string,
  { settings, work, folder }: { readonly settings: object; readonly work: object; readonly folder: string },
): Promise<string> {
  const child = spawn(python, [join(import.meta.dirname, "judge", script)], {
    env: {
      PATH: "/usr/bin:/bin",
      PYTHONDONTWRITEBYTECODE: "1",
      // What exchangelib remembers of Autodiscover lies there.
      TMPDIR: folder,
      JUDGE_SETTINGS: JSON.stringify(settings),
      JUDGE_WORK: JSON.stringify(work),
    },
    stdio: ["ignore", "pipe", "inherit"],
    signal: AbortSignal.timeout(TIME_LIMIT_MS),
  })
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, "close")])
  if (code !== 0) throw new Error(`${script} ended with ${code}`)
  return output
}

import { imageEnvironment } from "../../test/world/operator-program.ts"
import type { Report } from "../report.ts"
import { findLibrary, libraryVersion } from "./bare-library.ts"
import type { Contestant } from "./contestant.ts"
import { findExchangelib } from "./exchangelib.ts"

/** Requests at a time where exchangelib is given threads: as many as calsync has places for in one mailbox. */
const threads = 4
/** What servers give at most for a search; exchangelib's own pages are smaller. */
const largestPage = 250

/** calsync first, then whoever is to be had; the report says loudly who is not. */
export async function contestants(report: Report, environment: NodeJS.ProcessEnv): Promise<readonly Contestant[]> {
  const exchangelib = await findExchangelib(environment)
  const library = await findLibrary(environment)
  if ("missing" in exchangelib) report.note(`**NOT COMPARED with exchangelib: ${exchangelib.missing}.**`)
  if (typeof library !== "string") report.note(`**NOT COMPARED with ews-javascript-api: ${library.missing}.**`)
  return [
    calsync,
    ...("missing" in exchangelib ? [] : ofExchangelib(exchangelib)),
    ...(typeof library === "string" ? [ofLibrary(library)] : []),
  ]
}

const calsync: Contestant = {
  name: "calsync",
  command: process.execPath,
  script: "calsync-client.ts",
  environment: imageEnvironment,
}

/** As it comes, and as it can be made faster by whoever knows how. */
function ofExchangelib({ python, version }: { readonly python: string; readonly version: string }): Contestant[] {
  const asItComes = { name: `exchangelib ${version}`, command: python, script: "exchangelib_client.py" }
  return [asItComes, { ...asItComes, name: `… in ${threads} threads`, settings: { threads, pageSize: largestPage } }]
}

function ofLibrary(libraryFolder: string): Contestant {
  const name = `ews-javascript-api ${libraryVersion}`
  return { name, command: process.execPath, script: "bare-client.ts", settings: { libraryFolder } }
}

/** Which servers there are and which schemas each has: Exchange 2007 SP3, 2010 SP3, 2013, 2016, and 2019 or SE. */

export const serverVersions = ["8", "14", "15.0", "15.1", "15.2"] as const
export type ServerVersion = (typeof serverVersions)[number]

type Release = {
  /** Major, minor and build number. */
  readonly build: readonly [string, string, string]
  /** What ServerVersionInfo calls its newest schema, which no request can always ask for. */
  readonly schema: string | undefined
  /** The first that no older server has. */
  readonly requests: readonly string[]
}

const releases: Readonly<Record<ServerVersion, Release>> = {
  "8": { build: ["8", "3", "83"], schema: undefined, requests: ["Exchange2007", "Exchange2007_SP1"] },
  "14": {
    build: ["14", "3", "123"],
    schema: "Exchange2010_SP2",
    requests: ["Exchange2009", "Exchange2010", "Exchange2010_SP1", "Exchange2010_SP2"],
  },
  "15.0": {
    build: ["15", "0", "1497"],
    schema: "V2_23",
    requests: ["Exchange2012", "Exchange2013", "Exchange2013_SP1"],
  },
  "15.1": {
    build: ["15", "1", "2507"],
    schema: "V2017_07_11",
    requests: [
      ...["Exchange2015", "Exchange2016", "V2015_10_05", "V2016_01_06", "V2016_04_13", "V2016_07_13", "V2016_10_10"],
    ],
  },
  "15.2": { build: ["15", "2", "1748"], schema: "V2017_07_11", requests: [] },
}

export function releaseOf(version: ServerVersion): Pick<Release, "build" | "schema"> {
  return releases[version]
}

/** Everything RequestServerVersion may say, oldest first (types.xsd, ExchangeVersionType). */
const allRequests = serverVersions.flatMap(version => releases[version].requests)

export function accepts(version: ServerVersion, requested: string): boolean {
  const known = serverVersions.slice(0, serverVersions.indexOf(version) + 1)
  return known.some(name => releases[name].requests.includes(requested))
}

/** Those a server names to clients: no early ones, no dated ones. */
export function acceptedSchemas(version: ServerVersion): readonly string[] {
  const internal = ["Exchange2009", "Exchange2012"]
  return allRequests.filter(name => accepts(version, name) && !name.startsWith("V") && !internal.includes(name))
}

/** What a request without the header asks for: the first release's schema, says the documentation of 2007 and of 2010. */
export function unversioned(version: ServerVersion): string {
  return version === "8" ? "Exchange2007" : "Exchange2010"
}

/** Whether a request for one schema may hold what came with another. */
export function reaches(requested: string, introduced: string): boolean {
  return allRequests.indexOf(requested) >= allRequests.indexOf(introduced)
}

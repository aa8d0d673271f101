import { execFile, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync } from "node:fs"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { connect, createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { TestContext } from "node:test"
import { setTimeout as wait } from "node:timers/promises"
import { promisify } from "node:util"
import { request } from "undici"

const run = promisify(execFile)

/** DavMail speaks CalDAV at one side and Exchange's web services at the other. Debian's package has it. */

const JAR = "/usr/share/davmail/davmail.jar"
const APT = "/usr/bin/apt-get"
const STORE_PASSWORD = "changeit"
/** Java on a loaded machine takes its time. */
const START_LIMIT_MS = 60_000

export type Answer = { readonly status: number; readonly etag: string; readonly text: string }

export type DavMail = {
  /** One request below `/`, logged in. */
  ask(method: string, path: string, body?: string, headers?: Readonly<Record<string, string>>): Promise<Answer>
}

type Given = {
  readonly ewsUrl: string
  readonly caPem: string
  readonly username: string
  readonly password: string
}

/** Installs DavMail when it is missing, and runs it for one test. Throws when it cannot be had. */
export async function startDavMail(context: TestContext, given: Given): Promise<DavMail> {
  await install()
  const folder = await mkdtemp(join(tmpdir(), "davmail-"))
  const port = await freePort()
  await writeFile(join(folder, "davmail.properties"), properties(folder, port, given.ewsUrl))
  const trust = await trustStore(folder, given.caPem)
  const java = spawn("java", [...trust, "-jar", JAR, "-server", join(folder, "davmail.properties")], {
    stdio: "ignore",
  })
  const ended = once(java, "exit")
  context.after(async () => {
    java.kill("SIGKILL")
    await ended
    await rm(folder, { recursive: true })
  })
  await untilListening(port)
  const authorization = `Basic ${Buffer.from(`${given.username}:${given.password}`).toString("base64")}`
  return {
    async ask(method, path, body, headers = {}) {
      const answer = await request(`http://127.0.0.1:${port}${path}`, {
        method,
        headers: { authorization, ...headers },
        ...(body === undefined ? {} : { body }),
      })
      return { status: answer.statusCode, etag: String(answer.headers["etag"] ?? ""), text: await answer.body.text() }
    },
  }
}

async function install(): Promise<void> {
  if (existsSync(JAR)) return
  await run(APT, ["update"])
  await run(APT, ["install", "-y", "--no-install-recommends", "davmail-server"])
  if (!existsSync(JAR)) throw new Error("davmail-server could not be installed")
}

/** Only CalDAV, only here, and events of any age. */
function properties(folder: string, port: number, ewsUrl: string): string {
  return `davmail.server=true
davmail.mode=EWS
davmail.url=${ewsUrl}
davmail.caldavPort=${port}
davmail.imapPort=
davmail.ldapPort=
davmail.popPort=
davmail.smtpPort=
davmail.allowRemote=false
davmail.bindAddress=127.0.0.1
davmail.disableUpdateCheck=true
davmail.caldavPastDelay=0
davmail.logFilePath=${join(folder, "davmail.log")}
log4j.rootLogger=WARN
`
}

async function trustStore(folder: string, caPem: string): Promise<readonly string[]> {
  const [ca, store] = [join(folder, "ca.pem"), join(folder, "trust.p12")]
  await writeFile(ca, caPem)
  const kept = ["-keystore", store, "-storetype", "PKCS12", "-storepass", STORE_PASSWORD]
  await run("keytool", ["-importcert", "-noprompt", "-alias", "simulator", "-file", ca, ...kept])
  return [`-Djavax.net.ssl.trustStore=${store}`, `-Djavax.net.ssl.trustStorePassword=${STORE_PASSWORD}`]
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  server.close()
  if (address === null || typeof address === "string") throw new Error("no port")
  return address.port
}

async function untilListening(port: number): Promise<void> {
  const signal = AbortSignal.timeout(START_LIMIT_MS)
  for (;;) {
    const socket = connect(port, "127.0.0.1")
    const opened = await once(socket, "connect").then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (opened) return
    await wait(100, undefined, { signal })
  }
}

import { startExchange } from "../../test/simulators/exchange/start-exchange.ts"
import { account, mailboxes, type Whereabouts } from "./organisation.ts"

/** The simulated Exchange Server in a process of its own: `node bench/ews/server.ts LATENCY_MS`. Serves until it is ended. */

const [, , latencyMs = "0"] = process.argv
const { domain, username, password } = account
const { ewsUrl, pageUrl, caPem } = await startExchange({
  latencyMs: Number(latencyMs),
  checkAnswers: false,
  mailboxes: mailboxes.map(address => ({ address, timeZone: "Romance Standard Time" })),
  accounts: [{ name: `${domain}\\${username}`, password, impersonates: "everything" }],
})
const whereabouts: Whereabouts = { ewsUrl, pageUrl, caPem }
console.log(JSON.stringify(whereabouts))

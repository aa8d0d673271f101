import { startExchange } from "./start-exchange.ts"

/** Runs the simulator alone: `node test/simulators/exchange/main.ts [port] [pagePort]`. Ends with Ctrl-C. */

const [port = "8443", pagePort = "8080"] = process.argv.slice(2)
const exchange = await startExchange({ port: Number(port), pagePort: Number(pagePort) })
const app = exchange.admin.addApp()
exchange.admin.addMailbox({ address: "anna@contoso.example", displayName: "Anna", timeZone: "W. Europe Standard Time" })
console.log(
  JSON.stringify({ url: exchange.url, pageUrl: exchange.pageUrl, tenantId: exchange.admin.tenantId, ...app }, null, 2),
)
console.log(exchange.caPem)
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void exchange.close())

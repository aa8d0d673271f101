import { startExchange } from "./start-exchange.ts"

/** Runs the simulator alone: `node test/simulators/exchange/main.ts [port] [pagePort]`. Ends with Ctrl-C. */

const [port = "8443", pagePort = "8080"] = process.argv.slice(2)
const exchange = await startExchange({ port: Number(port), pagePort: Number(pagePort) })
const app = exchange.admin.addApp()
exchange.admin.addMailbox({ address: "anna@contoso.example", displayName: "Anna", timeZone: "W. Europe Standard Time" })
const account = { name: "CONTOSO\\svc-calsync", password: app.secret }
exchange.admin.addAccount({ ...account, impersonates: "everything" })
const { url, ewsUrl, pageUrl, admin } = exchange
console.log(JSON.stringify({ url, ewsUrl, pageUrl, tenantId: admin.tenantId, ...app, account }, null, 2))
console.log(exchange.caPem)
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void exchange.close())

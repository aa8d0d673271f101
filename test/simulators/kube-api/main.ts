/** Runs the simulator alone: `node test/simulators/kube-api/main.ts [port] [kubeconfig file to write]`. */
import { writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { startKubeApi } from "./kube-api.ts"

const [port = "6443", file = join(tmpdir(), "simulated.kubeconfig")] = process.argv.slice(2)
const api = await startKubeApi({ port: Number(port) })
writeFileSync(file, api.kubeconfig(), { mode: 0o600 })
console.log(`Kubernetes API at ${api.url}; kubectl --kubeconfig ${file} get namespaces`)
process.once("SIGINT", () => void api.close())
process.once("SIGTERM", () => void api.close())

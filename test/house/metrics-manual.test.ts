import assert from "node:assert/strict"
import { test } from "node:test"
import { KubeConfig } from "@kubernetes/client-node"
import { DomainMetrics } from "../../operator/controllers/metrics.ts"
import { KubeClient } from "../../operator/runtime/kube-client.ts"
import { silentLog } from "../../operator/runtime/log.ts"
import { Manager } from "../../operator/runtime/manager.ts"
import { codeOf, read, rowsOf } from "./manuals.ts"

/** The registry as operator.ts makes it: the manager's families, and the domain's beside them. */
const manager = new Manager({
  client: new KubeClient({ kubeConfig: new KubeConfig() }),
  log: silentLog,
  reportingController: "calsync.dev/operator",
  identity: "test",
  metricsPrefix: /metricsPrefix: "(\w+)"/.exec(read("operator/operator.ts"))?.[1] ?? "",
})
new DomainMetrics(manager.registry).countSyncsOf(() => [])

type Described = { readonly name: string; readonly type: string; readonly labels: readonly string[] }

const documented = rowsOf(read("docs/metrics.md")).flatMap(([name, type = "", labels = ""]): readonly Described[] => {
  const code = codeOf(name)
  return code === undefined
    ? []
    : [{ name: code, type, labels: [...labels.matchAll(/`(\w+)`/g)].map(match => match[1] ?? "") }]
})

test("every metric is explained with its type and its labels, and none is explained that does not exist", () => {
  const registered = manager.registry.getMetricsAsArray().map(metric => ({
    name: metric.name,
    type: metric.constructor.name.toLowerCase(),
    labels: "labelNames" in metric && Array.isArray(metric.labelNames) ? metric.labelNames : [],
  }))
  const ours = registered.filter(({ name }) => !/^(process|nodejs)_/.test(name))
  assert.deepEqual(sorted(documented), sorted(ours))
})

test("names of ours begin with calsync_, others are those of controller-runtime and client-go", () => {
  const stranger = documented.find(
    ({ name }) => !/^(calsync_|controller_runtime_|workqueue_|rest_client_|leader_election_)/.test(name),
  )
  assert.equal(stranger, undefined)
})

test("no label can carry a mailbox, an identity or an event", () => {
  const allowed = ["connection", "kind", "result", "op", "reason", "outcome", "by", "operation", "code", "ready"]
  const generic = ["controller", "name", "method", "verb", "resource"]
  for (const { name, labels } of documented) {
    assert.deepEqual(
      labels.filter(label => ![...allowed, ...generic].includes(label)),
      [],
      name,
    )
  }
})

function sorted(metrics: readonly Described[]): readonly Described[] {
  return metrics
    .map(metric => ({ ...metric, labels: metric.labels.toSorted() }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client"

// The buckets of controller-runtime and client-go, so that existing dashboards read the same.
const reconcileBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300]
const queueBuckets = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 10, 100, 1000]
const requestBuckets = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60]

export type Metrics = ReturnType<typeof createMetrics>

/** The generic families under controller-runtime's names; `prefix` begins the names that are only ours. */
export function createMetrics(prefix = "") {
  const registry = new Registry()
  const registers = [registry]
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Counter({ name, help, labelNames, registers })
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Gauge({ name, help, labelNames, registers })
  const histogram = <L extends string>(name: string, help: string, labelNames: readonly L[], buckets: number[]) =>
    new Histogram({ name, help, labelNames, registers, buckets })

  return {
    registry,
    reconcile: {
      total: counter("controller_runtime_reconcile_total", "Reconciles by result", ["controller", "result"]),
      errors: counter("controller_runtime_reconcile_errors_total", "Failed reconciles", ["controller"]),
      terminal: counter("controller_runtime_terminal_reconcile_errors_total", "Failures a retry cannot mend", [
        "controller",
      ]),
      panics: counter("controller_runtime_reconcile_panics_total", "Failures that are bugs", ["controller"]),
      timeouts: counter("controller_runtime_reconcile_timeouts_total", "Reconciles that took too long", ["controller"]),
      seconds: histogram(
        "controller_runtime_reconcile_time_seconds",
        "Length of a reconcile",
        ["controller"],
        reconcileBuckets,
      ),
      concurrency: gauge("controller_runtime_max_concurrent_reconciles", "Workers of a controller", ["controller"]),
      active: gauge("controller_runtime_active_workers", "Workers that work right now", ["controller"]),
    },
    queue: {
      depth: gauge("workqueue_depth", "Keys waiting", ["name"]),
      adds: counter("workqueue_adds_total", "Keys added", ["name"]),
      retries: counter("workqueue_retries_total", "Keys added again after a failure", ["name"]),
      waitSeconds: histogram("workqueue_queue_duration_seconds", "Time a key waits", ["name"], queueBuckets),
      workSeconds: histogram("workqueue_work_duration_seconds", "Time a key is worked on", ["name"], queueBuckets),
      unfinishedSeconds: gauge("workqueue_unfinished_work_seconds", "Work in progress, summed", ["name"]),
      longestSeconds: gauge("workqueue_longest_running_processor_seconds", "Oldest work in progress", ["name"]),
    },
    requests: {
      total: counter("rest_client_requests_total", "Requests to the API server", ["code", "method"]),
      seconds: histogram("rest_client_request_duration_seconds", "Length of a request", ["verb"], requestBuckets),
    },
    leader: gauge("leader_election_master_status", "1 while this replica leads", ["name"]),
    informer: {
      synced: gauge(`${prefix}informer_synced`, "1 once everything was listed", ["resource"]),
      lastEvent: gauge(`${prefix}informer_last_event_timestamp_seconds`, "Last sign of life of the watch", [
        "resource",
      ]),
      relists: counter(`${prefix}informer_relists_total`, "Full lists", ["resource"]),
      corrections: counter(
        `${prefix}informer_corrections_total`,
        "Objects a safety list found to be wrong: lost events",
        ["resource"],
      ),
      restarts: counter(`${prefix}informer_watch_restarts_total`, "Watches begun anew", ["resource", "reason"]),
      handlerErrors: counter(`${prefix}informer_handler_errors_total`, "Change handlers that threw", ["resource"]),
    },
    events: {
      dropped: counter(`${prefix}events_dropped_total`, "Events not told to Kubernetes", ["reason"]),
    },
  }
}

/** Event-loop lag, heap, garbage collection and the like of this process. */
export function observeProcess(registry: Registry): void {
  collectDefaultMetrics({ register: registry })
}

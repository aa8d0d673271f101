import assert from "node:assert/strict"
import { test } from "node:test"
import { InvalidSettingError, readSettings } from "../operator/settings.ts"

test("without a flag every setting has its safe default", () => {
  const settings = readSettings([], {}, "host-1")

  assert.equal(settings.namespace, "calsync-system")
  assert.equal(settings.watchNamespaces, undefined)
  assert.equal(settings.installationId, undefined)
  assert.equal(settings.leaderElection.enabled, true)
  assert.deepEqual(settings.listen, { host: "127.0.0.1", port: 8080 })
  assert.equal(settings.identity, "host-1")
  assert.equal(settings.concurrency, 4)
})

test("a flag wins over its environment variable, and that over the default", () => {
  const environment = { CALSYNC_CONCURRENCY: "8", CALSYNC_LOG_LEVEL: "debug" }

  const settings = readSettings(["--concurrency", "16"], environment, "host-1")

  assert.equal(settings.concurrency, 16)
  assert.equal(settings.logLevel, "debug")
})

test("the watched namespaces are a list in which blanks mean nothing", () => {
  const settings = readSettings(["--watch-namespaces", "school, office ,"], {}, "host-1")

  assert.deepEqual(settings.watchNamespaces, ["school", "office"])
})

test("an IPv6 address to listen on is written in brackets", () => {
  assert.deepEqual(readSettings(["--listen", "[::]:9090"], {}, "host-1").listen, { host: "::", port: 9090 })
})

const refused: readonly (readonly [string, readonly string[]])[] = [
  ["--concurrency", ["--concurrency", "many"]],
  ["--concurrency", ["--concurrency", "0"]],
  ["--leader-election", ["--leader-election", "yes"]],
  ["--listen", ["--listen", "8080"]],
  ["--listen", ["--listen", "127.0.0.1:70000"]],
  ["--log-level", ["--log-level", "loud"]],
  ["--installation-id", ["--installation-id", "default"]],
  ["--installation-id", ["--installation-id", "Not Allowed"]],
  ["--lease-duration", ["--lease-duration", "5s"]],
  ["--renew-deadline", ["--renew-deadline", "ten"]],
  ["--unknown", ["--unknown", "1"]],
]
for (const [flag, argv] of refused) {
  test(`${argv.join(" ")} is refused with a message that names the flag`, () => {
    assert.throws(
      () => readSettings(argv, {}, "host-1"),
      (error: unknown) => error instanceof InvalidSettingError && error.message.includes(flag),
    )
  })
}

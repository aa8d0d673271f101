import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import { isJson, parseJson, textAt } from "../simulators/exchange/store/json.ts"
import { debianExchangelib, type Exchangelib, newestExchangelib } from "./exchangelibs.ts"
import { startServers } from "./judged-servers.ts"

/** exchangelib, which knows real Exchange Servers, judges the simulator: whatever it cannot do is a defect of ours. */

/** Fewer claims than this means that some were lost on the way, not that the judge has less to say. */
const FEWEST_CLAIMS = 70

test("exchangelib of Debian", async context => {
  await judgedBy(context, await debianExchangelib())
})

test("exchangelib of pip", async context => {
  const newest = await newestExchangelib(process.env)
  if ("missing" in newest) context.skip(newest.missing)
  else await judgedBy(context, newest)
})

async function judgedBy(context: TestContext, { python, version }: Exchangelib): Promise<void> {
  context.diagnostic(`exchangelib ${version}`)
  const servers = await startServers(context, ["15.2", "15.1", "15.0", "14", "8"])

  const { claims, done } = said(await servers.run(python, "main.py"))

  for (const { claim, failure } of claims) await context.test(claim, () => assert.equal(failure, undefined))
  assert.equal(done, claims.length, "the judge did not come to its end")
  assert.ok(claims.length >= FEWEST_CLAIMS, `${claims.length} claims`)
}

type Claim = { readonly claim: string; readonly failure: string | undefined }

function said(output: string): { readonly claims: readonly Claim[]; readonly done: unknown } {
  const lines = output.split("\n").map(parseJson).filter(isJson)
  const claims = lines.flatMap(line => {
    const claim = textAt(line, "claim")
    return claim === undefined ? [] : [{ claim, failure: textAt(line, "failure") }]
  })
  return { claims, done: lines.find(line => "done" in line)?.["done"] }
}

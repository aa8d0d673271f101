import { describe } from "node:test"
import type { RunningExchange } from "../simulators/exchange/start-exchange.ts"
import { account, tenant } from "./manifests.ts"
import type { Backend } from "./world.ts"

/** What stories that hold for both backends need to say about them: the names each has for the same things. */

type Fault = Parameters<RunningExchange["admin"]["addFault"]>[0]

export type Wire = {
  readonly backend: Backend
  /** How the simulator counts requests, and what a fault is aimed at. */
  readonly operations: {
    readonly create: string
    readonly update: string
    readonly remove: string
    /** The first listing of a mailbox, and every full one. */
    readonly list: string
    /** Every further look, which asks only what changed. */
    readonly changes: string
  }
  /** The most items one request writes. */
  readonly perRequest: number
  readonly credential: {
    readonly secretName: string
    /** What the Secret holds where it is this one. */
    readonly dataOf: (value: string) => Readonly<Record<string, string>>
    /** How the connection calls it when it is accepted. */
    readonly accepted: string
    /** Somebody changes it in Exchange; nothing that was logged in stays so. */
    readonly change: (exchange: RunningExchange, value: string) => void
    /** How often it was refused since the counters were reset. */
    readonly refusals: (exchange: RunningExchange) => number
  }
  readonly access: {
    readonly onlyTo: (exchange: RunningExchange, address: string) => void
    readonly toAll: (exchange: RunningExchange) => void
  }
  /** A mailbox that this backend does not lead to, and the other does. */
  readonly elsewhere: { readonly state: "onPremises" | "migrated"; readonly reason: string; readonly says: RegExp }
  readonly faults: {
    readonly denied: Fault
    /** The first of the items that are written together is refused, the others are not. */
    readonly oneRefused: Fault
    readonly refused: Fault
    /** Somebody is always faster. */
    readonly changedMeanwhile: Fault
    /** What was asked for is done, and nobody is told. */
    readonly answerIsLost: Fault
    readonly throttled: (seconds: number) => Fault
    /** A mailbox that shows nothing, however it is asked, though nothing was deleted. */
    readonly nothingShown: readonly Fault[]
  }
}

const longerThanAStory = 60_000

const graph: Wire = {
  backend: "graph",
  operations: {
    create: "events.create",
    update: "events.update",
    remove: "events.delete",
    list: "events.list",
    changes: "calendarView.delta",
  },
  perRequest: 1,
  credential: {
    secretName: "app",
    dataOf: clientSecret => ({ clientSecret }),
    accepted: "TokenAcquired",
    change: ({ admin }, value) => {
      admin.updateApp(tenant.clientId, { secrets: [{ value }] })
      admin.revokeTokens()
    },
    refusals: ({ admin }) => admin.counters().operations["token"] ?? 0,
  },
  access: {
    onlyTo: ({ admin }, address) => {
      const { id } = admin.addGroup({ mail: `only-${address}`, members: [address] })
      admin.setAccessPolicies([{ appId: tenant.clientId, right: "RestrictAccess", group: id }])
    },
    toAll: ({ admin }) => admin.setAccessPolicies([]),
  },
  elsewhere: { state: "onPremises", reason: "MailboxOnPremises", says: / / },
  faults: {
    denied: { kind: "status", status: 403 },
    oneRefused: { kind: "status", status: 400, code: "ErrorInvalid", operation: "events.create", times: 1 },
    refused: { kind: "status", status: 400, code: "ErrorInvalid" },
    changedMeanwhile: { kind: "status", status: 412 },
    // A batch is answered as a whole, when its slowest step is done.
    answerIsLost: { kind: "slow", delayMs: longerThanAStory, operation: "events.create", after: 9 },
    throttled: seconds => ({ kind: "status", status: 429, retryAfter: seconds }),
    nothingShown: [{ kind: "status", status: 200, text: '{"value":[]}', operation: "events.list" }],
  },
}

const ews: Wire = {
  backend: "ews",
  operations: {
    create: "ews.CreateItem",
    update: "ews.UpdateItem",
    remove: "ews.DeleteItem",
    list: "ews.SyncFolderItems",
    changes: "ews.SyncFolderItems",
  },
  perRequest: 100,
  credential: {
    secretName: "svc",
    dataOf: password => ({ ...account, password }),
    accepted: "Authenticated",
    change: ({ admin }, password) => admin.updateAccount(account.username, { password }),
    refusals: ({ admin }) => admin.counters().statuses["401"] ?? 0,
  },
  access: {
    onlyTo: ({ admin }, address) => admin.updateAccount(account.username, { impersonates: [address] }),
    toAll: ({ admin }) => admin.updateAccount(account.username, { impersonates: "everything" }),
  },
  elsewhere: { state: "migrated", reason: "MailboxNotFound", says: /moved to Exchange Online/ },
  faults: {
    denied: { kind: "status", status: 500, code: "ErrorImpersonateUserDenied" },
    oneRefused: { kind: "batchStopped", at: 0, code: "ErrorItemSave", operation: "ews.CreateItem", times: 1 },
    refused: { kind: "status", status: 200, code: "ErrorItemSave" },
    changedMeanwhile: { kind: "status", status: 200, code: "ErrorIrresolvableConflict" },
    answerIsLost: { kind: "slow", delayMs: longerThanAStory, when: "answering", operation: "ews.CreateItem" },
    throttled: seconds => ({ kind: "status", status: 500, code: "ErrorServerBusy", retryAfter: seconds }),
    nothingShown: [
      { kind: "status", status: 200, text: emptyRound(), operation: "ews.SyncFolderItems" },
      { kind: "status", status: 200, code: "ErrorItemNotFound", operation: "ews.GetItem" },
    ],
  },
}

/** Tells the same stories over each backend: the manifests differ in the connection and nothing else. */
export function onBothBackends(stories: (wire: Wire) => void): void {
  for (const wire of [graph, ews]) describe(`over ${wire.backend}`, () => stories(wire))
}

/** A round of SyncFolderItems that ends at once, with nothing in it. */
function emptyRound(): string {
  const namespaces = [
    'xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"',
    'xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages"',
  ].join(" ")
  const message = [
    '<m:SyncFolderItemsResponseMessage ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode>',
    "<m:SyncState>nothing</m:SyncState><m:IncludesLastItemInRange>true</m:IncludesLastItemInRange>",
    "<m:Changes/></m:SyncFolderItemsResponseMessage>",
  ].join("")
  const response = `<m:SyncFolderItemsResponse><m:ResponseMessages>${message}</m:ResponseMessages></m:SyncFolderItemsResponse>`
  return `<s:Envelope ${namespaces}><s:Body>${response}</s:Body></s:Envelope>`
}

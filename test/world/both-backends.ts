import { describe } from "node:test"
import type { RunningExchange } from "../simulators/exchange/start-exchange.ts"
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

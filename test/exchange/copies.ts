import assert from "node:assert/strict"
import type { CalendarEvent } from "../../operator/core/event.ts"
import { fingerprint } from "../../operator/core/fingerprint.ts"
import { checkOf, keyHash, type Mark } from "../../operator/core/origin.ts"
import type { Calendar, CreateItem } from "../../operator/core/ports.ts"

export const signal = new AbortController().signal

/** A create as planning asks for it. The same key names the same copy. */
export function createItem(
  calendar: Calendar,
  event: CalendarEvent,
  idempotencyKey = `create-${event.key}`,
): CreateItem {
  return { event, idempotencyKey, mark: markFor(event, fingerprint(calendar.normalize(event)), idempotencyKey) }
}

export function markFor(event: CalendarEvent, print: string, idempotencyKey = `create-${event.key}`): Mark {
  return {
    installation: "test",
    cluster: "cluster-a",
    owner: "owner",
    key: keyHash(event.key),
    fingerprint: print,
    writtenAt: Temporal.Instant.from("2026-11-21T12:00:00Z"),
    check: checkOf(idempotencyKey),
  }
}

export type Written = { readonly id: string; readonly version: string }

/** Creates the events and asserts that all of them were. */
export async function written(calendar: Calendar, events: readonly CalendarEvent[]): Promise<readonly Written[]> {
  const outcomes =
    (await calendar.writer?.create(
      events.map(event => createItem(calendar, event)),
      signal,
    )) ?? []
  return outcomes.map(outcome => {
    assert.ok(outcome.ok, outcome.ok ? "" : String(outcome.error))
    return { id: outcome.id, version: outcome.version }
  })
}

import type { SourceReading } from "../../core/ports.ts"
import { type CalendarContent, identityNamed } from "../source-calendar.ts"

/** What a source with one calendar is called where no binding gives it a name. */
const onlyIdentity = "feed"

type SharedReading = {
  readonly calendar: CalendarContent
  readonly revision: string
  readonly refreshHintMs?: number | undefined
}

/** One calendar for all who ask: a feed of holidays has one, whatever the bindings call it. */
export class SharedCalendar {
  #before: { readonly fingerprint: string; readonly identities: string } | undefined

  reading(asked: readonly string[], { calendar, revision, refreshHintMs }: SharedReading): SourceReading {
    const ids = [...new Set(asked.length === 0 ? [onlyIdentity] : asked)]
    const now = { fingerprint: calendar.fingerprint, identities: JSON.stringify(ids.toSorted()) }
    const unchanged = this.#before?.fingerprint === now.fingerprint && this.#before.identities === now.identities
    this.#before = now
    return {
      revision,
      identities: ids.map(identityNamed),
      calendars: new Map(ids.map(identity => [identity, { ...calendar, identity }])),
      failed: [],
      unchanged,
      ...(refreshHintMs === undefined ? {} : { refreshHintMs }),
    }
  }
}

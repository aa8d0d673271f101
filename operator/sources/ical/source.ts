import { TemporaryError } from "../../core/errors.ts"
import type { ICalSettings, Source } from "../../core/ports.ts"
import type { ProxySettings } from "../../http/client.ts"

export type ICalDeps = { readonly proxy: ProxySettings; readonly now: () => Temporal.Instant }

/** A feed, a feed per identity, or the text of one: iCalendar in any of the forms found in the wild. */
export function openICalSource(_deps: ICalDeps, settings: ICalSettings): Source {
  return {
    read: () => Promise.reject(new TemporaryError(`${settings.name} is not read yet`, { reason: "Unreachable" })),
    close: () => Promise.resolve(),
  }
}

import type { OpenSource } from "../core/ports.ts"
import type { ProxySettings } from "../http/client.ts"
import { openEventsSource } from "./events/source.ts"
import { openICalSource } from "./ical/source.ts"

export type SourceDeps = {
  readonly proxy: ProxySettings
  readonly now: () => Temporal.Instant
}

/** The catalogue of sources: opens the kind that the settings name. Opening reads nothing yet. */
export function openSource(deps: SourceDeps): OpenSource {
  return settings => {
    switch (settings.kind) {
      case "ical":
        return openICalSource(deps, settings)
      case "events":
        return openEventsSource(settings)
      default:
        return settings satisfies never
    }
  }
}

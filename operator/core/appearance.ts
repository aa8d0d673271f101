import type { CalendarEvent, Sensitivity, ShowAs } from "./event.ts"

export type LookSpec = {
  readonly showAs?: ShowAs | "FromSource" | undefined
  readonly sensitivity?: Sensitivity | "FromSource" | undefined
  /** Template: {{subject}}, {{location}}, {{type}}, {{people}}. */
  readonly subject?: string | undefined
  /** Stands in place of the subject. */
  readonly hideSubject?: string | undefined
  readonly includeLocation?: boolean | undefined
  readonly includeLink?: boolean | undefined
  readonly hideHeadings?: boolean | undefined
  readonly categories?: readonly string[] | undefined
  /** None | FromSource | a duration. */
  readonly reminder?: string | undefined
  readonly defaultDuration?: string | undefined
}

export type AppearanceSpec = LookSpec & {
  readonly allDayTypes?: readonly string[] | undefined
  readonly types?: Readonly<Record<string, LookSpec>> | undefined
}

/** How copies look, ready for use. */
export type Appearance = { readonly lookOf: (type: string | undefined) => LookSpec }

export function parseAppearance(_spec: AppearanceSpec): Appearance {
  return { lookOf: () => ({}) }
}

/** The event as the policy wants it to look. Pure; people and link end up in the body. */
export function render(event: CalendarEvent, _appearance: Appearance): CalendarEvent {
  return event
}

import type { ICalSettings, Source } from "../../core/ports.ts"
import { readCalendar } from "../../icalendar/read.ts"
import { calendarContent } from "../source-calendar.ts"
import { SharedCalendar } from "./shared-calendar.ts"

/** A text at hand, read once. What is wrong with it stays wrong until somebody changes it. */
export function openTextSource(
  settings: ICalSettings,
  location: { readonly text: string; readonly revision: string },
): Source {
  const shared = new SharedCalendar()
  let calendar: ReturnType<typeof readText> | undefined
  return {
    async read({ identities }, signal) {
      calendar ??= readText(settings, location.text, signal)
      try {
        return shared.reading(identities, { calendar: await calendar, revision: location.revision })
      } catch (error) {
        calendar = undefined
        throw error
      }
    },
    close: () => Promise.resolve(),
  }
}

async function readText({ timeZone, identityBy }: ICalSettings, text: string, signal: AbortSignal) {
  return calendarContent(await readCalendar(text, { timeZone, identityBy }, signal))
}

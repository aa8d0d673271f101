import type { Content, ItemTime, NamedProperties } from "./item.ts"

/** What was there with the changes laid over it; an empty text takes a property away. */
export function mergedNamed(before: NamedProperties, changes: NamedProperties): NamedProperties {
  const merged = new Map([...before, ...changes])
  for (const [id, value] of changes) if (value === "") merged.delete(id)
  return merged
}

/** What an event has that says nothing about it. */
export function defaultContent(time: ItemTime): Content {
  return {
    subject: "",
    body: { contentType: "html", content: "" },
    locations: [],
    showAs: "busy",
    sensitivity: "normal",
    importance: "normal",
    categories: [],
    reminderOn: true,
    reminderMinutes: 15,
    time,
    attendees: [],
    responseRequested: true,
    hideAttendees: false,
    allowNewTimeProposals: true,
    isOnlineMeeting: false,
    onlineMeetingProvider: "unknown",
    isDraft: false,
    named: new Map(),
  }
}

/** A feed of single lessons: so many, in the weeks ahead, at the version given for the first `changed` of them. */
export function benchFeed({
  name,
  events,
  changed = 0,
}: {
  readonly name: string
  readonly events: number
  readonly changed?: number
}): string {
  const first = Temporal.Now.plainDateISO().add({ days: 2 })
  const lines = Array.from({ length: events }, (_, index) => {
    const day = first
      .add({ days: Math.floor(index / 8) })
      .toString()
      .replaceAll("-", "")
    const hour = String(8 + (index % 8)).padStart(2, "0")
    return [
      "BEGIN:VEVENT",
      `UID:${name}-${index}@bench.example`,
      `SUMMARY:Lesson ${index}`,
      `DTSTART;TZID=Europe/Copenhagen:${day}T${hour}0000`,
      `DTEND;TZID=Europe/Copenhagen:${day}T${hour}4500`,
      `LOCATION:Room ${index < changed ? "B" : "A"}`,
      "END:VEVENT",
    ].join("\r\n")
  })
  return ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//bench//EN", ...lines, "END:VCALENDAR", ""].join("\r\n")
}

/** What all contestants write, made of its number alone: the same texts, times and mark for each of them. */
export type BenchItem = {
  readonly subject: string
  /** Some 200 characters. */
  readonly body: string
  readonly location: string
  /** Where the update moves it. */
  readonly newLocation: string
  /** Wall clock, without a zone. */
  readonly start: string
  readonly end: string
  readonly zone: string
  /** The text of the extended property that says whose item it is; the update writes another. */
  readonly mark: string
  readonly newMark: string
}

export function benchItems(count: number): readonly BenchItem[] {
  return Array.from({ length: count }, (_, index) => benchItem(index))
}

function benchItem(index: number): BenchItem {
  const start = firstStart.add({ days: Math.floor(index / lessonsPerDay), minutes: (index % lessonsPerDay) * 45 })
  return {
    subject: `Lesson ${index}: history & geography`,
    body: `Chapter ${index}. Bring the atlas, the blue exercise book and something to draw with. ${remarks}`,
    location: `${oldBuilding}, room ${index % 60}`,
    newLocation: `${newBuilding}, room ${index % 60}`,
    start: start.toString(),
    end: start.add({ minutes: 45 }).toString(),
    zone: "Europe/Copenhagen",
    mark: markText(index, 1),
    newMark: markText(index, 2),
  }
}

/** Whether an item is where the update moves it. */
export function isMoved(location: string): boolean {
  return location.startsWith(`${newBuilding},`)
}

const [oldBuilding, newBuilding] = ["Building A", "Building B"] as const
const firstStart = Temporal.PlainDateTime.from("2027-01-04T08:00")
const lessonsPerDay = 16
const remarks =
  "Whoever was away last week asks a neighbour for the notes; the answers to the questions on page twelve are due."

/** As long as calsync's own marks are. */
function markText(index: number, version: number): string {
  return `bench1|bench|cluster-a|${"o".repeat(16)}|${String(index).padStart(22, "k")}||${"f".repeat(22)}|tom1s${version}|${"c".repeat(11)}`
}

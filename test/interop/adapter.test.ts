import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import { ChangedMeanwhileError } from "../../operator/core/errors.ts"
import type { CalendarEvent } from "../../operator/core/event.ts"
import { keyHash, type Mark, parseMark } from "../../operator/core/origin.ts"
import { holiday, lesson, weekly } from "../fakes/lesson.ts"
import type { ServerVersion } from "../simulators/exchange/ews/server-version.ts"
import { isJson, type Json, parseJson } from "../simulators/exchange/store/json.ts"
import { debianExchangelib, type Exchangelib, newestExchangelib } from "./exchangelibs.ts"
import { foreignEvents } from "./foreign-events.ts"
import { connect, JudgedCalendar, year } from "./judged-calendar.ts"
import { startServers } from "./judged-servers.ts"
import { writtenEvents } from "./written-events.ts"

/** Three readings of one truth: what calsync writes is read by exchangelib as it was meant, and the other way round. */

test("exchangelib of Debian and calsync agree", async context => {
  await agree(context, await debianExchangelib())
})

test("exchangelib of pip and calsync agree", async context => {
  const newest = await newestExchangelib(process.env)
  if ("missing" in newest) context.skip(newest.missing)
  else await agree(context, newest)
})

async function agree(context: TestContext, judge: Exchangelib): Promise<void> {
  context.diagnostic(`exchangelib ${judge.version}`)
  const open = await opener(context, judge)
  await context.test("on what calsync writes", inner => readsWhatCalsyncWrites(inner, open()))
  await context.test("on what calsync changes and removes", () => readsWhatCalsyncChanges(open()))
  await context.test("on what its owner does to a copy", () => editsWhatCalsyncWrote(open()))
  await context.test("on what its owner writes", inner => writesOfItsOwn(inner, open()))
  const inOldWords = (between: Between, inner: TestContext) => readsWhatCalsyncWrites(inner, between, "toldBy2010")
  await context.test("in the words of Exchange 2010", inner => inOldWords(open("14"), inner))
}

/** A mailbox with calsync at one side of it and exchangelib at the other. */
type Between = {
  readonly calsync: JudgedCalendar
  /** What exchangelib sees of each item. */
  tell(): Promise<readonly Json[]>
  /** Lets exchangelib do something. */
  run(script: string): Promise<unknown>
  mails(): readonly unknown[]
}

async function opener(context: TestContext, { python }: Exchangelib): Promise<(version?: ServerVersion) => Between> {
  const servers = await startServers(context, ["15.2", "14"])
  let opened = 0
  return (version = "15.2") => {
    opened += 1
    const mailbox = `between${opened}@contoso.example`
    const { admin } = servers.of(version)
    const connection = connect(servers.of(version), version === "14" ? "ntlm" : "basic")
    context.after(() => connection.close())
    admin.addMailbox({ address: mailbox, timeZone: "FLE Standard Time" })
    const run = (script: string) => servers.run(python, script, { mailbox, version, ...year })
    return {
      calsync: new JudgedCalendar(connection, mailbox),
      tell: async () => (await run("tell.py")).split("\n").map(parseJson).filter(isJson),
      run,
      mails: () => admin.outbox(),
    }
  }
}

async function readsWhatCalsyncWrites(
  context: TestContext,
  { calsync, tell, mails }: Between,
  otherwise?: "toldBy2010",
): Promise<void> {
  const events = Object.entries(writtenEvents).map(([key, { event }]) => ({ ...event, key }))
  assert.deepEqual(
    events.filter(event => !calsync.canStore(event)),
    [],
  )

  const items = await calsync.create(events)

  const [told, listed] = [await tell(), await calsync.list()]
  assert.equal(told.length, items.length)
  for (const { event, mark } of items)
    await context.test(event.key, () => {
      const seen = told.find(line => markIn(line)?.key === mark.key)
      assert.ok(seen)
      const written = writtenEvents[event.key]
      assert.partialDeepStrictEqual(seen, {
        ...nobodyInvited,
        ...written?.told,
        ...(otherwise && written?.[otherwise]),
      })
      assert.partialDeepStrictEqual(markIn(seen), asPlanned(mark))
      const copy = listed.find(stored => stored.mark?.key === mark.key)
      assert.equal(copy?.fingerprint, calsync.promised(event))
    })
  assert.deepEqual(mails(), [])
}

const nobodyInvited = { people: 0, isMeeting: false }

async function readsWhatCalsyncChanges({ calsync, tell, mails }: Between): Promise<void> {
  const before = [
    lesson({ key: "moved", location: "Room 12", reminder: 15, categories: ["Timetable"] }),
    lesson({ key: "all day" }),
    weekly(lesson({ key: "series" })),
    lesson({ key: "removed", subject: "Removed" }),
  ]
  const after: readonly CalendarEvent[] = [
    lesson({ key: "moved", subject: "Moved", start: "2026-12-02T10:00" }),
    holiday({ key: "all day" }),
    seriesWithoutItsSecond(),
  ]
  await calsync.create(before)

  for (const event of after) assert.equal(await calsync.update(await calsync.copy(event.key), event), undefined)
  assert.equal(await calsync.remove(await calsync.copy("removed")), true)

  const told = await tell()
  const seen = after.map(({ key }) => told.find(line => markIn(line)?.key === keyHash(key)))
  assert.equal(told.length, after.length)
  assert.partialDeepStrictEqual(seen, [
    { subject: "Moved", start: "2026-12-02T09:00:00Z", location: null, reminder: null, categories: [] },
    { allDay: true, start: "2026-12-24", end: "2026-12-25" },
    { deleted: ["2026-12-08T07:00:00Z"], shown: ["01", "15", "22", "29"].map(shownOn) },
  ])
  for (const event of after) assert.equal((await calsync.copy(event.key)).fingerprint, calsync.promised(event))
  assert.deepEqual(mails(), [])
}

function markIn(told: Json): Mark | undefined {
  return parseMark(String(told["origin"]))
}

/** The check is the writer's own to choose: it has to fit the item. */
function asPlanned({ check: _, ...mark }: Mark): Omit<Mark, "check"> {
  return mark
}

function shownOn(day: string): readonly string[] {
  return [`2026-12-${day}T07:00:00Z`, "Mathematics"]
}

function seriesWithoutItsSecond(): CalendarEvent {
  const series = weekly(lesson({ key: "series" }))
  return series.recurrence
    ? { ...series, recurrence: { ...series.recurrence, excluded: ["20261208T070000Z"] } }
    : series
}

async function editsWhatCalsyncWrote({ calsync, run }: Between): Promise<void> {
  await calsync.create([
    lesson({ key: "renamed", subject: "Renamed by hand" }),
    weekly(lesson({ key: "series", subject: "Series" })),
    lesson({ key: "deleted", subject: "Deleted by hand" }),
  ])
  const before = await calsync.copy("renamed")

  await run("edit.py")

  const [renamed, series] = [await calsync.copy("renamed"), await calsync.copy("series")]
  assert.deepEqual(renamed.mark, before.mark)
  assert.equal(renamed.fingerprint, calsync.promised(lesson({ subject: "Renamed", location: "By hand" })))
  assert.deepEqual(series.event?.recurrence?.excluded, ["20261222T070000Z"])
  const [{ occurrence, content } = { occurrence: "", content: undefined }] = series.event?.recurrence?.overrides ?? []
  assert.equal(occurrence, "20261208T070000Z")
  assert.equal(content?.time.allDay, false)
  assert.equal(content.time.start.toInstant().toString(), "2026-12-09T13:00:00Z")
  assert.equal(
    (await calsync.list()).some(({ mark }) => mark?.key === keyHash("deleted")),
    false,
  )
  assert.ok((await calsync.update(before, lesson({ key: "renamed" }))) instanceof ChangedMeanwhileError)
}

async function writesOfItsOwn(context: TestContext, { calsync, run }: Between): Promise<void> {
  await run("make.py")

  const listed = await calsync.list()

  const subjects = listed.map(({ event }) => event?.subject).toSorted()
  assert.deepEqual(subjects, Object.keys(foreignEvents).toSorted())
  for (const [subject, event] of Object.entries(foreignEvents))
    await context.test(subject, () => {
      const stored = listed.find(({ event: seen }) => seen?.subject === subject)
      assert.equal(stored?.mark, undefined)
      assert.equal(stored?.fingerprint, calsync.promised({ subject, ...event, key: "of a person" }))
    })
}

import { holidaysFeed, lessonsFrom, timetableFeed } from "./feeds.ts"
import {
  annotate,
  approvalToken,
  calendarOf,
  condition,
  eventually,
  isAt,
  lessonIn,
  owned,
  syncOf,
  syncsOf,
} from "./look.ts"
import { Screen } from "./screen.ts"
import { openStage, type Stage } from "./stage.ts"

/**
 * The main job, on real input: manifests go to a Kubernetes API, the operator reconciles, feeds arrive in mailboxes. Then
 * what happens on ordinary and on bad days. `--once` ends by itself, with an error if anything claimed here was not so.
 */

const namespace = "calendars"
const weeks = 16
const today = Temporal.Now.plainDateISO()
const lessons = lessonsFrom(today, weeks)
const screen = new Screen()

async function main(stage: Stage): Promise<void> {
  stage.feeds.set("holidays.ics", { body: holidaysFeed(today) })
  stage.feeds.set("class-7b.ics", { body: timetableFeed(today, lessons) })
  const dentist = stage.exchange.admin.createEvent("anna@contoso.com", {
    subject: "Dentist",
    start: { dateTime: `${today.add({ days: 8 })}T15:00:00`, timeZone: "Romance Standard Time" },
    end: { dateTime: `${today.add({ days: 8 })}T16:00:00`, timeZone: "Romance Standard Time" },
  })

  await firstLoad(stage)
  await changedFeed(stage)
  await movedInOutlook(stage)
  await halfDeleted(stage)
  await atHome(stage)
  await lastLook(stage, dentist)
}

async function firstLoad(stage: Stage): Promise<void> {
  screen.title("Apply examples/quickstart: a connection, three sources, a policy, three bindings, two CalendarEvents")
  stage.kube.admin.load(caConfigMap(stage.exchange.caPem))
  stage.applyExample("quickstart")
  const mailboxes = ["anna@contoso.com", "bo@contoso.com", "room-12@contoso.com"]
  let told = ""
  const areReady = await eventually(() => {
    const line = mailboxes.map(mailbox => `${mailbox.split("@")[0]} ${owned(stage, mailbox).length}`).join("   ")
    if (line !== told) screen.say(`events in the mailboxes:  ${line}`)
    told = line
    const syncs = stage.kube.admin.stored("calendarsyncs.calsync.dev", namespace)
    return syncs.length === 7 && syncs.every(one => condition(one, "Ready") === "True")
  }, 30_000)
  screen.claim("all seven CalendarSyncs are Ready", areReady)
  await screen.table(stage.api, namespace, "exchangeconnections")
  await screen.table(stage.api, namespace, "calendarsyncs")
  const scoped = stage.kube.admin.stored("exchangeconnections.calsync.dev", namespace)[0]
  screen.claim(
    "Exchange was seen to refuse the director's mailbox (AccessScoped)",
    condition(scoped, "AccessScoped") === "True",
  )
  screen.claim("the series is one series, with its cancelled and its moved lesson", isSeriesWhole(stage))
}

/** One master in Exchange; in the weeks of its exceptions one lesson fewer, and one at another time. */
function isSeriesWhole(stage: Stage): boolean {
  const series = owned(stage, "bo@contoso.com").filter(event => event["subject"] === "Sports")
  const view = calendarOf(stage, "bo@contoso.com", today, 30 * 7).map(event => event["subject"])
  const normal = view.filter(subject => subject === "Sports").length
  const moved = view.filter(subject => subject === "Sports (moved, pool)").length
  return series.length === 1 && moved === 1 && normal >= 17 && normal <= 19
}

async function changedFeed(stage: Stage): Promise<void> {
  screen.title("The timetable changes: one lesson moves to 11:00, one is new")
  const [first, ...rest] = lessons
  if (first === undefined) throw new Error("the demo has no lessons")
  const extra = { ...first, uid: "extra@timetable.example.com", hour: 15, subject: "Parents' evening" }
  stage.exchange.admin.resetCounters()
  stage.feeds.set("class-7b.ics", { body: timetableFeed(today, [{ ...first, hour: 11 }, ...rest, extra]) })
  await lookNow(stage, "calendarsources", "timetable")
  const arrived = await eventually(
    () =>
      ["anna", "bo", "room-12"].every(
        name =>
          lessonIn(stage, `${name}@contoso.com`, first.day, 11) === first.subject &&
          lessonIn(stage, `${name}@contoso.com`, first.day, 15) === extra.subject,
      ),
    20_000,
  )
  screen.claim("both changes are in all three mailboxes", arrived)
  const seen = writesTold(stage)
  screen.claim("and nothing else was written", seen === "events.create 3, events.update 3", seen)
}

/** What was written since the counters were reset, as `events.create 3, events.update 3`. */
function writesTold(stage: Stage): string {
  return Object.entries(stage.exchange.admin.counters().operations)
    .filter(([name]) => /^(events\.(create|update|delete)|ews\.(Create|Update|Delete)Item)/.test(name))
    .map(([name, count]) => `${name} ${count}`)
    .toSorted((a, b) => a.localeCompare(b))
    .join(", ")
}

async function movedInOutlook(stage: Stage): Promise<void> {
  screen.title("Somebody drags a lesson to another hour in Bo's Outlook, behind the operator's back")
  const lesson = lessons[3]
  const event = owned(stage, "bo@contoso.com").find(one => lesson !== undefined && isAt(one, lesson.day, lesson.hour))
  if (event === undefined || lesson === undefined) throw new Error("the lesson is not in the mailbox")
  stage.exchange.admin.moveEvent("bo@contoso.com", event.id, { minutes: 150 })
  const { name } = syncOf(stage, namespace, "timetable", "bo@contoso.com").metadata
  await lookNow(stage, "calendarsyncs", name)
  const isBack = () => lessonIn(stage, "bo@contoso.com", lesson.day, lesson.hour) === lesson.subject
  screen.claim("the next pass put it back (drift: Correct)", await eventually(isBack, 20_000))
  const isTold = () => condition(syncOf(stage, namespace, "timetable", "bo@contoso.com"), "Drifted") === "True"
  screen.claim("and the CalendarSync says so (Drifted: DriftCorrected)", await eventually(isTold, 5_000))
}

/** Changes are found by themselves at the source's interval; the demo asks, so as not to wait for it. */
async function lookNow(stage: Stage, resource: string, name: string): Promise<void> {
  const now = Temporal.Now.instant().toString()
  await annotate(stage, { resource, namespace, name }, { "calsync.dev/requestedAt": now })
}

async function halfDeleted(stage: Stage): Promise<void> {
  screen.title("The timetable program has a bad day: half of its lessons are missing from the feed")
  const before = owned(stage, "anna@contoso.com").length
  stage.feeds.set("class-7b.ics", { body: timetableFeed(today, lessons.slice(0, lessons.length / 2)) })
  await lookNow(stage, "calendarsources", "timetable")
  const anna = () => syncOf(stage, namespace, "timetable", "anna@contoso.com")
  const isHeld = () => approvalToken(anna()) !== undefined
  screen.claim("the deletion guard holds the deletions", await eventually(isHeld, 20_000))
  await screen.table(stage.api, namespace, "calendarsyncs")
  screen.claim(`all ${before} events are still in Anna's calendars`, owned(stage, "anna@contoso.com").length === before)
  screen.say("It was meant so after all: approve exactly this plan, and for Anna's calendar only")
  const object = { resource: "calendarsyncs", namespace, name: anna().metadata.name }
  await annotate(stage, object, { "calsync.dev/approve": approvalToken(anna()) ?? "" })
  const expected = before - lessons.length / 2 - 1
  const isGone = () => owned(stage, "anna@contoso.com").length <= expected
  const left = () => owned(stage, "anna@contoso.com").length
  screen.claim(
    `the deleted lessons are gone: ${expected} events left`,
    (await eventually(isGone, 20_000)) && left() === expected,
    `${left()}`,
  )
  screen.claim("and not from Bo's", lessonIn(stage, "bo@contoso.com", lessons.at(-1)?.day ?? today, 13) !== undefined)
}

/** Half of the lessons are in the feed by now. */
async function atHome(stage: Stage): Promise<void> {
  screen.title("Apply examples/exchange-server: two mailboxes that are not in the cloud, through EWS")
  stage.applyExample("exchange-server")
  const [eva, hall] = ["eva@contoso.com", "hall@contoso.com"] as const
  const isReady = (mailbox: string) =>
    syncsOf(stage, namespace, mailbox).some(sync => condition(sync, "Ready") === "True") &&
    owned(stage, mailbox).length > 0
  screen.claim("both CalendarSyncs are Ready", await eventually(() => isReady(eva) && isReady(hall), 20_000))
  await screen.table(stage.api, namespace, "exchangeconnections")
  const connections = stage.kube.admin.stored("exchangeconnections.calsync.dev", namespace)
  screen.claim(
    "the server too was seen to refuse the director's mailbox",
    connections.length === 2 && connections.every(one => condition(one, "AccessScoped") === "True"),
  )

  const [first] = lessons
  if (first === undefined) throw new Error("the demo has no lessons")
  const extra = { ...first, uid: "concert@timetable.example.com", hour: 17, subject: "Concert" }
  stage.exchange.admin.resetCounters()
  stage.feeds.set("class-7b.ics", { body: timetableFeed(today, [...lessons.slice(0, lessons.length / 2), extra]) })
  await lookNow(stage, "calendarsources", "timetable")
  const everybody = ["anna@contoso.com", "bo@contoso.com", "room-12@contoso.com", eva, hall]
  const isThere = () => everybody.every(mailbox => lessonIn(stage, mailbox, extra.day, extra.hour) === extra.subject)
  screen.claim("a new lesson is in all five calendars, wherever they are", await eventually(isThere, 20_000))
  const seen = writesTold(stage)
  screen.claim("and nothing else was written", seen === "events.create 3, ews.CreateItem 2", seen)
}

async function lastLook(stage: Stage, dentist: string): Promise<void> {
  screen.title("And all the while")
  const own = stage.exchange.admin.events("anna@contoso.com").find(event => event.id === dentist)
  screen.claim("Anna's own appointment was never touched", own?.["subject"] === "Dentist")
  screen.claim("nobody was mailed an invitation", stage.exchange.admin.outbox().length === 0)
  const metrics = await (await fetch(`${stage.probesUrl}/metrics`)).text()
  screen.claim("no metric names a mailbox", !metrics.includes("@contoso.com"))
}

function caConfigMap(pem: string): string {
  return `apiVersion: v1
kind: Namespace
metadata: { name: ${namespace} }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: demo-ca, namespace: ${namespace} }
data: { ca.crt: ${JSON.stringify(pem)} }`
}

function goodbye(stage: Stage): void {
  screen.title("Look around")
  screen.say(`export KUBECONFIG=${stage.kubeconfigFile}`)
  screen.say(`kubectl get calsync -A;  kubectl describe calendarsync -n ${namespace}`)
  screen.say(`the calendars as people see them:  ${stage.exchange.pageUrl}/`)
  screen.say(`metrics and probes:                ${stage.probesUrl}/metrics`)
  screen.say(`the operator's log:                ${stage.operatorLogFile}`)
}

async function untilInterrupted(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  process.once("SIGINT", resolve)
  process.once("SIGTERM", resolve)
  await promise
}

const isOnce = process.argv.includes("--once")
const stage = await openStage()
try {
  if (!isOnce) goodbye(stage)
  await main(stage)
  screen.title(
    screen.failures === 0 ? "Everything said above was so." : `${screen.failures} of the claims above were not so.`,
  )
  if (!isOnce) {
    goodbye(stage)
    screen.say("Ctrl-C ends it.")
    await untilInterrupted()
  }
} finally {
  await stage.close()
}
process.exitCode = screen.failures === 0 ? 0 : 1

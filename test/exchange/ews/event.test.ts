import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { inspect } from "node:util"
import fc from "fast-check"
import type { CalendarEvent } from "../../../operator/core/event.ts"
import type { EwsVersion } from "../../../operator/core/exchange-settings.ts"
import { fingerprint } from "../../../operator/core/fingerprint.ts"
import { normalEvent, seriesFor } from "../../../operator/exchange/ews/event/normal-event.ts"
import { type EwsItem, exceptionIds, readEvent, readItem } from "../../../operator/exchange/ews/event/read-event.ts"
import { writeEvent } from "../../../operator/exchange/ews/event/write-event.ts"
import { namespaces, readXml, type XmlElement } from "../../../operator/exchange/ews/wire/xml-read.ts"
import { element, textElement, writeXml, type XmlNode } from "../../../operator/exchange/ews/wire/xml-write.ts"
import { seriesOf } from "../../../operator/exchange/normal-form.ts"
import { UnreadableItemError } from "../../../operator/exchange/unreadable-item.ts"
import { holiday, lesson, timed, weekly } from "../../fakes/lesson.ts"
import { contents } from "../contents.ts"
import { nasty } from "./nasty.ts"

const mailboxZone = "Europe/Copenhagen"
const version = "Exchange2016"

describe("an event that was written", () => {
  test("is read back as its normal form, whatever it says", () => {
    fc.assert(
      fc.property(contents(nasty), content => {
        const event: CalendarEvent = { key: "key", ...content }

        assert.equal(fingerprint(normalEvent(throughEws(event), version)), fingerprint(normalEvent(event, version)))
      }),
    )
  })

  test("is read back as its series, in every kind of pattern", () => {
    const series = [
      weekly(lesson()),
      weekly(holiday()),
      weekly(lesson(), { interval: 3, weekStart: "SU" }),
      weekly(lesson(), { frequency: "DAILY", interval: 2 }),
      weekly(lesson(), { frequency: "MONTHLY", byMonthDay: [1] }),
      weekly(lesson({ start: "2026-12-01T08:00" }), { frequency: "MONTHLY", byDay: [{ day: "TU", ordinal: 1 }] }),
      weekly(lesson({ start: "2026-12-31T08:00" }), {
        frequency: "MONTHLY",
        byDay: weekdays.map(day => ({ day })),
        bySetPos: [-1],
      }),
      weekly(lesson({ start: "2026-12-06T08:00" }), {
        frequency: "YEARLY",
        byMonth: [12],
        byDay: [{ day: "SU", ordinal: 1 }],
      }),
      weekly(holiday({ date: "2026-12-24" }), { frequency: "YEARLY", byMonth: [12], byMonthDay: [24] }),
    ]
    for (const event of series) {
      assert.ok(seriesOf(event, "ews"), JSON.stringify(event.recurrence))
      assert.equal(fingerprint(normalEvent(throughEws(event), version)), fingerprint(normalEvent(event, version)))
    }
  })

  test("says its moments in UTC and its clock by the name Windows has for it", () => {
    const fields = fieldsOf(lesson({ start: "2026-07-01T08:00" }))

    assert.equal(fields.get("t:Start")?.text, "2026-07-01T06:00:00Z")
    assert.equal(fields.get("t:StartTimeZone")?.attributes["Id"], "Romance Standard Time")
    assert.equal(fields.get("t:EndTimeZone")?.attributes["Id"], "Romance Standard Time")
  })

  test("says days as midnights of the mailbox's owner", () => {
    const fields = fieldsOf(holiday({ days: 2 }))

    assert.equal(fields.get("t:IsAllDayEvent")?.text, "true")
    assert.equal(fields.get("t:Start")?.text, "2026-12-23T23:00:00Z")
    assert.equal(fields.get("t:End")?.text, "2026-12-25T23:00:00Z")
    assert.equal(fields.get("t:StartTimeZone")?.attributes["Id"], "Romance Standard Time")
  })

  test("says days as midnights of the clock the server knows, where that of the zone has left it", () => {
    // British Columbia ends changing its clocks in 2026; `Pacific Standard Time` is California's.
    const fields = fieldsOf(holiday({ date: "2027-01-15" }), "America/Vancouver")

    assert.equal(fields.get("t:Start")?.text, "2027-01-15T08:00:00Z")
    assert.equal(fields.get("t:StartTimeZone")?.attributes["Id"], "Pacific Standard Time")
  })

  test("always says whether there is a reminder, so that no mailbox adds its own", () => {
    assert.equal(fieldsOf(lesson()).get("t:ReminderIsSet")?.text, "false")
    assert.equal(fieldsOf(lesson({ reminder: 0 })).get("t:ReminderIsSet")?.text, "true")
  })
})

describe("an item somebody else made", () => {
  test("tells its mark, in whatever case its GUID comes", () => {
    const uri =
      '<t:ExtendedFieldURI PropertySetId="6B2F2C4E-9D1A-4C57-8A55-1D0A7F3C9E21" PropertyName="calsync" PropertyType="String"/>'
    const other = uri.replace("calsync", "other")
    const marked = (name: string) => item(`<t:ExtendedProperty>${name}<t:Value>text</t:Value></t:ExtendedProperty>`)

    assert.equal(marked(uri).markText, "text")
    assert.equal(marked(other).markText, undefined)
  })

  test("is a meeting as soon as anybody is invited", () => {
    const guests = "<t:OptionalAttendees><t:Attendee/></t:OptionalAttendees>"

    assert.equal(item(guests).isMeeting, true)
    assert.equal(item("<t:IsMeeting>true</t:IsMeeting>").isMeeting, true)
    assert.equal(item("<t:OptionalAttendees/>").isMeeting, false)
  })

  test("of whole days is read in the zone it was made in, and else to the nearest midnight", () => {
    const days = (start: string, end: string, zone: string) =>
      read(item(`<t:Start>${start}</t:Start><t:End>${end}</t:End><t:IsAllDayEvent>true</t:IsAllDayEvent>${zone}`)).time
    const tokyo = '<t:StartTimeZone Id="Tokyo Standard Time"/>'
    const christmas = holiday().time

    assert.deepEqual(days("2026-12-23T15:00:00Z", "2026-12-24T15:00:00Z", tokyo), christmas)
    assert.deepEqual(days("2026-12-23T23:00:00Z", "2026-12-24T23:00:00Z", tokyo), christmas)
    assert.deepEqual(days("2026-12-24T00:00:00Z", "2026-12-25T00:00:00Z", ""), christmas)
    assert.deepEqual(days("2026-12-24T05:00:00Z", "2026-12-24T05:00:00Z", ""), christmas)
  })

  test("that cannot be understood says so", () => {
    const start = "<t:Start>2026-12-01T07:00:00Z</t:Start>"
    const end = "<t:End>2026-12-01T08:00:00Z</t:End>"
    const range = "<t:NoEndRecurrence><t:StartDate>2026-12-01</t:StartDate></t:NoEndRecurrence>"
    const unreadable = [
      end,
      `<t:Start>soon</t:Start>${end}`,
      `<t:Start>0001-01-01T00:00:00</t:Start>${end}`,
      `${start}<t:End>+275760-09-13T00:00:00Z</t:End><t:IsAllDayEvent>true</t:IsAllDayEvent>`,
      `${start}${end}<t:Recurrence><t:HourlyRecurrence/>${range}</t:Recurrence>`,
      `${start}${end}<t:Recurrence><t:DailyRecurrence/><t:NoEndRecurrence/></t:Recurrence>`,
    ]
    for (const fields of unreadable) assert.throws(() => read(item(fields)), UnreadableItemError, fields)
  })
})

test("a time that is none is not told, for it may be any text", () => {
  assert.throws(
    () => read(item("<t:Start>secret</t:Start><t:End>secret</t:End>")),
    error => !inspect(error).includes("secret"),
  )
})

describe("a series somebody changed", () => {
  const master = (times: { readonly original: string; readonly deleted: string }) =>
    item(`<t:Start>2027-03-16T07:00:00Z</t:Start><t:End>2027-03-16T08:00:00Z</t:End>
      <t:StartTimeZone Id="Romance Standard Time"/>
      <t:Recurrence><t:WeeklyRecurrence><t:Interval>1</t:Interval><t:DaysOfWeek>Tuesday</t:DaysOfWeek></t:WeeklyRecurrence>
      <t:NumberedRecurrence><t:StartDate>2027-03-16+01:00</t:StartDate><t:NumberOfOccurrences>5</t:NumberOfOccurrences></t:NumberedRecurrence></t:Recurrence>
      <t:ModifiedOccurrences><t:Occurrence><t:ItemId Id="changed"/><t:OriginalStart>${times.original}</t:OriginalStart></t:Occurrence></t:ModifiedOccurrences>
      <t:DeletedOccurrences><t:DeletedOccurrence><t:Start>${times.deleted}</t:Start></t:DeletedOccurrence></t:DeletedOccurrences>`)
  const changed = item(
    "<t:Subject>Moved</t:Subject><t:Start>2027-03-31T07:00:00Z</t:Start><t:End>2027-03-31T08:00:00Z</t:End>",
  )
  const options = { mailboxZone, exceptions: new Map([["changed", changed]]) }

  test("has its changed and deleted occurrences, also those told an hour off after the clocks changed", () => {
    for (const shift of ["06", "07"]) {
      const one = master({ original: `2027-03-30T${shift}:00:00Z`, deleted: `2027-04-06T${shift}:00:00Z` })
      const { recurrence } = readEvent(one, options)

      assert.deepEqual(exceptionIds(one), ["changed"])
      assert.deepEqual(recurrence?.excluded, ["20270406T060000Z"])
      assert.deepEqual(
        recurrence?.overrides.map(({ occurrence, content }) => [occurrence, content.subject]),
        [["20270330T060000Z", "Moved"]],
      )
    }
  })

  test("is not understood while a changed occurrence is missing", () => {
    const one = master({ original: "2027-03-30T06:00:00Z", deleted: "2027-04-06T06:00:00Z" })

    assert.throws(() => readEvent(one, { mailboxZone }), UnreadableItemError)
  })

  test("in more places than anybody can have changed is not understood, and not asked for piece by piece", () => {
    const occurrence = '<t:Occurrence><t:ItemId Id="changed"/></t:Occurrence>'
    const deletion = "<t:DeletedOccurrence><t:Start>2027-04-06T06:00:00Z</t:Start></t:DeletedOccurrence>"
    const daily = `<t:Start>2027-03-16T07:00:00Z</t:Start><t:End>2027-03-16T08:00:00Z</t:End>
      <t:Recurrence><t:DailyRecurrence><t:Interval>1</t:Interval></t:DailyRecurrence>
      <t:NoEndRecurrence><t:StartDate>2027-03-16</t:StartDate></t:NoEndRecurrence></t:Recurrence>`
    const changedIn = item(`${daily}<t:ModifiedOccurrences>${occurrence.repeat(5_001)}</t:ModifiedOccurrences>`)
    const deletedIn = item(`${daily}<t:DeletedOccurrences>${deletion.repeat(5_001)}</t:DeletedOccurrences>`)

    assert.deepEqual(exceptionIds(changedIn), [])
    for (const one of [changedIn, deletedIn]) {
      assert.throws(() => readEvent(one, options), { name: "UnreadableItemError", message: /5000 exceptions/ })
    }
  })
})

describe("an event for an older server", () => {
  const texts = (event: CalendarEvent, schema: EwsVersion) =>
    writeEvent(event, { version: schema, series: seriesFor(event, schema), mailboxZone }).map(({ value }) =>
      value ? writeXml(value) : "",
    )

  test("is read back as it was promised, and promised as it can be said", () => {
    const twice = weekly(lesson({ start: "2026-12-01T08:00" }), { interval: 2, weekStart: "MO" })
    for (const schema of ["Exchange2007_SP1", "Exchange2010_SP2", "Exchange2013"] as const)
      for (const event of [lesson({ showAs: "WorkingElsewhere" }), weekly(lesson()), twice, weekly(holiday())]) {
        const stored = throughEws(event, schema)

        assert.equal(fingerprint(normalEvent(stored, schema)), fingerprint(normalEvent(event, schema)))
      }
  })

  test("is free where nobody knows that one may work elsewhere", () => {
    const event = lesson({ showAs: "WorkingElsewhere" })

    assert.equal(normalEvent(event, "Exchange2010_SP2").showAs, "Free")
    assert.equal(normalEvent(event, "Exchange2013").showAs, "WorkingElsewhere")
  })

  test("names its zone as that server does", () => {
    const [of2007, of2010] = [texts(lesson(), "Exchange2007_SP1"), texts(lesson(), "Exchange2010_SP2")].map(all =>
      all.join(""),
    )

    assert.match(of2007 ?? "", /<t:MeetingTimeZone TimeZoneName="Romance Standard Time"\/>/)
    assert.doesNotMatch(of2007 ?? "", /StartTimeZone/)
    assert.match(of2010 ?? "", /<t:StartTimeZone Id="Romance Standard Time"\/>/)
    assert.doesNotMatch(of2010 ?? "", /MeetingTimeZone/)
  })

  test("is no series there when it depends on a first day of the week that cannot be said", () => {
    const days = [{ day: "MO" as const }, { day: "SU" as const }]
    const series = weekly(lesson({ start: "2026-11-30T08:00" }), { interval: 2, byDay: days })

    assert.equal(seriesFor(series, "Exchange2007_SP1"), undefined)
    assert.notEqual(seriesFor(series, "Exchange2010_SP2"), undefined)
  })
})

test("what EWS has no words for is no series there", () => {
  const twoDays = [{ day: "MO" as const }, { day: "WE" as const }]
  const monthly = weekly(lesson({ time: timed("2026-12-02T08:00") }), {
    frequency: "MONTHLY",
    byDay: twoDays,
    bySetPos: [1],
  })

  assert.equal(seriesOf(monthly, "ews"), undefined)
})

const weekdays = ["MO", "TU", "WE", "TH", "FR"] as const

/** What the server would give back of what it was given. */
function throughEws(event: CalendarEvent, schema: EwsVersion = version): CalendarEvent {
  const options = { version: schema, series: seriesFor(event, schema), mailboxZone }
  const values = writeEvent(event, options).flatMap(({ value }) => value ?? [])
  return read(itemOf(values))
}

function fieldsOf(event: CalendarEvent, zone = mailboxZone): ReadonlyMap<string, XmlElement> {
  const values = writeEvent(event, { version, mailboxZone: zone }).flatMap(({ value }) => value ?? [])
  return new Map(itemOf(values).fields.children.map(child => [child.name, child]))
}

function itemOf(values: readonly XmlNode[]): EwsItem {
  const id = element("t:ItemId", { Id: "id", ChangeKey: "key" })
  const written = writeXml(
    element("t:CalendarItem", { "xmlns:t": namespaces.t }, id, ...values, textElement("t:UID", "key")),
  )
  return expectItem(readXml(written))
}

function item(fields: string): EwsItem {
  const text = `<t:CalendarItem xmlns:t="${namespaces.t}"><t:ItemId Id="id" ChangeKey="key"/>${fields}</t:CalendarItem>`
  return expectItem(readXml(text))
}

function expectItem(root: XmlElement): EwsItem {
  const found = readItem(root)
  assert.ok(found)
  return found
}

function read(one: EwsItem): CalendarEvent {
  return readEvent(one, { mailboxZone })
}

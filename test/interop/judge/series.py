"""Series: every pattern, every boundary, and what happens to single occurrences."""

from checks import check, expect, same
from door import HELSINKI, account, at, date, fresh, lesson, views
from exchangelib import EWSDateTime, EWSTimeZone
from exchangelib.errors import ErrorCalendarOccurrenceIsDeletedFromRecurrence, ErrorItemNotFound, ErrorOccurrenceCrossingBoundary
from exchangelib.recurrence import (
    AbsoluteMonthlyPattern,
    AbsoluteYearlyPattern,
    DailyPattern,
    EndDatePattern,
    NoEndPattern,
    NumberedPattern,
    Recurrence,
    RelativeMonthlyPattern,
    RelativeYearlyPattern,
    WeeklyPattern,
)

TUESDAYS_AND_THURSDAYS = WeeklyPattern(interval=1, weekdays=["Tuesday", "Thursday"], first_day_of_week="Monday")


def series(acc, pattern=TUESDAYS_AND_THURSDAYS, subject="Gym", start=10, number=8, **changes):
    return lesson(acc, subject=subject, recurrence=Recurrence(pattern=pattern, start=date(start), number=number), **changes)


# Each pattern with the first four days on which it falls from the tenth of March on.
PATTERNS = [
    (DailyPattern(interval=1), ["03-10", "03-11", "03-12", "03-13"]),
    (DailyPattern(interval=30), ["03-10", "04-09", "05-09", "06-08"]),
    (WeeklyPattern(interval=1, weekdays=["Tuesday"], first_day_of_week="Monday"), ["03-10", "03-17", "03-24", "03-31"]),
    (WeeklyPattern(interval=2, weekdays=["Tuesday", "Sunday"], first_day_of_week="Monday"), ["03-10", "03-15", "03-24", "03-29"]),
    (WeeklyPattern(interval=2, weekdays=["Tuesday", "Sunday"], first_day_of_week="Sunday"), ["03-10", "03-22", "03-24", "04-05"]),
    (AbsoluteMonthlyPattern(interval=1, day_of_month=10), ["03-10", "04-10", "05-10", "06-10"]),
    (AbsoluteMonthlyPattern(interval=1, day_of_month=31), ["03-31", "04-30", "05-31", "06-30"]),
    (RelativeMonthlyPattern(interval=1, weekday="Tuesday", week_number="Second"), ["03-10", "04-14", "05-12", "06-09"]),
    (RelativeMonthlyPattern(interval=1, weekday="Weekday", week_number="Last"), ["03-31", "04-30", "05-29", "06-30"]),
    (RelativeMonthlyPattern(interval=1, weekday="WeekendDay", week_number="Third"), ["04-11", "05-09", "06-13", "07-11"]),
    (RelativeMonthlyPattern(interval=1, weekday="Day", week_number="Last"), ["03-31", "04-30", "05-31", "06-30"]),
]

YEARLY = [
    (AbsoluteYearlyPattern(day_of_month=10, month="March"), ["2026-03-10", "2027-03-10", "2028-03-10"]),
    (AbsoluteYearlyPattern(day_of_month=29, month="February"), ["2027-02-28", "2028-02-29", "2029-02-28"]),
    (RelativeYearlyPattern(weekday="Thursday", week_number="Fourth", month="November"), ["2026-11-26", "2027-11-25", "2028-11-23"]),
    (RelativeYearlyPattern(weekday="Weekday", week_number="First", month="May"), ["2026-05-01", "2027-05-03", "2028-05-01"]),
]


@check
def every_pattern():
    """writes and reads every pattern there is, and it falls on the days it should"""
    for pattern, days in PATTERNS:
        acc = account()
        item = series(acc, pattern, number=4)
        same(fresh(item).recurrence.pattern, pattern)
        shown = [str(i.start.astimezone(HELSINKI).date())[5:] for i in views(acc, at(1), at(1, month=8))]
        assert shown == days, (pattern, shown, days)


@check
def every_yearly_pattern():
    """writes and reads yearly patterns, the twenty-ninth of February too"""
    for pattern, days in YEARLY:
        acc = account()
        item = series(acc, pattern, number=3)
        same(fresh(item).recurrence.pattern, pattern)
        shown = []
        for year in (2026, 2027, 2028, 2029):
            first, last = EWSDateTime(year, 1, 1, tzinfo=HELSINKI), EWSDateTime(year + 1, 1, 1, tzinfo=HELSINKI)
            shown += [str(i.start.astimezone(HELSINKI).date()) for i in views(acc, first, last)]
        assert shown == days, (pattern, shown, days)


@check
def every_boundary():
    """ends a series by number, by date or never"""
    acc = account()
    pattern = DailyPattern(interval=2)
    numbered = fresh(lesson(acc, recurrence=Recurrence(pattern=pattern, start=date(10), number=5))).recurrence.boundary
    assert isinstance(numbered, NumberedPattern) and numbered.number == 5, numbered
    dated = fresh(lesson(acc, recurrence=Recurrence(pattern=pattern, start=date(10), end=date(20)))).recurrence.boundary
    assert isinstance(dated, EndDatePattern) and str(dated.end)[:10] == "2026-03-20", dated
    endless = lesson(acc, subject="Endless", recurrence=Recurrence(pattern=pattern, start=date(10)))
    assert isinstance(fresh(endless).recurrence.boundary, NoEndPattern), fresh(endless).recurrence
    later = views(acc, EWSDateTime(2036, 3, 1, tzinfo=HELSINKI), EWSDateTime(2036, 4, 1, tzinfo=HELSINKI))
    assert len(later) in (15, 16) and {i.subject for i in later} == {"Endless"}, later


@check
def exceptions():
    """moves, renames and deletes occurrences of a series, and the series tells of it"""
    acc = account()
    item = series(acc, origin="gym/1")
    assert fresh(item).deleted_occurrences is None and fresh(item).modified_occurrences is None
    second = item.occurrence(index=2)
    second.refresh()
    second.start, second.end, second.subject = at(12, 13), at(12, 14), "Gym, moved"
    second.save(update_fields=["subject", "start", "end"])
    item.occurrence(index=3).delete()
    master = fresh(item)
    same((master.type, master.origin, master.is_recurring), ("RecurringMaster", "gym/1", False))
    same(master.recurrence.pattern, TUESDAYS_AND_THURSDAYS)
    same([(o.original_start, o.start, o.end) for o in master.modified_occurrences], [(at(12, 9), at(12, 13), at(12, 14))])
    same([o.start for o in master.deleted_occurrences], [at(17, 9)])
    same((master.first_occurrence.start, master.last_occurrence.start), (at(10, 9), at(2, 9, month=4)))
    same(
        [(i.subject, i.start, i.type) for i in views(acc, at(9), at(23))],
        [("Gym", at(10, 9), "Occurrence"), ("Gym, moved", at(12, 13), "Exception"), ("Gym", at(19, 9), "Occurrence")],
    )


@check
def exceptions_by_their_own_id():
    """edits an exception it found in a view, and again, and finds its series from there"""
    acc = account()
    item = series(acc, location="Hall")
    third = acc.calendar.get(id=views(acc, at(17), at(18))[0].id)
    third.location, third.categories = "Yard", ["Outdoors"]
    third.save(update_fields=["location", "categories"])
    again = acc.calendar.get(id=views(acc, at(17), at(18))[0].id)
    same((again.type, again.location, again.subject, again.start), ("Exception", "Yard", "Gym", at(17, 9)))
    again.start, again.end = at(18, 9), at(18, 10)
    again.save(update_fields=["start", "end"])
    moved = acc.calendar.get(id=views(acc, at(18), at(19))[0].id)
    same((moved.location, moved.categories, moved.original_start), ("Yard", ["Outdoors"], at(17, 9)))
    same(moved.uid, fresh(item).uid)
    master = moved.recurring_master()
    master.refresh()
    same((master.id, master.subject, master.location), (item.id, "Gym", "Hall"))
    moved.delete()
    same(views(acc, at(16), at(19)), [])
    same([o.start for o in fresh(item).deleted_occurrences], [at(17, 9)])
    assert fresh(item).modified_occurrences is None, fresh(item).modified_occurrences


@check
def occurrences_keep_their_places():
    """counts occurrences by their place in the series, deleted or not"""
    acc = account()
    item = series(acc)
    item.occurrence(index=2).delete()
    expect((ErrorCalendarOccurrenceIsDeletedFromRecurrence, ErrorItemNotFound), lambda: item.occurrence(index=2).refresh())
    third = item.occurrence(index=3)
    third.refresh()
    same(third.start, at(17, 9))
    same(len(views(acc, at(9), at(1, month=5))), 7)


@check
def no_crossing():
    """may not move an occurrence across its neighbour"""
    acc = account()
    series(acc)
    fourth = acc.calendar.get(id=views(acc, at(19), at(20))[0].id)
    fourth.start, fourth.end = at(30, 9), at(30, 10)
    expect(ErrorOccurrenceCrossingBoundary, lambda: fourth.save(update_fields=["start", "end"]))


@check
def summer_time():
    """sees a series keep its hour over the change of the clocks, and its offset change"""
    for zone, weekday, first, last in (("Europe/Helsinki", "Monday", 23, 10), ("America/New_York", "Friday", 6, 25)):
        local = EWSTimeZone(zone)
        acc = account(zone=local)
        rule = Recurrence(pattern=WeeklyPattern(interval=1, weekdays=[weekday]), start=date(first), number=3)
        lesson(acc, start=at(first, 7, zone=local), end=at(first, 8, zone=local), recurrence=rule)
        starts = [i.start.astimezone(local) for i in views(acc, at(1, zone=local), at(last, month=4, zone=local))]
        same([start.hour for start in starts], [7, 7, 7])
        assert starts[0].utcoffset() != starts[-1].utcoffset(), starts


@check
def series_of_days():
    """keeps a series of whole days, over the change of the clocks too"""
    acc = account()
    rule = Recurrence(pattern=WeeklyPattern(interval=1, weekdays=["Sunday"]), start=date(22), number=3)
    item = lesson(acc, start=date(22), end=date(22), is_all_day=True, recurrence=rule)
    same((fresh(item).start, fresh(item).end, fresh(item).is_all_day), (date(22), date(22), True))
    shown = views(acc, at(20), at(12, month=4), "is_all_day", "_start_timezone", "_end_timezone")
    same([str(i.start)[:10] for i in shown], ["2026-03-22", "2026-03-29", "2026-04-05"])


@check
def another_pattern():
    """changes the pattern of a series"""
    acc = account()
    item = series(acc)
    item.recurrence = Recurrence(pattern=DailyPattern(interval=1), start=date(10), number=3)
    item.save(update_fields=["recurrence"])
    same([i.start.day for i in views(acc, at(1), at(30))], [10, 11, 12])
    item.recurrence = None
    item.save(update_fields=["recurrence"])
    same((fresh(item).type, len(views(acc, at(1), at(30)))), ("Single", 1))


@check
def end_of_a_series():
    """deletes a series with all its occurrences"""
    acc = account()
    item = series(acc)
    occurrence = acc.calendar.get(id=views(acc, at(12), at(13))[0].id)
    item.delete()
    same(views(acc, at(1), at(30)), [])
    expect(ErrorItemNotFound, occurrence.refresh)

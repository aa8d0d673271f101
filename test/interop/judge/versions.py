"""Versions: what a server says it is, and what is asked of it because of that."""

from checks import check, same
from door import account, admin, at, date, fresh, lesson, settings
from exchangelib.recurrence import DailyPattern, Recurrence

API_VERSIONS = {"15.2": "Exchange2016", "15.1": "Exchange2016", "15.0": "Exchange2013_SP1", "14": "Exchange2010_SP2", "8": "Exchange2007_SP1"}

# It gives MeetingTimeZone an attribute Id, which the schema of 2007 does not know.
CANNOT_WRITE_ON = "8"


@check
def negotiation():
    """agrees with each server on the newest version both know"""
    for version in vars(settings.servers):
        acc = account(version=version)
        same((version, acc.version.api_version), (version, API_VERSIONS[version]))
        assert str(acc.version.build).startswith(version), acc.version


@check
def items_of_every_version():
    """writes and reads on each of them that it can write on"""
    for version in set(vars(settings.servers)) - {CANNOT_WRITE_ON}:
        acc = account(version=version)
        single = fresh(lesson(acc, location="Hall", origin=f"version/{version}"))
        same((single.start, single.location, single.origin), (at(10, 9), "Hall", f"version/{version}"))
        day = fresh(lesson(acc, start=date(12), end=date(12), is_all_day=True))
        same((day.start, day.end), (date(12), date(12)))
        rule = Recurrence(pattern=DailyPattern(interval=1), start=date(20), number=3)
        same(fresh(lesson(acc, start=at(20, 9), end=at(20, 10), recurrence=rule)).recurrence.boundary.number, 3)
        same(sorted(kind for kind, _ in acc.calendar.sync_items(only_fields=["subject"])), ["create"] * 3)


@check
def reading_on_2007():
    """reads on a server of 2007, finds by property and follows changes"""
    acc = account(version="8")
    start, end = ({"dateTime": f"2026-03-10T{hour}:00:00", "timeZone": "FLE Standard Time"} for hour in ("09", "10"))
    admin("createEvent", acc.primary_smtp_address, {"subject": "Old", "start": start, "end": end}, version="8")
    ((kind, item),) = list(acc.calendar.sync_items(only_fields=["subject"]))
    same((kind, item.subject), ("create", "Old"))
    seen = acc.calendar.get(subject="Old")
    same((seen.start, seen.end, seen.type), (at(10, 9), at(10, 10), "Single"))
    same([shown.subject for shown in acc.calendar.view(start=at(10), end=at(11))], ["Old"])
    same(acc.calendar.filter(origin__exists=True).count(), 0)
    seen.delete()
    same(acc.calendar.all().count(), 0)

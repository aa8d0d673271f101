"""Versions: what a server says it is, and what is asked of it because of that."""

from checks import check, same
from door import account, at, date, fresh, lesson, settings
from exchangelib.recurrence import DailyPattern, Recurrence

API_VERSIONS = {"15.2": "Exchange2016", "15.1": "Exchange2016", "15.0": "Exchange2013_SP1", "14": "Exchange2010_SP2"}


@check
def negotiation():
    """agrees with each server on the newest version both know"""
    for version in vars(settings.servers):
        acc = account(version=version)
        same((version, acc.version.api_version), (version, API_VERSIONS[version]))
        assert str(acc.version.build).startswith(version), acc.version


@check
def items_of_every_version():
    """writes and reads on each of them"""
    for version in vars(settings.servers):
        acc = account(version=version)
        single = fresh(lesson(acc, location="Hall", origin=f"version/{version}"))
        same((single.start, single.location, single.origin), (at(10, 9), "Hall", f"version/{version}"))
        day = fresh(lesson(acc, start=date(12), end=date(12), is_all_day=True))
        same((day.start, day.end), (date(12), date(12)))
        rule = Recurrence(pattern=DailyPattern(interval=1), start=date(20), number=3)
        same(fresh(lesson(acc, start=at(20, 9), end=at(20, 10), recurrence=rule)).recurrence.boundary.number, 3)
        same(sorted(kind for kind, _ in acc.calendar.sync_items(only_fields=["subject"])), ["create"] * 3)

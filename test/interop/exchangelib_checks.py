"""Drives an Exchange Server with exchangelib, as an independent judge of the simulator.

Reads EWS_URL, EWS_CA and the accounts from the environment; prints one line of JSON for each check.
"""

import json
import os
import traceback
from datetime import timedelta

import requests.adapters
from exchangelib import (
    BASIC,
    DELEGATE,
    IMPERSONATION,
    Account,
    CalendarItem,
    Configuration,
    Credentials,
    EWSDate,
    EWSDateTime,
    EWSTimeZone,
    ExtendedProperty,
    FailFast,
    FaultTolerance,
    OofSettings,
)
from exchangelib.errors import (
    ErrorAccessDenied,
    ErrorImpersonateUserDenied,
    ErrorIrresolvableConflict,
    ErrorItemNotFound,
    ErrorOccurrenceCrossingBoundary,
    UnauthorizedError,
)
from exchangelib.protocol import BaseProtocol
from exchangelib.recurrence import DailyPattern, Recurrence, RelativeMonthlyPattern, WeeklyPattern


class OurCa(requests.adapters.HTTPAdapter):
    def cert_verify(self, conn, url, verify, cert):
        super().cert_verify(conn=conn, url=url, verify=os.environ["EWS_CA"], cert=cert)


BaseProtocol.HTTP_ADAPTER_CLS = OurCa
BaseProtocol.TIMEOUT = 10


class Origin(ExtendedProperty):
    property_set_id = "6b7ad3a4-7f65-4f9d-8ce2-5f8f0a9b1c3d"
    property_name = "calsync-origin"
    property_type = "String"


CalendarItem.register("origin", Origin)

HELSINKI = EWSTimeZone("Europe/Helsinki")
ANNA = os.environ["EWS_MAILBOX"]


def account(address=ANNA, user="EWS_SERVICE", access_type=IMPERSONATION, password=None, retry=True):
    name, secret = os.environ[user].split(" ")
    config = Configuration(
        service_endpoint=os.environ["EWS_URL"],
        credentials=Credentials(name, password or secret),
        auth_type=BASIC,
        retry_policy=FaultTolerance(max_wait=5) if retry else FailFast(),
    )
    return Account(
        primary_smtp_address=address,
        config=config,
        autodiscover=False,
        access_type=access_type,
        default_timezone=HELSINKI,
    )


def at(day, hour, minute=0):
    return EWSDateTime(2026, 3, day, hour, minute, tzinfo=HELSINKI)


def lesson(acc, **changes):
    fields = {"subject": "Physics", "start": at(10, 9), "end": at(10, 10), "location": "Lab <1> & co", **changes}
    item = CalendarItem(account=acc, folder=acc.calendar, **fields)
    item.save()
    return item


def fresh(item):
    return item.account.calendar.get(id=item.id)


def expect(exception, work):
    try:
        work()
    except exception:
        return
    raise AssertionError(f"{exception.__name__} did not come")


def create_and_read():
    acc = account()
    item = lesson(acc, body="Bring the book", categories=["School"], origin="school/physics/1", reminder_is_set=False)
    seen = fresh(item)
    assert seen.subject == "Physics" and seen.location == "Lab <1> & co", seen
    assert seen.start == at(10, 9) and seen.end == at(10, 10), (seen.start, seen.end)
    assert seen.categories == ["School"] and seen.origin == "school/physics/1" and not seen.reminder_is_set
    assert "Bring the book" in seen.text_body, seen.text_body
    assert seen.type == "Single" and seen.organizer.email_address == ANNA


def own_uid():
    item = lesson(account(), uid="physics-1@school.example")
    assert fresh(item).uid == "physics-1@school.example"


def all_day():
    item = lesson(account(), start=EWSDate(2026, 3, 12), end=EWSDate(2026, 3, 13), is_all_day=True)
    seen = fresh(item)
    assert seen.is_all_day and seen.start == EWSDate(2026, 3, 12) and seen.end == EWSDate(2026, 3, 13), seen


def series_with_exceptions():
    acc = account()
    pattern = WeeklyPattern(interval=1, weekdays=["Tuesday", "Thursday"], first_day_of_week="Monday")
    item = lesson(acc, subject="Gym", recurrence=Recurrence(pattern=pattern, start=EWSDate(2026, 3, 10), number=8))
    assert fresh(item).deleted_occurrences is None and fresh(item).modified_occurrences is None
    second = item.occurrence(index=2)
    second.refresh()
    second.start, second.end, second.subject = at(12, 13), at(12, 14), "Gym, moved"
    second.save(update_fields=["subject", "start", "end"])
    item.occurrence(index=3).delete()
    master = fresh(item)
    assert master.type == "RecurringMaster" and master.recurrence.pattern.weekdays == pattern.weekdays, master.recurrence
    assert [o.original_start for o in master.modified_occurrences] == [at(12, 9)], master.modified_occurrences
    assert [o.start for o in master.deleted_occurrences] == [at(17, 9)], master.deleted_occurrences
    assert master.first_occurrence.start == at(10, 9) and master.last_occurrence.start.date() == EWSDate(2026, 4, 2)
    view = acc.calendar.view(start=at(9, 0), end=at(23, 0)).only("subject", "start", "type", "original_start")
    gym = [i for i in view if i.subject.startswith("Gym")]
    assert [(i.start, i.type) for i in gym] == [
        (at(10, 9), "Occurrence"),
        (at(12, 13), "Exception"),
        (at(19, 9), "Occurrence"),
    ], gym
    fourth = acc.calendar.get(id=gym[2].id)
    assert fourth.recurring_master().refresh().subject == "Gym"

    def across():
        fourth.start, fourth.end = at(30, 9), at(30, 10)
        fourth.save(update_fields=["start", "end"])

    expect(ErrorOccurrenceCrossingBoundary, across)


def summer_time():
    acc = account()
    pattern = WeeklyPattern(interval=1, weekdays=["Monday"])
    rule = Recurrence(pattern=pattern, start=EWSDate(2026, 3, 23), number=3)
    lesson(acc, subject="Dawn", start=at(23, 7), end=at(23, 8), recurrence=rule)
    view = acc.calendar.view(start=at(22, 0), end=EWSDateTime(2026, 4, 10, tzinfo=HELSINKI))
    hours = [i.start.astimezone(HELSINKI).hour for i in view if i.subject == "Dawn"]
    assert hours == [7, 7, 7], hours


def other_patterns():
    acc = account()
    daily = Recurrence(pattern=DailyPattern(interval=2), start=EWSDate(2026, 3, 10), end=EWSDate(2026, 3, 20))
    boundary = fresh(lesson(acc, recurrence=daily)).recurrence.boundary
    assert str(boundary.end).startswith("2026-03-20"), boundary
    relative = RelativeMonthlyPattern(interval=1, weekday="Weekday", week_number="Last")
    item = lesson(acc, recurrence=Recurrence(pattern=relative, start=EWSDate(2026, 3, 10)))
    seen = fresh(item)
    assert seen.recurrence.pattern == relative and seen.start == at(31, 9), (seen.recurrence, seen.start)


def filter_by_property():
    acc = account()
    for number in range(3):
        lesson(acc, subject=f"Filtered {number}", origin=f"filter/{number}")
    assert [i.subject for i in acc.calendar.filter(origin="filter/1")] == ["Filtered 1"]
    assert acc.calendar.filter(origin__startswith="filter/").count() == 3
    assert acc.calendar.filter(origin__exists=True, subject__contains="Filtered").count() == 3
    assert not acc.calendar.filter(origin="FILTER/1").exists()
    ordered = acc.calendar.filter(subject__startswith="Filtered").order_by("-subject").values_list("subject", flat=True)
    assert list(ordered) == ["Filtered 2", "Filtered 1", "Filtered 0"]


def paging():
    acc = account()
    acc.bulk_create(
        folder=acc.calendar,
        items=[CalendarItem(subject=f"Page {n}", start=at(2, 8), end=at(2, 9), origin="paged") for n in range(260)],
    )
    subjects = {i.subject for i in acc.calendar.filter(origin="paged").only("subject")}
    assert len(subjects) == 260, len(subjects)
    # Deleting while paging would skip what moves up, on a real server too.
    acc.bulk_delete(list(acc.calendar.filter(origin="paged").only("id", "changekey")))
    assert acc.calendar.filter(origin="paged").count() == 0


def update_with_conflict():
    acc = account()
    item = lesson(acc, origin="conflict")
    other = fresh(item)
    other.subject = "Chemistry"
    other.save(update_fields=["subject"])
    item.location = "Hall"

    def write():
        item.save(update_fields=["location"], conflict_resolution="NeverOverwrite")

    expect(ErrorIrresolvableConflict, write)
    assert fresh(item).subject == "Chemistry" and fresh(item).location == "Lab <1> & co"
    item.save(update_fields=["location"], conflict_resolution="AlwaysOverwrite")
    changed = fresh(item)
    assert changed.location == "Hall" and changed.origin == "conflict" and changed.changekey != other.changekey
    changed.location = None
    changed.save(update_fields=["location"])
    assert not fresh(item).location


def delete():
    acc = account()
    item = lesson(acc)
    item_id = item.id
    item.delete()
    gone = list(acc.fetch(ids=[(item_id, None)]))
    assert isinstance(gone[0], ErrorItemNotFound), gone
    binned = lesson(acc, subject="Binned")
    binned.move_to_trash()
    assert not acc.calendar.filter(subject="Binned").exists()


def sync():
    acc = account()
    first, second = lesson(acc, subject="Sync 1"), lesson(acc, subject="Sync 2")
    calendar = acc.calendar
    calendar.item_sync_state = None
    kinds = [kind for kind, _ in calendar.sync_items(only_fields=["subject"])]
    assert set(kinds) == {"create"} and len(kinds) >= 2, kinds
    assert list(calendar.sync_items()) == []
    first.subject = "Sync 1, changed"
    first.save(update_fields=["subject"])
    second_id = second.id
    second.delete()
    third = lesson(acc, subject="Sync 3")
    changes = {kind: change for kind, change in calendar.sync_items(only_fields=["subject"])}
    assert changes["update"].id == first.id and changes["create"].id == third.id, changes
    assert changes["delete"].id == second_id, changes


def free_busy():
    acc = account(address=os.environ["EWS_BUSY_MAILBOX"])
    lesson(acc, start=at(31, 9), end=at(31, 10), legacy_free_busy_status="OOF")
    accounts = [(acc, "Organizer", False)]
    info = acc.protocol.get_free_busy_info(accounts=accounts, start=at(31, 8), end=at(31, 12), requested_view="DetailedMerged")
    (view,) = list(info)
    assert view.merged == "00330000", view.merged
    (event,) = view.calendar_events
    assert event.busy_type == "OOF" and event.start.replace(tzinfo=None).hour == 9, event


def out_of_office():
    acc = account()
    start = EWSDateTime.now(HELSINKI).replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
    acc.oof_settings = OofSettings(
        state=OofSettings.SCHEDULED,
        external_audience="Known",
        start=start,
        end=start + timedelta(days=3),
        internal_reply="Away until <Monday>",
        external_reply="Away",
    )
    seen = acc.oof_settings
    assert seen.state == "Scheduled" and seen.start == start and seen.internal_reply == "Away until <Monday>", seen


def impersonation_denied():
    stranger = account(address=os.environ["EWS_OUTSIDER"])
    expect(ErrorImpersonateUserDenied, lambda: lesson(stranger))


def wrong_password():
    expect(UnauthorizedError, lambda: lesson(account(password="wrong", retry=False)))


def delegate_access():
    acc = account(user="EWS_DELEGATE", access_type=DELEGATE)
    assert lesson(acc, subject="By a delegate").id
    expect(ErrorAccessDenied, lambda: acc.oof_settings)


def zones_and_names():
    acc = account()
    zones = {z.id for z in acc.protocol.get_timezones(return_full_timezone_data=True)}
    assert "FLE Standard Time" in zones and "Europe/Helsinki" not in zones
    (found,) = acc.protocol.resolve_names([ANNA])
    assert found.email_address == ANNA


CHECKS = [
    create_and_read,
    own_uid,
    all_day,
    series_with_exceptions,
    summer_time,
    other_patterns,
    filter_by_property,
    paging,
    update_with_conflict,
    delete,
    sync,
    free_busy,
    out_of_office,
    impersonation_denied,
    wrong_password,
    delegate_access,
    zones_and_names,
]

if __name__ == "__main__":
    for check in CHECKS:
        result = {"check": check.__name__}
        try:
            check()
        except Exception:
            result["failure"] = traceback.format_exc()
        print(json.dumps(result), flush=True)

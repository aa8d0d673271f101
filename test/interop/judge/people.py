"""People: free/busy, out-of-office, names, and who may do what."""

from datetime import timedelta

from checks import check, expect, same
from door import HELSINKI, account, admin, at, delegate, lesson, new_mailbox, settings
from exchangelib import EWSDateTime, OofSettings
from exchangelib.errors import (
    ErrorAccessDenied,
    ErrorFolderNotFound,
    ErrorImpersonateUserDenied,
    ErrorNonExistentMailbox,
    ErrorServerBusy,
    ErrorTooManyObjectsOpened,
    UnauthorizedError,
)


@check
def free_busy():
    """reads free and busy times of one and of many"""
    acc, idle = account(), account()
    lesson(acc, start=at(31, 9), end=at(31, 10), legacy_free_busy_status="OOF", subject="Away")
    accounts = [(acc, "Organizer", False), (idle, "Optional", False)]
    times = {"start": at(31, 8), "end": at(31, 12), "merged_free_busy_interval": 30}
    busy, free = acc.protocol.get_free_busy_info(accounts=accounts, requested_view="DetailedMerged", **times)
    same((busy.merged, free.merged), ("00330000", "00000000"))
    (event,) = busy.calendar_events
    same((event.busy_type, event.start.replace(tzinfo=None).hour), ("OOF", 9))
    assert not free.calendar_events, free


@check
def out_of_office():
    """sets out-of-office replies, for always, for a time, and ends them"""
    acc = account()
    start = EWSDateTime.now(HELSINKI).replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
    common = {"external_audience": "Known", "internal_reply": "Away until <Monday>", "external_reply": "Away & gone"}
    acc.oof_settings = OofSettings(state="Scheduled", start=start, end=start + timedelta(days=3), **common)
    seen = acc.oof_settings
    same((seen.state, seen.start, seen.end - seen.start, seen.external_audience), ("Scheduled", start, timedelta(days=3), "Known"))
    same((seen.internal_reply, seen.external_reply), ("Away until <Monday>", "Away & gone"))
    acc.oof_settings = OofSettings(state="Enabled", **common)
    same(acc.oof_settings.state, "Enabled")
    acc.oof_settings = OofSettings(state="Disabled", external_audience="None")
    same(acc.oof_settings.state, "Disabled")


@check
def names():
    """resolves names and reads the server's zones"""
    acc = account()
    (found,) = acc.protocol.resolve_names([acc.primary_smtp_address])
    same(found.email_address, acc.primary_smtp_address)
    zones = {zone.id for zone in acc.protocol.get_timezones(return_full_timezone_data=True)}
    assert {"FLE Standard Time", "UTC", "Eastern Standard Time"} <= zones and "Europe/Helsinki" not in zones


@check
def impersonation_granted():
    """acts as the people of its scope"""
    acc = account(settings.inScope, user="scoped")
    assert lesson(acc).id


@check
def impersonation_denied():
    """may not impersonate outside of its scope"""
    expect(ErrorImpersonateUserDenied, lambda: lesson(account(new_mailbox(), user="scoped")))


@check
def nobody_there():
    """hears that a mailbox does not exist"""
    expect(ErrorNonExistentMailbox, lambda: lesson(account("nobody@contoso.example")))


@check
def wrong_password():
    """is not let in with a wrong password"""
    from exchangelib import Credentials

    expect(UnauthorizedError, lambda: lesson(account(patient=False, credentials=Credentials("CONTOSO\\svc-calsync", "wrong"))))


@check
def delegates():
    """opens a calendar as a delegate, sees what its owner sees, and not the owner's settings"""
    acc = delegate(settings.boss)
    item = lesson(acc, subject="By a delegate", origin="delegate/1")
    seen = account(settings.boss).calendar.get(id=item.id)
    same((seen.subject, seen.origin), ("By a delegate", "delegate/1"))
    expect(ErrorAccessDenied, lambda: acc.oof_settings)


@check
def no_delegate():
    """opens no calendar whose owner did not give it rights"""
    expect((ErrorAccessDenied, ErrorFolderNotFound), lambda: lesson(delegate(new_mailbox())))


def busy(**fault):
    admin("clearFaults")
    admin("addFault", {"kind": "status", **fault})


@check
def throttled():
    """is told that the server is busy, waits as long as it says and comes through"""
    acc, hasty = account(settings.inScope), account(settings.inScope, user="hasty", patient=False)
    try:
        busy(operation="ews.FindItem", status=500, code="ErrorServerBusy", retryAfter=1, times=1)
        before = EWSDateTime.now(HELSINKI)
        same(acc.calendar.filter(subject="none").count(), 0)
        assert EWSDateTime.now(HELSINKI) - before >= timedelta(seconds=0.9), "it did not wait"
        busy(operation="ews.FindItem", status=500, code="ErrorServerBusy", retryAfter=1, times=1)
        error = expect(ErrorServerBusy, lambda: hasty.calendar.all().count())
        same(error.back_off, 1)
    finally:
        admin("clearFaults")


@check
def throttled_inside():
    """hears of a busy server in the answer to a single item too"""
    hasty = account(settings.inScope, user="hasty", patient=False)
    try:
        busy(operation="ews.FindItem", status=200, code="ErrorTooManyObjectsOpened", times=1)
        expect((ErrorServerBusy, ErrorTooManyObjectsOpened), lambda: hasty.calendar.all().count())
    finally:
        admin("clearFaults")

"""Single items: what is written is what is read."""

from decimal import Decimal

from checks import check, same
from door import HELSINKI, Origin, account, admin, at, date, fresh, lesson
from exchangelib import Attendee, CalendarItem, EWSTimeZone, ExtendedProperty, HTMLBody, Mailbox

MOST_AWKWARD = "Lab <1> & co \"quoted\" 'too' ]]> – 🧪 \u00e5\u0301 العربية"


@check
def create_and_read():
    """creates an item and reads it back"""
    acc = account()
    item = lesson(acc, location="Hall", body="Bring the book", categories=["School", "Blue"], reminder_is_set=False)
    assert item.id and item.changekey, item
    seen = fresh(item)
    same((seen.subject, seen.location, seen.categories), ("Physics", "Hall", ["School", "Blue"]))
    same((seen.start, seen.end, seen.type), (at(10, 9), at(10, 10), "Single"))
    assert "Bring the book" in seen.text_body, seen.text_body
    same((seen.organizer.email_address, seen.is_recurring, seen.is_all_day), (acc.primary_smtp_address, False, False))


@check
def awkward_texts():
    """keeps texts with markup, quotes, emoji and many lines as they are"""
    acc = account()
    item = lesson(acc, subject=MOST_AWKWARD, location=MOST_AWKWARD, body=f"one\r\n{MOST_AWKWARD}\r\n\r\nlast", origin=MOST_AWKWARD)
    seen = fresh(item)
    same((seen.subject, seen.location, seen.origin), (MOST_AWKWARD,) * 3)
    same(seen.text_body.split(), ["one", *MOST_AWKWARD.split(), "last"])


@check
def html_bodies():
    """keeps the markup of an HTML body, and gives it as text too"""
    item = lesson(account(), body=HTMLBody("<html><body><p>Room <b>3</b> &amp; 4</p></body></html>"))
    seen = fresh(item)
    assert isinstance(seen.body, HTMLBody) and "<b>3</b>" in seen.body, seen.body
    assert seen.text_body.strip() == "Room 3 & 4", seen.text_body


@check
def words_of_the_calendar():
    """keeps free/busy, sensitivity, importance and reminder of an item, whatever they are"""
    acc = account()
    for shows in ("Free", "Tentative", "Busy", "OOF", "WorkingElsewhere", "NoData"):
        same(fresh(lesson(acc, legacy_free_busy_status=shows)).legacy_free_busy_status, shows)
    for sensitivity in ("Normal", "Personal", "Private", "Confidential"):
        same(fresh(lesson(acc, sensitivity=sensitivity)).sensitivity, sensitivity)
    for importance in ("Low", "Normal", "High"):
        same(fresh(lesson(acc, importance=importance)).importance, importance)
    seen = fresh(lesson(acc, reminder_is_set=True, reminder_minutes_before_start=45))
    same((seen.reminder_is_set, seen.reminder_minutes_before_start), (True, 45))
    same(fresh(lesson(acc, reminder_is_set=False)).reminder_is_set, False)


@check
def own_uid():
    """keeps the UID it chose, and chooses one where it was left open"""
    acc = account()
    same(fresh(lesson(acc, uid="physics-1@school.example")).uid, "physics-1@school.example")
    made = {fresh(lesson(acc)).uid for _ in range(3)}
    assert len(made) == 3 and None not in made, made


class Room(ExtendedProperty):
    property_set_id = Origin.property_set_id
    property_name = "room"
    property_type = "Integer"


class Tags(ExtendedProperty):
    property_set_id = Origin.property_set_id
    property_name = "tags"
    property_type = "StringArray"


class Weight(ExtendedProperty):
    property_set_id = Origin.property_set_id
    property_id = 0x8123
    property_type = "Double"


class Confirmed(ExtendedProperty):
    distinguished_property_set_id = "PublicStrings"
    property_name = "Confirmed"
    property_type = "Boolean"


@check
def properties_of_many_kinds():
    """keeps named properties of every kind: numbers, lists, flags, by name, by id, in public sets"""
    meant = {"room": 312, "tags": ["a", "b & c"], "weight": Decimal("0.5"), "confirmed": True}
    kinds = {"room": Room, "tags": Tags, "weight": Weight, "confirmed": Confirmed}
    for name, kind in kinds.items():
        CalendarItem.register(name, kind)
    try:
        seen = fresh(lesson(account(), **meant))
        same({name: getattr(seen, name) for name in kinds}, meant)
    finally:
        for name in kinds:
            CalendarItem.deregister(name)


@check
def update_and_clear():
    """changes some fields and clears others, and leaves the rest as it was"""
    acc = account()
    item = lesson(acc, location="Hall", body="Old", categories=["School"], origin="school/1", uid="kept@school.example")
    item.subject, item.start, item.end, item.location, item.categories = "Chemistry", at(11, 9), at(11, 11), None, None
    item.save(update_fields=["subject", "start", "end", "location", "categories"])
    seen = fresh(item)
    same((seen.subject, seen.start, seen.end), ("Chemistry", at(11, 9), at(11, 11)))
    assert not seen.location and not seen.categories, seen
    same((seen.text_body.strip(), seen.origin, seen.uid), ("Old", "school/1", "kept@school.example"))
    assert item.changekey == seen.changekey, "the answer to an update has the new change key"


@check
def all_day():
    """sees whole days as dates, wherever they were written and wherever they are read"""
    for zone in ("Europe/Helsinki", "America/New_York", "Asia/Tokyo", "UTC"):
        acc = account(zone=EWSTimeZone(zone))
        item = lesson(acc, start=date(28), end=date(30), is_all_day=True)
        for reader in (acc, account(acc.primary_smtp_address)):
            seen = reader.calendar.get(id=item.id)
            same((seen.is_all_day, seen.start, seen.end), (True, date(28), date(30)))


@check
def all_day_and_back():
    """turns an hour into a whole day and back"""
    item = lesson(account())
    item.is_all_day, item.start, item.end = True, date(12), date(12)
    item.save(update_fields=["is_all_day", "start", "end"])
    same((fresh(item).is_all_day, fresh(item).start, fresh(item).end), (True, date(12), date(12)))
    item.is_all_day, item.start, item.end = False, at(12, 9), at(12, 10)
    item.save(update_fields=["is_all_day", "start", "end"])
    same((fresh(item).is_all_day, fresh(item).start), (False, at(12, 9)))


@check
def zones():
    """keeps the zone an item was written in, and its instant"""
    acc = account()
    for name in ("Europe/Helsinki", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"):
        zone = EWSTimeZone(name)
        seen = fresh(lesson(acc, start=at(10, 9, zone=zone), end=at(10, 10, zone=zone)))
        same(seen.start, at(10, 9, zone=zone))
        same(seen._start_timezone.ms_id, zone.ms_id)


@check
def two_zones():
    """keeps a flight that begins in one zone and ends in another"""
    new_york = EWSTimeZone("America/New_York")
    seen = fresh(lesson(account(), start=at(10, 12), end=at(10, 14, zone=new_york)))
    same((seen.start, seen.end), (at(10, 12), at(10, 14, zone=new_york)))
    same((seen._start_timezone.ms_id, seen._end_timezone.ms_id), (HELSINKI.ms_id, new_york.ms_id))


@check
def nobody_is_mailed():
    """mails nobody unless it is asked to, and then those it was asked to"""
    acc = account()
    admin("clearOutbox")
    guests = [Attendee(mailbox=Mailbox(email_address="guest@contoso.example"), response_type="Unknown")]
    meeting = CalendarItem(account=acc, folder=acc.calendar, subject="Talk", start=at(10, 9), end=at(10, 10), required_attendees=guests)
    meeting.save(send_meeting_invitations="SendToNone")
    same(admin("outbox"), [])
    seen = fresh(meeting)
    same([guest.mailbox.email_address for guest in seen.required_attendees], ["guest@contoso.example"])
    assert seen.is_meeting, seen
    meeting.subject = "Talk, later"
    meeting.save(update_fields=["subject"], send_meeting_invitations="SendToAllAndSaveCopy")
    assert len(admin("outbox")) == 1, admin("outbox")
    meeting.delete(send_meeting_cancellations="SendToNone")
    assert len(admin("outbox")) == 1, admin("outbox")

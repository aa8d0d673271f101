"""Writing many, writing at the same time as others, and following what changed."""

from checks import check, expect, same
from door import account, at, fresh, lesson, new_mailbox
from exchangelib import CalendarItem
from exchangelib.errors import ErrorIrresolvableConflict, ErrorItemNotFound
from exchangelib.folders import Calendar


@check
def in_chunks():
    """creates, updates and deletes in chunks, and gets the answers in the order of asking"""
    acc = account()
    new = [CalendarItem(subject=f"Bulk {n}", start=at(2, 8), end=at(2, 9), origin=f"bulk/{n}") for n in range(130)]
    made = acc.bulk_create(folder=acc.calendar, items=new, chunk_size=50)
    same(len({item.id for item in made}), 130)
    read = list(acc.fetch(ids=made, chunk_size=60))
    same([item.subject for item in read], [item.subject for item in new])
    for item in read:
        item.subject += ", changed"
    changed = acc.bulk_update([(item, ["subject"]) for item in read], chunk_size=50)
    same([item_id for item_id, _ in changed], [item.id for item in made])
    same([item.subject for item in acc.fetch(ids=changed)], [f"Bulk {n}, changed" for n in range(130)])
    same(set(acc.bulk_delete(ids=changed, chunk_size=50)), {True})
    same(acc.calendar.all().count(), 0)


@check
def one_bad_apple():
    """hears of one bad item among good ones, which are done"""
    acc = account()
    items = [lesson(acc, subject=f"Lesson {n}") for n in range(3)]
    ids = [(item.id, item.changekey) for item in items]
    items[1].delete()
    read = list(acc.fetch(ids=ids))
    same([getattr(item, "subject", None) for item in read], ["Lesson 0", None, "Lesson 2"])
    assert isinstance(read[1], ErrorItemNotFound), read
    deleted = acc.bulk_delete(ids=ids)
    same([outcome is True for outcome in deleted], [True, False, True])


@check
def conflicts():
    """is refused with a stale change key, unless it may overwrite"""
    acc = account()
    item = lesson(acc, location="Lab", origin="conflict")
    other = fresh(item)
    other.subject = "Chemistry"
    other.save(update_fields=["subject"])
    stale = item.changekey
    item.location = "Hall"
    expect(ErrorIrresolvableConflict, lambda: item.save(update_fields=["location"], conflict_resolution="NeverOverwrite"))
    same((fresh(item).subject, fresh(item).location), ("Chemistry", "Lab"))
    item.changekey = stale
    item.save(update_fields=["location"], conflict_resolution="AlwaysOverwrite")
    changed = fresh(item)
    same((changed.subject, changed.location, changed.origin), ("Chemistry", "Hall", "conflict"))
    assert changed.changekey not in (stale, other.changekey), changed


@check
def deleting():
    """deletes for good, to the bin, or to where it can be got back"""
    acc = account()
    item = lesson(acc)
    item_id = item.id
    item.delete()
    same([type(gone) for gone in acc.fetch(ids=[(item_id, None)])], [ErrorItemNotFound])
    binned = lesson(acc, subject="Binned")
    binned.move_to_trash()
    same([i.subject for i in acc.trash.all()], ["Binned"])
    lesson(acc, subject="Soft").soft_delete()
    same(acc.calendar.all().count(), 0)


@check
def named_calendars():
    """makes a calendar beside the default one, writes into it and finds it again"""
    acc = account()
    timetable = Calendar(parent=acc.calendar, name="Timetable & co")
    timetable.save()
    item = lesson(acc, folder=timetable, subject="In the second")
    acc.root.clear_cache()
    (found,) = [folder for folder in acc.calendar.children if folder.name == "Timetable & co"]
    same([i.subject for i in found.all()], ["In the second"])
    same((acc.calendar.all().count(), found.folder_class), (0, "IPF.Appointment"))
    same(found.get(id=item.id).subject, "In the second")


@check
def sync():
    """follows what is created, changed and deleted, and nothing comes twice"""
    acc = account()
    first, second = lesson(acc, subject="Sync 1"), lesson(acc, subject="Sync 2")
    calendar = acc.calendar
    same(sorted((kind, item.subject) for kind, item in calendar.sync_items(only_fields=["subject"])), [("create", "Sync 1"), ("create", "Sync 2")])
    same(list(calendar.sync_items()), [])
    first.subject = "Sync 1, changed"
    first.save(update_fields=["subject"])
    second_id = second.id
    second.delete()
    third = lesson(acc, subject="Sync 3")
    changes = {kind: change for kind, change in calendar.sync_items(only_fields=["subject"])}
    same((changes["update"].id, changes["update"].subject), (first.id, "Sync 1, changed"))
    same((changes["create"].id, changes["delete"].id), (third.id, second_id))
    same(list(calendar.sync_items()), [])


@check
def sync_of_many():
    """follows more than a page of changes"""
    acc = account()
    new = [CalendarItem(subject=f"Sync {n}", start=at(2, 8), end=at(2, 9)) for n in range(1100)]
    acc.bulk_create(folder=acc.calendar, items=new)
    seen = [item.subject for _, item in acc.calendar.sync_items(only_fields=["subject"], max_changes_returned=500)]
    same((len(seen), len(set(seen))), (1100, 1100))


@check
def sync_of_series():
    """hears of a series as one, and of an edited or deleted occurrence as a change of it"""
    from series import series

    acc = account()
    item = series(acc)
    (created,) = list(acc.calendar.sync_items(only_fields=["subject"]))
    same((created[0], created[1].id), ("create", item.id))
    item.occurrence(index=3).delete()
    same([(kind, change.id) for kind, change in acc.calendar.sync_items(only_fields=["subject"])], [("update", item.id)])
    second = item.occurrence(index=2)
    second.refresh()
    second.subject = "Other"
    second.save(update_fields=["subject"])
    same([(kind, change.id) for kind, change in acc.calendar.sync_items(only_fields=["subject"])], [("update", item.id)])


@check
def two_mailboxes():
    """keeps two mailboxes apart"""
    ours, theirs = account(new_mailbox()), account(new_mailbox())
    item = lesson(ours)
    same((ours.calendar.all().count(), theirs.calendar.all().count()), (1, 0))
    same([type(gone) for gone in theirs.fetch(ids=[(item.id, None)])], [ErrorItemNotFound])

"""Notifications: pulled and streamed."""

from threading import Timer

from checks import check, expect
from door import account, fresh, lesson, newcomer
from exchangelib.errors import ErrorSubscriptionNotFound
from exchangelib.properties import CreatedEvent, DeletedEvent, ModifiedEvent

KINDS = {CreatedEvent: "created", DeletedEvent: "deleted", ModifiedEvent: "modified"}


def items_in(notifications):
    """What happened to items, as kind and id."""
    events = [event for notification in notifications for event in notification.events]
    return [(KINDS[type(event)], event.item_id.id) for event in events if getattr(event, "item_id", None) and type(event) in KINDS]


@check
def pulled():
    """pulls what happened since the watermark, and nothing twice"""
    acc = account()
    with acc.calendar.pull_subscription() as (subscription, watermark):
        item = lesson(acc)
        first = list(acc.calendar.get_events(subscription, watermark))
        assert ("created", item.id) in items_in(first), first
        watermark = first[-1].events[-1].watermark
        item.subject = "Chemistry"
        item.save(update_fields=["subject"])
        item_id = item.id
        fresh(item).delete()
        second = items_in(acc.calendar.get_events(subscription, watermark))
        assert ("modified", item_id) in second and ("deleted", item_id) in second, second
        assert ("created", item_id) not in second, second


@check
def streamed():
    """hears at once of what happens while it listens"""
    # The stream keeps its only connection busy: who writes needs one of their own.
    writer = account()
    listener = account(writer.primary_smtp_address, credentials=newcomer(), max_connections=2)
    made, heard = [], []
    with listener.calendar.streaming_subscription() as subscription:
        Timer(0.2, lambda: made.append(lesson(writer, subject="Streamed").id)).start()
        stream = listener.calendar.get_streaming_events(subscription, connection_timeout=1)
        heard += items_in([next(stream)])
        stream.close()
    assert heard == [("created", made[0])], (heard, made)


@check
def unsubscribed():
    """hears nothing of a subscription it has given up"""
    acc = account()
    subscription, watermark = acc.calendar.subscribe_to_pull()
    acc.calendar.unsubscribe(subscription)
    expect(ErrorSubscriptionNotFound, lambda: list(acc.calendar.get_events(subscription, watermark)))

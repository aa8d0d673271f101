"""Says what stands in a calendar, for the one who wrote it by other means: a line of JSON for each item.

JUDGE_WORK is the JSON of: mailbox, version, start, end (ISO 8601; between them each occurrence of a series is told).
"""

import html
import json
import re
from datetime import timedelta

from door import account, work
from exchangelib import UTC, EWSDateTime, HTMLBody


def instant(value):
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def text_of(item):
    """Servers before 2013 do not give bodies as texts."""
    if item.text_body is not None or not item.body:
        return item.text_body or ""
    return re.sub(r"<[^>]+>", "", html.unescape(item.body)) if isinstance(item.body, HTMLBody) else str(item.body)


def told(item):
    """Whole days with the day after as their end, everything else as instants."""
    days = item.is_all_day
    return {
        "subject": item.subject,
        "type": item.type,
        "allDay": days,
        "start": str(item.start) if days else instant(item.start),
        "end": str(item.end + timedelta(days=1)) if days else instant(item.end),
        "zones": [item._start_timezone.ms_id, item._end_timezone.ms_id],
        "location": item.location,
        "text": text_of(item).strip().replace("\r\n", "\n"),
        "showAs": item.legacy_free_busy_status,
        "sensitivity": item.sensitivity,
        "importance": item.importance,
        "categories": item.categories or [],
        "reminder": item.reminder_minutes_before_start if item.reminder_is_set else None,
        "origin": item.origin,
        "people": len([*(item.required_attendees or []), *(item.optional_attendees or []), *(item.resources or [])]),
        "isMeeting": item.is_meeting,
    }


def told_series(item):
    recurrence = item.recurrence
    end = getattr(recurrence.boundary, "number", None) or getattr(recurrence.boundary, "end", "never")
    return {
        "pattern": str(recurrence.pattern),
        "until": str(end)[:10],
        "moved": [[instant(o.original_start), instant(o.start)] for o in item.modified_occurrences or []],
        "deleted": [instant(o.start) for o in item.deleted_occurrences or []],
    }


def occurrences(acc):
    """By UID, which all of a series share: when each is, and what it says where that is not what the series says."""
    found = {}
    start, end = (EWSDateTime.from_string(work[name]) for name in ("start", "end"))
    for item in acc.calendar.view(start=start, end=end):
        found.setdefault(item.uid, []).append([instant(item.start) if not item.is_all_day else str(item.start), item.subject])
    return {uid: sorted(entries) for uid, entries in found.items()}


def main():
    acc = account(work["mailbox"], version=work["version"])
    shown = occurrences(acc)
    for item in acc.calendar.all():
        line = told(item)
        if item.recurrence is not None:
            line |= {**told_series(acc.calendar.get(id=item.id)), "shown": shown.get(item.uid, [])}
        print(json.dumps(line))


if __name__ == "__main__":
    main()

"""Fills a calendar as its owner would, for one who reads it by other means.

JUDGE_WORK is the JSON of: mailbox.
"""

from door import account, at, date, lesson, work
from exchangelib import Attendee, EWSTimeZone, HTMLBody, Mailbox
from exchangelib.recurrence import AbsoluteMonthlyPattern, Recurrence, RelativeYearlyPattern, WeeklyPattern

NEW_YORK = EWSTimeZone("America/New_York")


def main():
    acc = account(work["mailbox"])
    lesson(acc, subject="Dentist <1> & co", location="Main street 5", categories=["Private life"], sensitivity="Private")
    lesson(acc, subject="Text", body="Bring\r\nthe <book>", importance="High", legacy_free_busy_status="OOF")
    lesson(acc, subject="HTML", body=HTMLBody("<html><body><p>Bring the <b>book</b></p></body></html>"))
    lesson(acc, subject="Reminder", reminder_is_set=True, reminder_minutes_before_start=30)
    lesson(acc, subject="Holiday", start=date(28), end=date(30), is_all_day=True)
    abroad = account(acc.primary_smtp_address, zone=NEW_YORK)
    lesson(abroad, subject="Holiday abroad", start=date(28), end=date(28), is_all_day=True)
    lesson(acc, subject="Flight", start=at(10, 12), end=at(10, 14, zone=NEW_YORK))
    gym(acc)
    rule = Recurrence(pattern=RelativeYearlyPattern(weekday="Thursday", week_number="Fourth", month="November"), start=date(1))
    lesson(acc, subject="Thanksgiving", start=date(26, month=11), end=date(26, month=11), is_all_day=True, recurrence=rule)
    rule = Recurrence(pattern=AbsoluteMonthlyPattern(interval=2, day_of_month=10), start=date(10), end=date(10, month=9))
    lesson(acc, subject="Rent", recurrence=rule)
    guests = [Attendee(mailbox=Mailbox(email_address="guest@contoso.example"), response_type="Unknown")]
    lesson(acc, subject="Meeting", required_attendees=guests)


def gym(acc):
    pattern = WeeklyPattern(interval=1, weekdays=["Tuesday", "Thursday"], first_day_of_week="Monday")
    item = lesson(acc, subject="Gym", recurrence=Recurrence(pattern=pattern, start=date(10), number=8))
    second = item.occurrence(index=2)
    second.refresh()
    second.start, second.end, second.subject = at(12, 13), at(12, 15), "Gym, longer"
    second.save(update_fields=["subject", "start", "end"])
    item.occurrence(index=3).delete()


if __name__ == "__main__":
    main()

"""Does to copies what their owner may do: renames one, moves and deletes occurrences, deletes one.

JUDGE_WORK is the JSON of: mailbox.
"""

from door import HELSINKI, account, work
from exchangelib import EWSDateTime


def at(day, hour):
    return EWSDateTime(2026, 12, day, hour, tzinfo=HELSINKI)


def main():
    calendar = account(work["mailbox"]).calendar
    renamed = calendar.get(subject="Renamed by hand")
    renamed.subject, renamed.location = "Renamed", "By hand"
    renamed.save(update_fields=["subject", "location"])
    series = calendar.get(subject="Series")
    second = series.occurrence(index=2)
    second.refresh()
    second.start, second.end = at(9, 15), at(9, 16)
    second.save(update_fields=["start", "end"])
    series.occurrence(index=4).delete()
    calendar.get(subject="Deleted by hand").delete()


if __name__ == "__main__":
    main()

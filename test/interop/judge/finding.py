"""Finding: restrictions, orders, pages, views."""

from checks import check, expect, same
from door import account, at, lesson, views
from exchangelib import CalendarItem, Q
from exchangelib.errors import ErrorCalendarViewRangeTooBig


def many(acc, count, **fields):
    acc.bulk_create(
        folder=acc.calendar,
        items=[CalendarItem(subject=f"Page {n:04}", start=at(2, 8), end=at(2, 9), **fields) for n in range(count)],
    )


@check
def by_property():
    """finds items by a property of its own, whole or in part"""
    acc = account()
    for number in range(3):
        lesson(acc, subject=f"Filtered {number}", origin=f"filter/{number}")
    lesson(acc, subject="Filtered, without")
    found = acc.calendar.filter
    same([i.subject for i in found(origin="filter/1")], ["Filtered 1"])
    same(found(origin__startswith="filter/").count(), 3)
    same(found(origin__contains="ter/2").count(), 1)
    same(found(origin__exists=True, subject__contains="Filtered").count(), 3)
    same(found(origin__exists=False).count(), 1)
    same(found(origin__in=["filter/0", "filter/2", "none"]).count(), 2)
    assert not found(origin="FILTER/1").exists()


@check
def by_anything():
    """joins, negates and compares what it searches for"""
    acc = account()
    for day, subject in ((10, "First"), (11, "Second"), (12, "Third")):
        lesson(acc, subject=subject, start=at(day, 9), end=at(day, 10), categories=["Odd" if day % 2 else "Even"])
    names = lambda query: sorted(acc.calendar.filter(query).values_list("subject", flat=True))
    same(names(Q(subject="First") | Q(subject="Third")), ["First", "Third"])
    same(names(~Q(subject="First")), ["Second", "Third"])
    same(names(Q(start__gte=at(11, 9)) & Q(start__lt=at(12, 9))), ["Second"])
    same(names(Q(start__gt=at(11, 9))), ["Third"])
    same(names(Q(start__range=(at(10), at(11, 12)))), ["First", "Second"])
    same(names(Q(subject__icontains="IR")), ["First", "Third"])
    same(names(Q(subject__iexact="first")), ["First"])
    same(names(Q(categories__contains=["Odd"])), ["Second"])


@check
def in_order():
    """gets them in the order asked for"""
    acc = account()
    for number in (1, 0, 2):
        lesson(acc, subject=f"Sorted {number}", start=at(10 + number, 9), end=at(10 + number, 10))
    same(list(acc.calendar.all().order_by("-subject").values_list("subject", flat=True)), ["Sorted 2", "Sorted 1", "Sorted 0"])
    same([i.start.day for i in acc.calendar.all().order_by("start").only("start")], [10, 11, 12])
    same([i.subject for i in acc.calendar.all().order_by("subject")[1:3]], ["Sorted 1", "Sorted 2"])


@check
def paging():
    """reads more than a thousand items, page after page, each once"""
    acc = account()
    many(acc, 1050)
    everything = [i.subject for i in acc.calendar.all().only("subject")]
    same((len(everything), len(set(everything))), (1050, 1050))
    same(acc.calendar.all().count(), 1050)


@check
def paging_with_filter():
    """reads all pages of a search by property, though a page of one is shorter"""
    acc = account()
    many(acc, 260, origin="paged")
    many(acc, 5)
    subjects = {i.subject for i in acc.calendar.filter(origin="paged").only("subject")}
    same(len(subjects), 260)
    small = acc.calendar.filter(origin="paged")
    small.page_size = 7
    same(len({i.id for i in small.only("subject")}), 260)


@check
def view_edges():
    """sees in a view what overlaps it, and nothing that only touches it"""
    acc = account()
    lesson(acc, subject="before", start=at(10, 8), end=at(10, 9))
    lesson(acc, subject="into", start=at(10, 8), end=at(10, 10))
    lesson(acc, subject="over", start=at(10, 8), end=at(10, 18))
    lesson(acc, subject="after", start=at(10, 12), end=at(10, 13))
    same([i.subject for i in views(acc, at(10, 9), at(10, 12))], ["into", "over"])
    same(len(list(acc.calendar.view(start=at(10, 9), end=at(10, 12), max_items=1))), 1)


@check
def view_too_wide():
    """is refused a view of more than two years"""
    acc = account()
    start = at(1)
    expect(ErrorCalendarViewRangeTooBig, lambda: list(acc.calendar.view(start=start, end=start.replace(year=2029))))

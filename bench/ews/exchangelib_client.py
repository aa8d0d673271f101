"""exchangelib as its manual uses it: bulk calls in chunks of 100, which is its own choice, in one thread unless told otherwise."""

import itertools
import json
import os
import resource
import time
from datetime import datetime
from multiprocessing.pool import ThreadPool
from types import SimpleNamespace

import requests.adapters
from exchangelib import (
    BASIC,
    IMPERSONATION,
    Account,
    Body,
    CalendarItem,
    Configuration,
    Credentials,
    EWSDateTime,
    EWSTimeZone,
    ExtendedProperty,
)
from exchangelib.protocol import BaseProtocol

job = json.loads(os.environ["BENCH_JOB"], object_hook=lambda fields: SimpleNamespace(**fields))
THREADS = getattr(job, "threads", 1)
PAGE_SIZE = getattr(job, "pageSize", None)
CHUNK_SIZE = 100


class TrustsTheSimulator(requests.adapters.HTTPAdapter):
    def cert_verify(self, conn, url, verify, cert):
        super().cert_verify(conn=conn, url=url, verify=job.caFile, cert=cert)


class Mark(ExtendedProperty):
    property_set_id = "6b2f2c4e-9d1a-4c57-8a55-1d0a7f3c9e21"
    property_name = "calsync"
    property_type = "String"


BaseProtocol.HTTP_ADAPTER_CLS = TrustsTheSimulator
CalendarItem.register("mark", Mark)
LISTED = ("subject", "body", "location", "start", "end", "mark", "legacy_free_busy_status", "is_all_day", "type")


def phase(name, work):
    """Does the work, says what it cost, and gives what came of it."""
    started_at, before = time.perf_counter(), cpu_seconds()
    result = work()
    print(json.dumps({"phase": name, "seconds": time.perf_counter() - started_at, "cpuSeconds": cpu_seconds() - before}))
    return result


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def mib(field):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith(field))


def open_account():
    configuration = Configuration(
        service_endpoint=job.url,
        credentials=Credentials(f"{job.domain}\\{job.username}", job.password),
        auth_type=BASIC,
        max_connections=THREADS,
    )
    return Account(
        primary_smtp_address=job.mailbox,
        config=configuration,
        autodiscover=False,
        access_type=IMPERSONATION,
        default_timezone=EWSTimeZone("Europe/Copenhagen"),
    )


def calendar_item(account, fields):
    zone = EWSTimeZone(fields.zone)
    at = lambda text: EWSDateTime.from_datetime(datetime.fromisoformat(text).replace(tzinfo=zone))
    return CalendarItem(
        account=account,
        folder=account.calendar,
        subject=fields.subject,
        body=Body(fields.body),
        location=fields.location,
        start=at(fields.start),
        end=at(fields.end),
        mark=fields.mark,
    )


def all_done(results):
    failures = [result for result in results if isinstance(result, Exception)]
    if failures or len(results) != job.count:
        raise SystemExit(f"{len(results) - len(failures)} of {job.count} were done: {failures[:1]}")
    return results


def in_chunks(work, items):
    """In one call, which cuts for itself, or a call for each chunk with several at a time."""
    if THREADS == 1:
        return list(work(items))
    chunks = [items[first : first + CHUNK_SIZE] for first in range(0, len(items), CHUNK_SIZE)]
    with ThreadPool(THREADS) as pool:
        return list(itertools.chain.from_iterable(pool.map(lambda chunk: list(work(chunk)), chunks)))


def listed(account):
    found = account.calendar.filter(mark__exists=True)
    found.page_size = PAGE_SIZE
    if THREADS == 1:
        return list(found.only(*LISTED))
    ids = list(found.values_list("id", "changekey"))
    return in_chunks(lambda chunk: account.fetch(chunk, only_fields=LISTED), ids)


def main():
    account = open_account()
    calendar = account.calendar
    print(json.dumps({"loadedMiB": mib("VmRSS:")}))
    with open(job.itemsFile) as lines:
        items = [json.loads(line, object_hook=lambda fields: SimpleNamespace(**fields)) for line in lines]
    new = [calendar_item(account, fields) for fields in items]
    create = lambda some: account.bulk_create(folder=calendar, items=some)
    all_done(phase("create", lambda: in_chunks(create, new)))
    stored = all_done(phase("list", lambda: listed(account)))
    changed_to = {fields.mark: fields for fields in items}
    for item in stored:
        fields = changed_to[item.mark]
        item.location, item.mark = fields.newLocation, fields.newMark
    changes = [(item, ("location", "mark")) for item in stored]
    updated = all_done(phase("update", lambda: in_chunks(account.bulk_update, changes)))
    delete = lambda some: account.bulk_delete(some, delete_type="MoveToDeletedItems")
    all_done(phase("remove", lambda: in_chunks(delete, updated)))
    print(json.dumps({"peakMiB": mib("VmHWM:")}))


main()

"""Gets exchangelib in: accounts, trust in the simulator's certificate, and the simulator's own hands behind the curtain.

JUDGE_SETTINGS is the JSON of: caFile, servers (by version: url, admin), service, scoped, hasty, clerk (name and password
each), inScope and boss (addresses); JUDGE_WORK of what the script at hand says.
"""

import itertools
import json
import os
import urllib.request
from types import SimpleNamespace

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
)
from exchangelib.protocol import BaseProtocol

settings = json.loads(os.environ["JUDGE_SETTINGS"], object_hook=lambda fields: SimpleNamespace(**fields))
work = json.loads(os.environ.get("JUDGE_WORK", "{}"))
NEWEST = "15.2"


class TrustsTheSimulator(requests.adapters.HTTPAdapter):
    def cert_verify(self, conn, url, verify, cert):
        super().cert_verify(conn=conn, url=url, verify=settings.caFile, cert=cert)


BaseProtocol.HTTP_ADAPTER_CLS = TrustsTheSimulator
BaseProtocol.TIMEOUT = 10


class Origin(ExtendedProperty):
    """The property of calsync's that says where a copy came from."""

    property_set_id = "6b2f2c4e-9d1a-4c57-8a55-1d0a7f3c9e21"
    property_name = "calsync"
    property_type = "String"


CalendarItem.register("origin", Origin)

HELSINKI = EWSTimeZone("Europe/Helsinki")
ORGANISATION = "contoso.example"
DOMAIN = "CONTOSO"


def server(version=NEWEST):
    return getattr(settings.servers, version)


def admin(method, *arguments, version=NEWEST):
    """Calls the simulator's admin over HTTP."""
    request = urllib.request.Request(f"{server(version).admin}/_sim/{method}", json.dumps(arguments).encode(), method="POST")
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)["result"]


_numbers = itertools.count(1)


def new_mailbox(version=NEWEST, **seed):
    """An address of its own for each check, so that none meets what another left behind."""
    address = f"person{next(_numbers)}@{ORGANISATION}"
    admin("addMailbox", {"address": address, "timeZone": "FLE Standard Time", **seed}, version=version)
    return address


def newcomer(password="plain", **seed):
    """Credentials of an account of its own: exchangelib keeps one set of connections for each, already logged in."""
    number = next(_numbers)
    name = f"{DOMAIN}\\svc{number}"
    upn = f"svc{number}@{ORGANISATION}"
    admin("addAccount", {"name": name, "userPrincipalName": upn, "password": password, "impersonates": "everything", **seed})
    return Credentials(name, password)


def account(address=None, user="service", access=IMPERSONATION, patient=True, zone=HELSINKI, version=NEWEST, **changes):
    """The mailbox of `address`, or of somebody new, opened by a user of the settings."""
    who = getattr(settings, user)
    fields = {
        "service_endpoint": server(version).url,
        "credentials": Credentials(who.name, who.password),
        "auth_type": BASIC,
        "retry_policy": FaultTolerance(max_wait=5) if patient else FailFast(),
        **changes,
    }
    return Account(
        primary_smtp_address=address or new_mailbox(version),
        config=Configuration(**fields),
        autodiscover=False,
        access_type=access,
        default_timezone=zone,
    )


def delegate(address, user="clerk"):
    return account(address, user=user, access=DELEGATE)


def at(day, hour=0, minute=0, month=3, zone=HELSINKI):
    return EWSDateTime(2026, month, day, hour, minute, tzinfo=zone)


def date(day, month=3, year=2026):
    return EWSDate(year, month, day)


def lesson(acc, folder=None, **changes):
    fields = {"subject": "Physics", "start": at(10, 9), "end": at(10, 10), **changes}
    item = CalendarItem(account=acc, folder=folder or acc.calendar, **fields)
    item.save()
    return item


def fresh(item):
    return item.folder.get(id=item.id)


def views(acc, start, end, *fields):
    """What a calendar shows between two times, in their order."""
    found = acc.calendar.view(start=start, end=end)
    return sorted(found.only("subject", "start", "end", "type", *fields), key=lambda item: str(item.start))

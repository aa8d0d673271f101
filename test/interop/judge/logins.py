"""Logins: NTLM, over HTTPS, as requests_ntlm and pyspnego do it; Basic is what all other checks use."""

import base64
import http.client
import ssl
from contextlib import contextmanager
from urllib.parse import urlsplit

from checks import check, expect, same
from door import ORGANISATION, account, admin, at, lesson, new_mailbox, newcomer, server, settings
from exchangelib import NTLM, CalendarItem, Credentials
from exchangelib.errors import UnauthorizedError
from exchangelib.transport import AUTH_TYPE_MAP
from requests_ntlm import HttpNtlmAuth

try:
    import spnego
except ImportError:
    spnego = None


def works(**login):
    acc = account(**login)
    lesson(acc, subject="Let in")
    same([item.subject for item in acc.calendar.all()], ["Let in"])


def is_refused(**login):
    expect(UnauthorizedError, lambda: lesson(account(patient=False, **login)))


@contextmanager
def server_with(**changes):
    admin("setServer", changes)
    try:
        yield
    finally:
        admin("setServer", {"schemes": ["Negotiate", "NTLM", "Basic"], "extendedProtection": "off", "tlsEndsAtProxy": False})


@check
def by_ntlm():
    """logs in by NTLM, with the domain's name and a password of any letters"""
    works(credentials=newcomer(password="pass & wörd €"), auth_type=NTLM)


@check
def by_ntlm_as_principal():
    """logs in by NTLM with a user principal name"""
    named = newcomer()
    name = named.username.split("\\")[1]
    works(credentials=Credentials(f"{name}@{ORGANISATION}", named.password), auth_type=NTLM)


@check
def by_what_is_offered():
    """finds out itself which login the server offers"""
    works(credentials=newcomer(), auth_type=None)
    with server_with(schemes=["Basic"]):
        works(credentials=newcomer(), auth_type=None)


@check
def by_negotiate():
    """logs in with NTLM inside of Negotiate where nothing else is offered"""
    with server_with(schemes=["Negotiate"]):
        works(credentials=newcomer(), auth_type=NTLM)


@check
def ntlm_wrong_password():
    """is not let in by NTLM with a wrong password, nor as nobody"""
    is_refused(credentials=Credentials(newcomer().username, "wrong"), auth_type=NTLM)
    is_refused(credentials=Credentials("CONTOSO\\nobody", "wrong"), auth_type=NTLM)


@check
def basic_with_odd_password():
    """is let in by Basic with a password that has a colon"""
    works(credentials=newcomer(password="x : y & z"))


@check
def ntlm_with_protection():
    """logs in by NTLM where Extended Protection is required, tied to the connection's certificate"""
    with server_with(extendedProtection="require"):
        works(credentials=newcomer(), auth_type=NTLM)


@check
def ntlm_without_binding():
    """is not let in where Extended Protection is required and the login is not tied, or tied to a proxy's certificate"""
    with server_with(extendedProtection="require"):
        AUTH_TYPE_MAP[NTLM] = lambda **given: HttpNtlmAuth(send_cbt=False, **given)
        try:
            is_refused(credentials=newcomer(), auth_type=NTLM)
        finally:
            AUTH_TYPE_MAP[NTLM] = HttpNtlmAuth
    with server_with(extendedProtection="require", tlsEndsAtProxy=True):
        is_refused(credentials=newcomer(), auth_type=NTLM)


@check
def ntlm_on_many_connections():
    """keeps many connections logged in at a time"""
    acc = account(new_mailbox(), credentials=newcomer(), auth_type=NTLM, max_connections=4)
    lessons = [CalendarItem(subject=f"Lesson {n}", start=at(2, 8), end=at(2, 9)) for n in range(60)]
    made = acc.bulk_create(folder=acc.calendar, items=lessons, chunk_size=5)
    same(len({item.id for item in made}), 60)
    same(len({item.subject for item in acc.fetch(ids=made, chunk_size=5)}), 60)




def negotiated(credentials, step_limit=4):
    """Logs in by SPNEGO with NTLM inside, as Windows does where there is no Kerberos; gives the last status and the context."""
    context = spnego.client(
        credentials.username,
        credentials.password,
        hostname="127.0.0.1",
        protocol="negotiate",
        options=spnego.NegotiateOptions.use_negotiate,
    )
    place = urlsplit(server().url)
    connection = http.client.HTTPSConnection(place.netloc, context=ssl.create_default_context(cafile=settings.caFile))
    token, status = context.step(), 401
    for _ in range(step_limit):
        connection.request("GET", place.path, headers={"Authorization": f"Negotiate {base64.b64encode(token).decode()}"})
        answer = connection.getresponse()
        answer.read()
        status = answer.status
        scheme, _, offered = (answer.headers.get("WWW-Authenticate") or "").partition(" ")
        token = context.step(base64.b64decode(offered)) if scheme == "Negotiate" and offered else None
        if token is None:
            break
    connection.close()
    return status, context


def by_spnego():
    """logs in by SPNEGO with NTLM inside, each side proving what was offered"""
    status, context = negotiated(newcomer(password="pass & wörd €"))
    assert status != 401 and context.complete, (status, context.complete)
    same(negotiated(Credentials(newcomer().username, "wrong"))[0], 401)


# Debian's requests_ntlm does without it.
if spnego:
    check(by_spnego)

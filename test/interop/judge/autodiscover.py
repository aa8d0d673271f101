"""Autodiscover: a mailbox is opened by nothing but its address, a name and a password."""

from contextlib import contextmanager
from urllib.parse import urlsplit

import door
import requests.exceptions
from checks import check, expect, same
from door import ORGANISATION, admin, lesson, new_mailbox, newcomer, server
from exchangelib import DELEGATE, IMPERSONATION, Account
from exchangelib.autodiscover import Autodiscovery, clear_cache
from exchangelib.errors import AutoDiscoverFailed, ErrorNonExistentMailbox, UnauthorizedError

try:  # Old ones know both protocols, new ones only SOAP.
    from exchangelib.autodiscover.discovery.base import BaseAutodiscovery
    from exchangelib.autodiscover.discovery.soap import SoapAutodiscovery  # noqa: F401

    PROTOCOLS = ["pox", "soap"]
except ImportError:
    BaseAutodiscovery, PROTOCOLS = Autodiscovery, [True]


class LeadsToTheSimulator(door.TrustsTheSimulator):
    """Stands in for the DNS of the organisation, where nothing answers by any other name."""

    asked = set()

    def send(self, request, *args, **kwargs):
        host, here = f"https://{ORGANISATION}/", server().url.split("EWS/")[0]
        self.asked.add(urlsplit(request.url).hostname)
        request.url = request.url.replace(host, here)
        if not request.url.startswith(here):
            raise requests.exceptions.ConnectionError(f"nothing answers at {request.url}")
        return super().send(request, *args, **kwargs)


@contextmanager
def name_service():
    asked, BaseAutodiscovery._ensure_valid_hostname = BaseAutodiscovery._ensure_valid_hostname, lambda *_: None
    records, BaseAutodiscovery._get_srv_records = BaseAutodiscovery._get_srv_records, lambda *_: []
    adapter, door.BaseProtocol.HTTP_ADAPTER_CLS = door.BaseProtocol.HTTP_ADAPTER_CLS, LeadsToTheSimulator
    clear_cache()
    try:
        yield
    finally:
        clear_cache()
        door.BaseProtocol.HTTP_ADAPTER_CLS = adapter
        BaseAutodiscovery._get_srv_records, BaseAutodiscovery._ensure_valid_hostname = records, asked


def discovered(address, credentials, protocol, access=IMPERSONATION):
    return Account(address, credentials=credentials, autodiscover=protocol, access_type=access, default_timezone=door.HELSINKI)


@check
def by_address():
    """finds the server by an address, and the mailbox on it"""
    for protocol in PROTOCOLS:
        with name_service():
            acc = discovered(new_mailbox(), newcomer(), protocol)
            same(acc.protocol.service_endpoint.lower(), server().url.lower())
            assert lesson(acc, subject="Found").id


@check
def own_mailbox():
    """finds the mailbox of the one who logs in"""
    for protocol in PROTOCOLS:
        with name_service():
            address = new_mailbox()
            acc = discovered(address, newcomer(mailbox=address), protocol, DELEGATE)
            assert lesson(acc).id


@check
def by_alias():
    """is told the primary address of a mailbox it knows by another"""
    address = new_mailbox(aliases=[f"nickname@{ORGANISATION}"])
    for protocol in PROTOCOLS:
        with name_service():
            same(discovered(f"nickname@{ORGANISATION}", newcomer(), protocol).primary_smtp_address, address)


@check
def nobody_to_discover():
    """is told that there is no such mailbox"""
    for protocol in PROTOCOLS:
        with name_service():
            expect((AutoDiscoverFailed, ErrorNonExistentMailbox), lambda: discovered(f"nobody@{ORGANISATION}", newcomer(), protocol))


@check
def moved_to_the_cloud():
    """is sent to another address when the mailbox has moved to the cloud"""
    address = new_mailbox()
    admin("setMailboxState", address, "migrated")
    for protocol in PROTOCOLS:
        with name_service():
            LeadsToTheSimulator.asked.clear()
            expect(AutoDiscoverFailed, lambda: discovered(address, newcomer(), protocol))
            assert "contoso.mail.onmicrosoft.example" in LeadsToTheSimulator.asked, LeadsToTheSimulator.asked


@check
def not_without_login():
    """is told nothing with a wrong password"""
    for protocol in PROTOCOLS:
        with name_service():
            wrong = door.Credentials(newcomer().username, "wrong")
            expect((AutoDiscoverFailed, UnauthorizedError), lambda: discovered(new_mailbox(), wrong, protocol))

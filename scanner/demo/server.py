"""Starts the demo's three servers on free loopback ports, and stops them again."""

from __future__ import annotations

import ssl
import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from http.server import ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from scanner.demo.advisories import AdvisoryServer
from scanner.demo.certificates import make_certificates
from scanner.demo.shop.serving import Server
from scanner.demo.shop.sites import CHECKOUT, SHOP
from scanner.demo.shop.store import Store

Listening = TypeVar("Listening", bound=ThreadingHTTPServer)

SOURCE = Path(__file__).parent / "shop"
"""The folder that holds the shop's own code: the demo scans it as source."""


@dataclass(frozen=True, slots=True)
class DemoServers:
    """Where everything is. `ca_file` is the authority that signed the https server.

    `old_tls` says whether the local OpenSSL still speaks TLS 1.1: some are built without.
    """

    http_url: str
    https_url: str
    advisories_url: str
    ca_file: Path
    old_tls: bool


@contextmanager
def serve() -> Iterator[DemoServers]:
    """The shop over http, its checkout over https, and an advisory service, while it lasts."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="wallwalk-demo-")))
        certificates = make_certificates(folder)
        context = _context(certificates.server)
        store = stack.enter_context(closing(Store()))
        shop = stack.enter_context(_running(Server(SHOP, store)))
        checkout = stack.enter_context(_running(Server(CHECKOUT, store, context)))
        advisories = stack.enter_context(_running(AdvisoryServer()))
        yield DemoServers(
            http_url=f"http://127.0.0.1:{shop.server_port}",
            https_url=f"https://127.0.0.1:{checkout.server_port}",
            advisories_url=f"http://127.0.0.1:{advisories.server_port}",
            ca_file=certificates.authority,
            old_tls=_speaks_old_tls(context, certificates.authority),
        )


@contextmanager
def _running(server: Listening) -> Iterator[Listening]:
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _context(certificate: Path) -> ssl.SSLContext:
    """Mistake: TLS 1.1, with the ciphers of its time, is let in beside today's versions."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    _let_in_tls_1_1(context)
    return context


def _let_in_tls_1_1(context: ssl.SSLContext) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("DEFAULT:@SECLEVEL=0")


def _speaks_old_tls(server: ssl.SSLContext, authority: Path) -> bool:
    """Whether a TLS 1.1 handshake with `server` works here; it needs no network."""
    client = ssl.create_default_context(cafile=str(authority))
    try:
        _let_in_tls_1_1(client)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            client.maximum_version = ssl.TLSVersion.TLSv1_1
        return _shakes_hands(client, server)
    except (ssl.SSLError, ValueError):
        return False


def _shakes_hands(client: ssl.SSLContext, server: ssl.SSLContext) -> bool:
    """Both ends in memory, each given the other's bytes in turn."""
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(down, up, server_hostname="127.0.0.1"),
        server.wrap_bio(up, down, server_side=True),
    ]
    for _ in range(10):
        for end in list(ends):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            ends.remove(end)
        if not ends:
            return True
    return False

"""The certificate that a server shows, judged as the target's settings say.

One handshake takes any certificate, for its bytes; another asks for a chain that is trusted.
Old versions and ciphers are let in for both: they are tls/versions' matter.
"""

from __future__ import annotations

import asyncio
import datetime
import ssl
import warnings
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from scanner.contract import Incomplete
from scanner.site.certificate_facts import Facts, Fault, faults, read
from scanner.wire.tls import client_context, why

Connect = Callable[[], AbstractAsyncContextManager[tuple[StreamReader, StreamWriter]]]

_LARGEST_FLIGHT = 1_000_000
_NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME, which the ssl module has no name for
_LEGACY_SERVER_CONNECT = 0x4  # SSL_OP_…: servers without secure renegotiation show theirs too
_NOT_YET_VALID, _EXPIRED = 9, 10  # X509_V_ERR_CERT_…


@dataclass(frozen=True, slots=True)
class Judgement:
    """`facts` of the server's own certificate, and everything that is wrong.

    `trust` is what came of the chain in words; it is not asked where `verify` is false.
    """

    facts: Facts
    found: tuple[Fault, ...]
    trust: str

    @property
    def faults(self) -> tuple[str, ...]:
        return tuple(fault.name for fault in self.found)

    @property
    def said(self) -> str:
        """The whole of it, a line each."""
        facts = self.facts
        lines = [
            f"subject: {facts.subject}",
            f"issuer: {facts.issuer}",
            f"names: {', '.join(facts.names)}",
            f"valid: {facts.not_before or 'unknown'} to {facts.not_after or 'unknown'}",
            f"trust: {self.trust}",
        ]
        return "\n".join([*lines, *facts.unread, *(fault.says for fault in self.found)])


async def judge(
    connect: Connect, *, server_name: str, verify: bool | str, limit: float
) -> Judgement:
    """Fetch the certificate that is shown for `server_name` (ASCII) and judge it.

    Raises Incomplete when no handshake came about within `limit` seconds.
    """
    der = await _shown(connect, server_name, _loosened(False), limit)
    facts = read(der)
    found = list(faults(facts, server_name, datetime.datetime.now(datetime.UTC)))
    trust = "not asked (verify: false)"
    if verify is not False:
        trust, more = await _trust(connect, server_name, verify, limit)
        known = {fault.name for fault in found}
        found += [fault for fault in more if fault.name not in known]
    return Judgement(facts, tuple(found), trust)


async def _trust(
    connect: Connect, server_name: str, verify: bool | str, limit: float
) -> tuple[str, tuple[Fault, ...]]:
    """What OpenSSL says of the chain. A date hides whether it is trusted: that is asked again."""
    dated: tuple[Fault, ...] = ()
    for flags in (0, _NO_CHECK_TIME):
        try:
            await _shown(connect, server_name, _loosened(verify, flags), limit)
        except ssl.SSLCertVerificationError as error:
            said = error.verify_message or "the chain is not accepted"
            if flags == 0 and error.verify_code in (_EXPIRED, _NOT_YET_VALID):
                name = "expired" if error.verify_code == _EXPIRED else "not-yet-valid"
                dated = (Fault(name, f"A certificate of the chain is out of date: {said}."),)
                continue
            return said, (*dated, Fault("untrusted", f"The certificate is not trusted: {said}."))
        break
    return "trusted", dated


def _loosened(verify: bool | str, flags: int = 0) -> ssl.SSLContext:
    """The wire's context, which takes any version and cipher and does not look at the name."""
    try:
        context = client_context(verify)
    except OSError as error:
        raise Incomplete(
            f"the CA bundle {verify} can't be read: {error.strerror or error}",
            "correct `verify` in the targets file",
        ) from None
    context.check_hostname = False
    context.verify_flags |= flags
    context.options |= _LEGACY_SERVER_CONNECT
    context.set_ciphers("ALL:!aNULL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    return context


async def _shown(
    connect: Connect, server_name: str, context: ssl.SSLContext, limit: float
) -> bytes:
    """The server's certificate as DER, from one whole handshake.

    Raises SSLCertVerificationError as it comes, and Incomplete for all else.
    """
    try:
        async with connect() as streams, asyncio.timeout(limit):
            return await _handshake(streams, context, server_name)
    except ssl.SSLCertVerificationError:
        raise
    except TimeoutError:
        reason = f"the TLS handshake did not end within {limit:g} s"
    except (OSError, ValueError) as error:
        reason = why(error)
    raise Incomplete(f"no certificate was shown: {reason}", "see tls/versions, or correct the url")


async def _handshake(
    streams: tuple[StreamReader, StreamWriter], context: ssl.SSLContext, server_name: str
) -> bytes:
    reader, writer = streams
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_hostname=server_name)
    read = 0
    while True:
        try:
            tls.do_handshake()
            done = True
        except ssl.SSLWantReadError:
            done = False
        if data := outgoing.read():
            writer.write(data)
            await writer.drain()
        if done:
            return tls.getpeercert(binary_form=True) or b""
        data = await reader.read(65_536)
        read += len(data)
        if not data or read > _LARGEST_FLIGHT:
            raise ConnectionError("the connection ended during the handshake")
        incoming.write(data)

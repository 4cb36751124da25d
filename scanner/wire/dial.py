"""Connecting: names are resolved once and pinned, then TCP, then the proxy's tunnel, then TLS."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence

import httpx

from scanner.wire.answer import Answer
from scanner.wire.connection import Broken, Connection, TooSlow
from scanner.wire.deadlines import Deadlines
from scanner.wire.head import Malformed
from scanner.wire.outgoing import Origin, Proxy, connect_request
from scanner.wire.tls import client_context, facts_of, why


class Unreachable(Exception):
    """No connection could be made; `timed_out` says that it took too long, `by_proxy` that the
    proxy would not."""

    def __init__(self, message: str, *, timed_out: bool = False, by_proxy: bool = False) -> None:
        super().__init__(message)
        self.timed_out = timed_out
        self.by_proxy = by_proxy


class _NoAnswer(Exception):
    """One address did not take the connection; another might."""


class Dialer:
    """Makes connections. A name is resolved once, and the first of its addresses that answers is
    the one that is used from then on, so that a second answer of a name server can't send the
    scan elsewhere. Behind a proxy, only the proxy's own name is resolved here."""

    def __init__(
        self,
        *,
        addresses: Mapping[str, str | Sequence[str]],
        verify: bool | str,
        proxy: Proxy | None,
        live: set[Connection],
        lost: Callable[[Connection], None],
    ) -> None:
        self._pinned = {
            _as_asked(host): [given] if isinstance(given, str) else list(given)
            for host, given in addresses.items()
        }
        self._verify = verify
        self._context: ssl.SSLContext | None = None
        self._proxy = proxy
        self._live = live
        self._lost = lost
        self._resolving: dict[str, asyncio.Lock] = {}

    async def connect(self, origin: Origin, deadlines: Deadlines, limit: float) -> Connection:
        """A new connection to `origin` within `limit` seconds. Raises Unreachable."""
        try:
            async with asyncio.timeout(limit):
                return await self._connect(origin, deadlines, limit)
        except TimeoutError:
            raise Unreachable(
                f"no connection within {max(limit, 0):.3g} s", timed_out=True
            ) from None

    async def _connect(self, origin: Origin, deadlines: Deadlines, limit: float) -> Connection:
        near = origin if self._proxy is None else self._proxy.origin
        addresses = await self._addresses(near)
        # the answers to a name are tried in turn, and one that is silent leaves time for the rest
        for address in addresses[:-1]:
            try:
                async with asyncio.timeout(limit / len(addresses)):
                    return await self._connect_to(address, near, origin, deadlines)
            except (TimeoutError, _NoAnswer):
                continue
        try:
            return await self._connect_to(addresses[-1], near, origin, deadlines)
        except _NoAnswer as error:
            raise Unreachable(str(error)) from None

    async def _connect_to(
        self, address: str, near: Origin, origin: Origin, deadlines: Deadlines
    ) -> Connection:
        connection = Connection(asyncio.get_running_loop(), deadlines, self._live, self._lost)
        secure = origin.scheme == "https"
        direct_tls = secure and self._proxy is None
        try:
            await asyncio.get_running_loop().create_connection(
                lambda: connection,
                address,
                near.port,
                ssl=self._tls() if direct_tls else None,
                server_hostname=near.host if direct_tls else None,
            )
        except TimeoutError:
            raise
        except ssl.SSLError as error:
            raise Unreachable(why(error)) from None
        except (OSError, ValueError) as error:
            raise _NoAnswer(why(error)) from None
        self._pinned[near.host] = [address]
        if self._proxy is not None and secure:
            await self._tunnel(connection, origin, self._proxy)
        peer = connection.transport.get_extra_info("peername") or (address, near.port)
        connection.address = (str(peer[0]), int(peer[1]))
        connection.tls = facts_of(connection.transport)
        return connection

    async def _addresses(self, origin: Origin) -> list[str]:
        host = origin.host
        async with self._resolving.setdefault(host, asyncio.Lock()):
            known = self._pinned.get(host)
            if known is not None:
                return known
            loop = asyncio.get_running_loop()
            try:
                found = await loop.getaddrinfo(host, origin.port, type=socket.SOCK_STREAM)
            except (OSError, ValueError) as error:
                raise Unreachable(f"the name could not be resolved: {why(error)}") from None
            addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
            if not addresses:
                raise Unreachable("the name has no address")
            self._pinned[host] = addresses
            return addresses

    async def _tunnel(self, connection: Connection, origin: Origin, proxy: Proxy) -> None:
        loop = asyncio.get_running_loop()
        answer = Answer(asked_head=False, cap=10_000, tunnel=True)
        try:
            # the caller's timeout ends this too
            await connection.exchange(
                connect_request(origin, proxy), answer, until=loop.time() + 3600
            )
        except (Broken, Malformed, TooSlow) as error:
            raise Unreachable(f"the proxy gave no tunnel: {error}", by_proxy=True) from None
        status = answer.head.status if answer.head else 0
        if not 200 <= status < 300:
            connection.abort()
            raise Unreachable(f"the proxy refused the tunnel with {status}", by_proxy=True)
        try:
            transport = await loop.start_tls(
                connection.transport, connection, self._tls(), server_hostname=origin.host
            )
        except TimeoutError:
            raise
        except (OSError, ValueError) as error:
            connection.abort()
            raise Unreachable(why(error)) from None
        except asyncio.CancelledError:
            connection.abort()
            raise
        if transport is None:
            raise Unreachable("the connection ended during the handshake")
        connection.transport = transport

    def _tls(self) -> ssl.SSLContext:
        if self._context is None:
            try:
                self._context = client_context(self._verify)
            except OSError as error:
                raise Unreachable(
                    f"the CA bundle {self._verify} can't be read: {error.strerror or error}"
                ) from None
        return self._context


def _as_asked(host: str) -> str:
    """A host as it stands in a request: lower case, in its ASCII form."""
    return httpx.URL(scheme="http", host=host).raw_host.decode("ascii")

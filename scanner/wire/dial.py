"""Connecting: names are resolved once and pinned, then TCP, then the proxy's tunnel, then TLS."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Mapping

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


class Dialer:
    """Makes connections. A name is resolved once, and the first of its addresses that answers is
    the one that is used from then on, so that a second answer of a name server can't send the
    scan elsewhere. Behind a proxy, only the proxy's own name is resolved here."""

    def __init__(
        self,
        *,
        addresses: Mapping[str, str],
        verify: bool | str,
        proxy: Proxy | None,
        live: set[Connection],
        lost: Callable[[Connection], None],
    ) -> None:
        self._pinned = {host.lower(): [address] for host, address in addresses.items()}
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
                return await self._connect(origin, deadlines)
        except TimeoutError:
            raise Unreachable(f"no connection within {limit:.3g} s", timed_out=True) from None

    async def _connect(self, origin: Origin, deadlines: Deadlines) -> Connection:
        loop = asyncio.get_running_loop()
        near = origin if self._proxy is None else self._proxy.origin
        secure = origin.scheme == "https"
        direct_tls = secure and self._proxy is None
        failure: Unreachable | None = None
        for address in await self._addresses(near):
            connection = Connection(loop, deadlines, self._live, self._lost)
            try:
                await loop.create_connection(
                    lambda made=connection: made,
                    address,
                    near.port,
                    ssl=self._tls() if direct_tls else None,
                    server_hostname=near.host if direct_tls else None,
                )
            except TimeoutError:
                raise
            except (OSError, ValueError) as error:
                failure = Unreachable(why(error))
                if isinstance(error, ssl.SSLError):
                    break
                continue
            self._pinned[near.host] = [address]
            if self._proxy is not None and secure:
                await self._tunnel(connection, origin, self._proxy)
            peer = connection.transport.get_extra_info("peername") or (address, near.port)
            connection.address = (str(peer[0]), int(peer[1]))
            connection.tls = facts_of(connection.transport)
            return connection
        raise failure or Unreachable("the name has no address")

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

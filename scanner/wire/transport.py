"""The transport: one request in, one whole response out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import httpx

from scanner.wire.answer import Answer
from scanner.wire.connection import Broken, Connection, TooSlow
from scanner.wire.deadlines import Deadlines
from scanner.wire.dial import Dialer, Unreachable
from scanner.wire.head import Head, Malformed
from scanner.wire.outgoing import Origin, Proxy, is_orderly, origin_of, request_bytes
from scanner.wire.pool import Pool
from scanner.wire.response import WholeResponse

_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"})
_FOREVER = float("inf")
_YOUNG = 1.0  # seconds for which an idle connection is trusted with what can't be sent twice
_MAX_NOTES = 20


class Wire(httpx.AsyncBaseTransport):
    """HTTP/1.1 over connections that are kept alive. No redirects, no cookies, no environment.

    `addresses` pins hosts to an IP address each, or to the first of several that answers; any other
    host is resolved once and then pinned in the same way.
    `verify` is True, False or the path of a CA bundle. `timeout` is seconds for a whole request,
    connecting included. `proxy` is `http://[user:password@]host:port`; it resolves the names
    itself. `max_body` is the greatest decoded body in bytes; what is longer is cut and marked.
    `max_idle` is how many connections wait for their next request.

    Extensions of a request, all optional: `target` (bytes, the request target as it goes out),
    `raw_headers` (list of pairs of bytes; exactly these lines go out), `timeout` (seconds, or
    httpx's dictionary, whose greatest value then bounds the whole request), `reuse` (False: on a
    fresh connection).

    Extensions of a response: `http_version` and `reason_phrase` as httpx has them;
    `network_address` (address and port that were connected to); `connected`, `first_byte` and
    `elapsed` (seconds for connecting, 0 on a used connection; from sending to the first byte; to
    the last); `cut` (the body is not all of it: longer than the cap, unreadable
    from there on, or a stream of events whose time was up); `repaired` (what had to be
    mended, in words); `tls` (TlsFacts or None); `retried` (the request went out twice).
    """

    def __init__(
        self,
        *,
        addresses: Mapping[str, str | Sequence[str]] | None = None,
        verify: bool | str = True,
        timeout: float = 10.0,
        proxy: str | None = None,
        max_body: int = 5_000_000,
        max_idle: int = 100,
    ) -> None:
        self._proxy = Proxy.at(proxy) if proxy else None
        self._timeout = timeout
        self._max_body = max_body
        self._pool = Pool(max_idle)
        self._live: set[Connection] = set()
        self._closed = False
        self._deadlines: Deadlines | None = None
        self._dialer = Dialer(
            addresses=addresses or {},
            verify=verify,
            proxy=self._proxy,
            live=self._live,
            lost=self._pool.lost,
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Sends `request` and reads the whole answer.

        A request that is safe to repeat is sent once more, on a fresh connection, when its
        connection ends before the answer is complete. Raises httpx's own exceptions, whose
        message names the server.
        """
        origin = origin_of(request.url)
        try:
            return await self._send(request, origin)
        except Unreachable as error:
            kind: type[httpx.RequestError] = httpx.ConnectError
            if error.timed_out:
                kind = httpx.ConnectTimeout
            elif error.by_proxy:
                kind = httpx.ProxyError
            _raise(kind, origin, error, request)
        except TooSlow as error:
            _raise(
                httpx.WriteTimeout if error.writing else httpx.ReadTimeout, origin, error, request
            )
        except Malformed as error:
            _raise(httpx.RemoteProtocolError, origin, error, request)
        except Broken as error:
            kind = httpx.RemoteProtocolError
            if error.writing:
                kind = httpx.WriteError
            elif error.reset:
                kind = httpx.ReadError
            _raise(kind, origin, error, request)

    async def aclose(self) -> None:
        """Closes every connection and waits until they are gone."""
        self._closed = True
        for connection in list(self._live):
            connection.abort()
        for _ in range(3):  # turns of the loop in which asyncio closes the sockets, below TLS too
            await asyncio.sleep(0)

    async def _send(self, request: httpx.Request, origin: Origin) -> httpx.Response:
        loop = asyncio.get_running_loop()
        deadlines = self._deadlines
        if deadlines is None:
            deadlines = self._deadlines = Deadlines(loop)
        try:
            body = request.content
        except httpx.RequestNotRead:
            body = await request.aread()
        extensions: dict[str, Any] = request.extensions
        total, connect_limit, gap = _limits(extensions.get("timeout"), self._timeout)
        started = loop.time()
        plain_proxy = self._proxy if origin.scheme == "http" else None
        data = request_bytes(request, body, origin, plain_proxy)
        method = request.method
        repeatable = method in _IDEMPOTENT
        retried = False
        while True:
            if self._closed:
                raise Unreachable("the wire is closed")
            connection = None
            connected = 0.0
            if extensions.get("reuse", True) and not retried:
                oldest = 0.0 if repeatable else loop.time() - _YOUNG
                connection = self._pool.take(origin, idle_since=oldest)
            if connection is None:
                begun = loop.time()
                left = min(connect_limit, started + total - begun)
                connection = await self._dialer.connect(origin, deadlines, left)
                connected = loop.time() - begun
            answer = Answer(asked_head=method == "HEAD", cap=self._max_body)
            try:
                await connection.exchange(data, answer, until=started + total, gap=gap)
            except (Broken, Malformed) as error:
                # on a used connection, nonsense may be the late rest of the answer before
                garbled = isinstance(error, Malformed) and bool(connected)
                if retried or garbled or not repeatable:
                    raise
                retried = True
                continue
            return self._respond(request, origin, connection, answer, connected, retried)

    def _respond(
        self,
        request: httpx.Request,
        origin: Origin,
        connection: Connection,
        answer: Answer,
        connected: float,
        retried: bool,
    ) -> httpx.Response:
        head = answer.head
        body = answer.body
        if head is None or body is None:
            raise Malformed("the answer has no head")
        sent_at = connection.sent_at
        response = WholeResponse(
            head.status,
            head.headers,
            body.value(),
            request,
            {
                "http_version": b"HTTP/1.1" if head.version == "1.1" else _version(head),
                "reason_phrase": head.reason,
                "network_address": connection.address,
                "elapsed": connection.done_at - sent_at,
                "first_byte": connection.first_at - sent_at,
                "connected": connected,
                "cut": answer.cut,
                "repaired": tuple((head.repaired + body.repaired)[:_MAX_NOTES]),
                "tls": connection.tls,
                "retried": retried,
            },
        )
        if answer.keep and self._may_keep(request, connection):
            connection.idle_since = connection.done_at
            self._pool.put(origin, connection)
        else:
            connection.abort()
        return response

    def _may_keep(self, request: httpx.Request, connection: Connection) -> bool:
        return (
            not connection.closed
            and request.extensions.get("reuse", True)
            and connection.has_sent_all
            and is_orderly(request)
        )


def _limits(given: Any, default: float) -> tuple[float, float, float]:
    """Seconds for the whole request, for connecting, and for the longest silence."""
    if given is None:
        return default, default, _FOREVER
    if isinstance(given, dict):
        seconds = [value for value in given.values() if value is not None]
        total = max(seconds, default=default)
        return (
            total,
            _or(given.get("connect"), total),
            _or(given.get("read"), _FOREVER),
        )
    return float(given), float(given), _FOREVER


def _or(value: float | None, default: float) -> float:
    return default if value is None else value


def _version(head: Head) -> bytes:
    return b"HTTP/" + head.version.encode("ascii")


def _raise(
    kind: type[httpx.RequestError], origin: Origin, error: Exception, request: httpx.Request
) -> NoReturn:
    raise kind(f"{origin}: {error}", request=request) from None

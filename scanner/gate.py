"""The one way out: every request passes scope, budget and pace here, and is counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import httpx

from scanner.contract import Incomplete
from scanner.pace import Pace, TooBusy
from scanner.scope import Origin, Pass, Scope

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from collections.abc import AsyncIterator

_TRIES = 3
_SLOWER = "scan again later, or lower limits.rate in the targets file (--rate)"

Connect = Callable[[], Awaitable[tuple["StreamReader", "StreamWriter"]]]


class Refused(Exception):
    """The gate did not let a request out; the message says why."""


class BudgetSpent(Incomplete):
    """The requests that the user allowed are used up."""


class Gate:
    """Scope, budget, pace and count for one target, above one transport."""

    def __init__(
        self,
        scope: Scope,
        transport: httpx.AsyncBaseTransport,
        pace: Pace,
        max_requests: int,
    ) -> None:
        self.scope = scope
        self.sent: Counter[str] = Counter()
        """Requests and connections sent, by check id."""
        self.total = 0
        self.answered = 0
        self._transport = transport
        self._pace = pace
        self._max = max_requests

    async def send(
        self, request: httpx.Request, origin: Origin, path: str, by: Pass
    ) -> httpx.Response:
        """Send one request to `origin` with the raw target `path`.

        An answer that asks to come back later is waited for and asked again, because it says
        nothing about what the request was for; who `tastes_limits` gets it as it is.
        Raises Refused (out of scope), BudgetSpent or Incomplete, and httpx's transport
        errors as they are.
        """
        if why := self.scope.refusal(request.method, origin, path, by):
            raise Refused(why)
        route = path.partition("?")[0]
        for _ in range(_TRIES):
            await self._enter(route, by)
            try:
                response = await self._transport.handle_async_request(request)
            finally:
                self._pace.leave()
            self.answered += 1
            if by.tastes_limits:
                return response
            later = response.headers.get("retry-after")
            rest = self._pace.learn(route, response.status_code, later)
            if rest is None or (response.status_code != 429 and later is None):
                return response
        if response.status_code != 429:
            return response
        raise Incomplete(f"{route} answered 429 to {_TRIES} requests in a row", _SLOWER)

    @asynccontextmanager
    async def connection(
        self, connect: Connect, by: Pass
    ) -> AsyncIterator[tuple[StreamReader, StreamWriter]]:
        """One raw connection to the target's own origin, counted like a request."""
        if why := self.scope.refusal("GET", self.scope.origin, "/", by._replace(declared=True)):
            raise Refused(why)
        await self._enter("", by)
        try:
            reader, writer = await connect()
            self.answered += 1
            try:
                yield reader, writer
            finally:
                writer.close()
        finally:
            self._pace.leave()

    async def _enter(self, route: str, by: Pass) -> None:
        if self.total >= self._max:
            raise BudgetSpent(
                f"the budget of {self._max} requests is spent",
                "raise limits.max_requests in the targets file, or --max-requests",
            )
        self.total += 1
        self.sent[by.check] += 1
        try:
            await self._pace.enter("" if by.tastes_limits else route)
        except TooBusy as busy:
            self.total -= 1
            self.sent[by.check] -= 1
            raise Incomplete(str(busy), _SLOWER) from None

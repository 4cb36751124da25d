"""How fast requests go out: a rate, a number at once, and backing off where it hurts."""

from __future__ import annotations

import asyncio
from collections import deque

PATIENCE = 60.0
"""Seconds: a longer `Retry-After` makes the route incomplete instead of the scan slow."""

_SIGNS = frozenset({429, 503})
_UNRELATED = 3


class TooBusy(Exception):
    """A route asked us to stay away for longer than we have patience."""


class Pace:
    """At most `rate` requests a second, at most `concurrency` in flight, for one origin.

    A route that answers 429 or 503 is left alone for its `Retry-After` (RFC 9110, 10.2.3),
    or for a pause that doubles; when three unrelated routes do so, the whole origin is.
    """

    def __init__(self, rate: float, concurrency: int) -> None:
        self._interval = 1.0 / rate if rate > 0 else 0.0
        self._free = concurrency
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._next = 0.0
        self._routes: dict[str, tuple[float, int]] = {}
        self._origin_until = 0.0

    async def enter(self, route: str) -> None:
        """Wait for a turn on `route`. Raises TooBusy when the route wants a long rest."""
        loop = asyncio.get_running_loop()
        if self._free > 0:
            self._free -= 1
        else:
            seat: asyncio.Future[None] = loop.create_future()
            self._waiting.append(seat)
            try:
                await seat
            except asyncio.CancelledError:
                if seat.done() and not seat.cancelled():
                    self.leave()
                raise
        try:
            now = loop.time()
            due = max(self._next, now)
            self._next = due + self._interval
            rest = max(self._origin_until, self._routes[route][0] if route in self._routes else 0.0)
            if rest - now > PATIENCE:
                raise TooBusy(f"{route} asked for a rest of {rest - now:.0f} s")
            if (wait := max(due, rest) - now) > 0:
                await asyncio.sleep(wait)
        except BaseException:
            self.leave()
            raise

    def leave(self) -> None:
        """Hand the seat to who waits longest."""
        while self._waiting:
            seat = self._waiting.popleft()
            if not seat.done():
                seat.set_result(None)
                return
        self._free += 1

    def learn(self, route: str, status: int, retry_after: str | None) -> float:
        """What an answer says about the pace; returns the seconds that `route` shall rest."""
        if status not in _SIGNS:
            if self._routes and status < 500:
                self._routes.pop(route, None)
            return 0.0
        now = asyncio.get_running_loop().time()
        times = self._routes.get(route, (0.0, 0))[1] + 1
        asked = float(retry_after) if retry_after and retry_after.strip().isdigit() else None
        rest = asked if asked is not None else min(0.25 * 2**times, 8.0)
        self._routes[route] = (now + rest, times)
        resting = [until for until, _ in self._routes.values() if until > now]
        if len(resting) >= _UNRELATED:
            self._origin_until = min(max(resting), now + PATIENCE)
        return rest

"""How fast requests go out: a rate, a number at once, and backing off where it hurts."""

from __future__ import annotations

import asyncio
import re
import time
from collections import deque
from email.utils import parsedate_to_datetime

PATIENCE = 60.0
"""Seconds: a longer `Retry-After` makes the route incomplete instead of the scan slow."""

_SIGNS = frozenset({429, 503})
_UNRELATED = 3
_LONGEST_PAUSE = 8.0
_SECONDS = re.compile(r"\s*([0-9]{1,9})\s*")


class TooBusy(Exception):
    """The target asked us to stay away for longer than we have patience."""


class Pace:
    """At most `rate` requests a second, at most `concurrency` in flight, for one target.

    A route that answers 429 or 503 is left alone for its `Retry-After` (RFC 9110, 10.2.3),
    or for a pause that doubles; when three unrelated routes do so, the whole target is. When it
    has given no other answer for a minute, nothing is sent to it any more.
    """

    def __init__(self, rate: float, concurrency: int) -> None:
        self._interval = 1.0 / rate if rate > 0 else 0.0
        self._free = concurrency
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._next = 0.0
        self._routes: dict[str, tuple[float, int]] = {}
        self._all_until = 0.0
        self._refused_since: float | None = None

    async def enter(self, route: str) -> None:
        """Wait for a turn on `route`. Raises TooBusy when the target wants a long rest."""
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
            if self._refused_since is not None and now - self._refused_since > PATIENCE:
                raise TooBusy(f"the target has refused every request for {PATIENCE:g} s")
            rest = max(self._all_until, self._routes[route][0] if route in self._routes else 0.0)
            if rest - now > PATIENCE:
                raise TooBusy(f"{route} asked for a rest of {rest - now:.0f} s")
            due = max(self._next, now)
            self._next = due + self._interval
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

    def learn(self, route: str, status: int, retry_after: str | None) -> float | None:
        """What an answer says about the pace: the seconds that `route` shall rest, or None."""
        if status not in _SIGNS:
            self._refused_since = None
            if self._routes and status < 500:
                self._routes.pop(route, None)
            return None
        now = asyncio.get_running_loop().time()
        if self._refused_since is None:
            self._refused_since = now
        times = self._routes.get(route, (0.0, 0))[1] + 1
        asked = _seconds(retry_after)
        rest = asked if asked is not None else min(0.25 * 2.0 ** min(times, 10), _LONGEST_PAUSE)
        self._routes[route] = (now + rest, times)
        resting = [until for until, _ in self._routes.values() if until > now]
        if len(resting) >= _UNRELATED:
            self._all_until = min(max(resting), now + PATIENCE)
        return rest


def _seconds(retry_after: str | None) -> float | None:
    """The value of a Retry-After header, seconds or a date, as seconds from now."""
    if not retry_after:
        return None
    if match := _SECONDS.fullmatch(retry_after):
        return float(match[1])
    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time.time())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None

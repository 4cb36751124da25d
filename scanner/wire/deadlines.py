"""One timer for all requests under way.

A timer per request costs more than the request's parsing; here starting and ending one is a set
operation, and the loop is woken when the first of them is due.
"""

from __future__ import annotations

import asyncio
from typing import Protocol


class Waiting(Protocol):
    """What has a deadline."""

    def due(self) -> float:
        """When it is due, in the loop's time; may move away, never nearer."""
        ...

    def expire(self) -> None:
        """It is due."""
        ...


class Deadlines:
    """Calls `expire` on what is still watched when it is due."""

    __slots__ = ("_loop", "_timer", "_wake", "_watched")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._watched: set[Waiting] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._wake = float("inf")

    def watch(self, one: Waiting) -> None:
        self._watched.add(one)
        due = one.due()
        if due < self._wake:
            self._wake_at(due)

    def forget(self, one: Waiting) -> None:
        self._watched.discard(one)

    def _wake_at(self, when: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._wake = when
        self._timer = self._loop.call_at(when, self._sweep)

    def _sweep(self) -> None:
        self._timer, self._wake = None, float("inf")
        now = self._loop.time()
        for one in [one for one in self._watched if one.due() <= now]:
            self._watched.discard(one)
            one.expire()
        if self._watched:
            self._wake_at(min(one.due() for one in self._watched))

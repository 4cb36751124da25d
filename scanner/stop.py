"""Ending early: by a signal, or because the time is up, with everything found so far kept."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from scanner.contract import Incomplete

T = TypeVar("T")

_GRACE = 2.0
"""Seconds for work that is cancelled; what clings to life longer is left behind."""


class CancelledItself(Exception):
    """Work ended as cancelled although nobody had cancelled it."""


class Stop:
    """Asked to end. The first reason counts; `interrupted` says that a person asked."""

    def __init__(self) -> None:
        self.reason = ""
        self.mend = ""
        self.interrupted = False
        self._event = asyncio.Event()

    def now(self, reason: str, interrupted: bool = False, mend: str = "") -> None:
        """End the scan. Harmless when it is ending already, but that a person may still ask."""
        if not self._event.is_set():
            self.reason, self.mend = reason, mend
            self._event.set()
        self.interrupted = self.interrupted or interrupted

    async def or_done(self, work: Coroutine[Any, Any, T]) -> T:
        """Await `work`. Raises Incomplete with the reason when the scan is stopped first."""
        if self._event.is_set():
            work.close()
            raise Incomplete(self.reason, self.mend)
        task = asyncio.ensure_future(work)
        halt = asyncio.create_task(self._event.wait())
        try:
            await asyncio.wait({task, halt}, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                raise Incomplete(self.reason, self.mend)
            if task.cancelled():
                raise CancelledItself("it ended as cancelled")
            return task.result()
        finally:
            halt.cancel()
            if not task.done():
                task.cancel()
                await asyncio.wait({task}, timeout=_GRACE)
                if task.done() and not task.cancelled():
                    task.exception()  # looked at, so that asyncio does not complain of it

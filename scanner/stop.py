"""Ending early: by a signal, or because the time is up, with everything found so far kept."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from scanner.contract import Incomplete

T = TypeVar("T")


class Stop:
    """Asked to end. The first reason counts; `interrupted` says that a person asked."""

    def __init__(self) -> None:
        self.reason = ""
        self.interrupted = False
        self._event = asyncio.Event()

    def now(self, reason: str, interrupted: bool = False) -> None:
        """End the scan. Harmless when it is ending already."""
        if not self._event.is_set():
            self.reason, self.interrupted = reason, interrupted
            self._event.set()

    async def or_done(self, work: Coroutine[Any, Any, T]) -> T:
        """Await `work`. Raises Incomplete with the reason when the scan is stopped first."""
        task = asyncio.ensure_future(work)
        halt = asyncio.create_task(self._event.wait())
        try:
            await asyncio.wait({task, halt}, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                raise Incomplete(self.reason)
            return task.result()
        finally:
            halt.cancel()
            if not task.done():
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

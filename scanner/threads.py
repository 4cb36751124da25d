"""Blocking work beside the event loop, in threads that nobody has to wait for at the end."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


async def in_thread(work: Callable[[], T]) -> T:
    """What `work` returns, computed in a thread of its own.

    Unlike `asyncio.to_thread`, whose threads both the loop and the interpreter join before they
    end, the thread dies with the process: a name server that is silent, or a check that hangs,
    does not keep an interrupted scan from ending.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if future.done():
            return
        if error is None:
            future.set_result(result)  # type: ignore[arg-type]  # what `work` returned
        elif isinstance(error, StopIteration):
            future.set_exception(RuntimeError("StopIteration was raised"))  # no future carries it
        else:
            future.set_exception(error)

    def run() -> None:
        result, failure = None, None
        try:
            result = work()
        except BaseException as error:
            failure = error
        with suppress(RuntimeError):  # the loop is closed: nobody waits for it any more
            loop.call_soon_threadsafe(settle, result, failure)

    threading.Thread(target=run, name="wallwalk", daemon=True).start()
    return await future

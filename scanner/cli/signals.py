"""Ctrl-C and SIGTERM: the first ends the scan and has its reports written, a second one leaves
at once."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Any

from scanner.cli.codes import INTERRUPTED
from scanner.stop import Stop

_HEEDED = (signal.SIGINT, signal.SIGTERM)
_SAID = b"\nwallwalk: stopping; what was found is being written (again: leave at once)\n"


class Signals:
    """Heeds both signals while the block lasts, the writing of the reports included.

    asyncio's own handlers would end with its loop, before the reports are written.
    """

    def __init__(self) -> None:
        self.interrupted = False
        self._end: Callable[[], object] | None = None
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Signals:
        self._before = {number: signal.signal(number, self._heed) for number in _HEEDED}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def ending(self, stop: Stop) -> None:
        """From now on the first signal asks `stop` to end the scan of the running loop."""
        loop = asyncio.get_running_loop()
        ask = ("the scan was interrupted", True)
        self._end = lambda: loop.call_soon_threadsafe(stop.now, *ask)
        if self.interrupted:
            stop.now(*ask)

    def _heed(self, number: int, frame: FrameType | None) -> None:
        if self.interrupted:
            os._exit(INTERRUPTED)
        self.interrupted = True
        with suppress(OSError):
            os.write(2, _SAID)  # a handler must not touch a stream that it may have interrupted
        if self._end:
            with suppress(RuntimeError):  # the loop has ended: the reports are being written
                self._end()

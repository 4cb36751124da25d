"""One socket, one request at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from scanner.wire.answer import Answer
from scanner.wire.deadlines import Deadlines
from scanner.wire.head import Malformed
from scanner.wire.tls import TlsFacts

_FOREVER = float("inf")


class Broken(Exception):
    """The connection ended before the answer was complete.

    `reset` says that it was broken off rather than closed, `writing` that this was while sending.
    """

    def __init__(self, message: str, *, reset: bool = False, writing: bool = False) -> None:
        super().__init__(message)
        self.reset = reset
        self.writing = writing


class TooSlow(Exception):
    """The answer was not complete in time; `writing` says that the server did not even read."""

    def __init__(self, message: str, *, writing: bool) -> None:
        super().__init__(message)
        self.writing = writing


class Connection(asyncio.Protocol):
    """A connection to one server. It is in `live` from being made until it is closed, and `lost`
    is called when it has ended.

    All times are the loop's, in seconds. `sent_at`, `first_at` and `done_at` tell of the last
    exchange: when its first byte went out, when the first byte of the answer came, when the
    answer was complete.
    """

    __slots__ = (
        "__weakref__",
        "_answer",
        "_deadlines",
        "_done",
        "_gap",
        "_last_at",
        "_live",
        "_loop",
        "_lost",
        "_until",
        "address",
        "closed",
        "done_at",
        "first_at",
        "idle_since",
        "sent_at",
        "tls",
        "transport",
    )

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        deadlines: Deadlines,
        live: set[Connection],
        lost: Callable[[Connection], None],
    ) -> None:
        self._loop = loop
        self._deadlines = deadlines
        self._live = live
        self._lost = lost
        self._answer: Answer | None = None
        self._done: asyncio.Future[None] | None = None
        self._until = self._last_at = 0.0
        self._gap = _FOREVER
        self.sent_at = self.first_at = self.done_at = self.idle_since = 0.0
        self.address: tuple[str, int] = ("", 0)
        self.tls: TlsFacts | None = None
        self.closed = False
        self.transport: asyncio.Transport

    async def exchange(
        self, data: bytes, answer: Answer, *, until: float, gap: float = _FOREVER
    ) -> None:
        """Sends `data` and reads until `answer` is complete.

        `until` is the time at which it must be, `gap` the longest silence in seconds. Raises
        Broken, TooSlow and Malformed; after these, and when cancelled, the connection is closed.
        """
        if self.closed:
            raise Broken("the server closed the connection")
        self._answer = answer
        self._until, self._gap = until, gap
        done = self._done = self._loop.create_future()
        self.first_at = 0.0
        self.sent_at = self._last_at = self._loop.time()
        self.transport.write(data)
        self._deadlines.watch(self)
        try:
            await done
        except BaseException:
            self.abort()
            raise
        finally:
            self._deadlines.forget(self)
            self._answer = self._done = None

    def abort(self) -> None:
        """Closes the connection at once."""
        self.closed = True
        self._live.discard(self)
        self.transport.abort()

    @property
    def has_sent_all(self) -> bool:
        return self.transport.get_write_buffer_size() == 0

    def due(self) -> float:
        return min(self._until, self._last_at + self._gap)

    def expire(self) -> None:
        answer = self._answer
        if answer is not None and answer.is_event_stream:
            answer.cut_here()
            self._finish()
            return
        begun = answer is not None and answer.begun
        what = "the answer was not complete in time" if begun else "no answer in time"
        self._fail(TooSlow(what, writing=not self.has_sent_all))

    # what asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._live.add(self)
        self.transport = transport  # type: ignore[assignment]  # asyncio's own signature is wider

    def data_received(self, data: bytes) -> None:
        answer, done = self._answer, self._done
        if answer is None or done is None or done.done():
            # nobody asked: an answer to an idle connection, or more than one to a request
            self.abort()
            return
        now = self._last_at = self._loop.time()
        if not self.first_at:
            self.first_at = now
        try:
            if answer.feed(data):
                self._finish()
        except Malformed as error:
            self._fail(error)

    def eof_received(self) -> None:
        self._end(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self._live.discard(self)
        self._end(exc)
        self._lost(self)

    def _end(self, exc: Exception | None) -> None:
        self.closed = True
        answer, done = self._answer, self._done
        if answer is None or done is None or done.done():
            return
        if exc is None and answer.ended():
            self._finish()
            return
        writing = isinstance(exc, BrokenPipeError)
        what = "closed" if exc is None else "reset"
        part = "before the answer was complete" if answer.begun else "without an answer"
        message = f"the server {what} the connection {part}"
        self._fail(Broken(message, reset=exc is not None, writing=writing))

    def _finish(self) -> None:
        if self._done is not None and not self._done.done():
            self.done_at = self._loop.time()
            self._done.set_result(None)

    def _fail(self, error: Exception) -> None:
        if self._done is not None and not self._done.done():
            self._done.set_exception(error)

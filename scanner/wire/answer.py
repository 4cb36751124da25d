"""One answer as it comes in."""

from __future__ import annotations

import re

from scanner.wire.decode import Body
from scanner.wire.framing import Framing, frame
from scanner.wire.head import MAX_HEAD, Head, Malformed, parse_head, quoted

_END_OF_HEAD = re.compile(rb"\n\r?\n")
_BEGIN = b"HTTP/"
_OVERHEAD = 8  # bytes on the wire for one byte of the cap: chunks of one byte need six


class Answer:
    """Reads one answer: interim answers are skipped, 101 is taken as final.

    `asked_head` says that the request was a HEAD, `tunnel` that it was a CONNECT, whose 2xx
    answer has no body; `cap` is the greatest body in bytes, decoded. After `feed` or `ended`
    have returned True, `head`, `body` and the rest stay as they are.
    """

    __slots__ = (
        "_cap",
        "_framing",
        "_head_size",
        "_held",
        "_no_body",
        "_size",
        "_tunnel",
        "body",
        "cut",
        "head",
        "keep",
    )

    def __init__(self, *, asked_head: bool, cap: int, tunnel: bool = False) -> None:
        self._no_body = asked_head
        self._tunnel = tunnel
        self._cap = cap
        self._held = b""
        self._head_size = 0
        self._size = 0
        self._framing: Framing | None = None
        self.head: Head | None = None
        self.body: Body | None = None
        self.cut = False
        self.keep = False

    def feed(self, data: bytes) -> bool:
        """Takes received bytes, says whether the answer is complete. Raises Malformed."""
        self._size += len(data)
        framing, body = self._framing, self.body
        while framing is None or body is None:
            end = self._find_end(data)
            if end < 0:
                return False
            whole = self._held + data if self._held else data
            head, data = parse_head(whole[:end]), whole[end:]
            self._held = b""
            if head.status >= 200 or head.status == 101:
                framing, body = self._begin(head)
            else:
                self._head_size += end
                if not data:
                    return False
        return self._take(framing, body, data)

    def ended(self) -> bool:
        """The connection has ended: says whether that completes the answer."""
        if self._framing is None or not self._framing.ends_at_close:
            return False
        self._finish()
        return True

    def cut_here(self) -> None:
        """Ends the answer where it is, as cut."""
        self.cut = True
        self._finish()

    @property
    def begun(self) -> bool:
        """Whether anything at all has come in."""
        return self._size > 0

    @property
    def is_event_stream(self) -> bool:
        """Whether this is a stream of server-sent events, which has no end by design."""
        return self.head is not None and any(
            name.lower() == b"content-type" and value.lower().startswith(b"text/event-stream")
            for name, value in self.head.headers
        )

    def _find_end(self, data: bytes) -> int:
        """The length of the whole head at the front of what is held and `data`, or -1."""
        held = len(self._held)
        whole = self._held + data if held else data
        start = whole[:64].lstrip(b"\r\n")[:5]
        if not _BEGIN.startswith(start.upper()):
            raise Malformed(f"the answer is not HTTP, it begins with {quoted(whole)}")
        skip = len(whole[:64]) - len(whole[:64].lstrip(b"\r\n"))
        match = _END_OF_HEAD.search(whole, max(skip, held - 2))
        end = match.end() if match else len(whole)
        if self._head_size + end > MAX_HEAD:
            raise Malformed(f"the head of the answer is longer than {MAX_HEAD} bytes")
        if match:
            return end
        self._held = whole
        return -1

    def _begin(self, head: Head) -> tuple[Framing, Body]:
        no_body = self._no_body or (self._tunnel and 200 <= head.status < 300)
        framing, self.keep, codings = frame(head, asked_head=no_body)
        body = Body(codings, self._cap)
        self.head, self.body, self._framing = head, body, framing
        return framing, body

    def _take(self, framing: Framing, body: Body, data: bytes) -> bool:
        if framing.done:
            self.keep = self.keep and not data
            return self._finish()
        if data:
            body.add(framing.feed(data))
            if framing.broken:
                body.repaired.append(f"the body breaks off ({framing.broken})")
                self.cut = True
            if body.full or self._size > _OVERHEAD * self._cap + MAX_HEAD:
                self.cut = True
        if self.cut or framing.done:
            self.keep = self.keep and not self.cut and not framing.extra
            return self._finish()
        return False

    def _finish(self) -> bool:
        if self.body is not None and not self.cut:
            self.body.close()
        self.keep = self.keep and not self.cut
        return True

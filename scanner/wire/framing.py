"""Where the body of an answer ends (RFC 9112, section 6.3), and how much we trust that."""

from __future__ import annotations

import re
from typing import Protocol

from scanner.wire.head import Head, quoted

_MAX_CHUNK_LINE = 8 * 1024
_MAX_TRAILERS = 64 * 1024
_SIZE = re.compile(rb"[0-9A-Fa-f]{1,16}")


class Framing(Protocol):
    """Takes received bytes and gives back those of the body."""

    done: bool  # the body is complete
    extra: bool  # bytes followed the complete body
    ends_at_close: bool  # the end of the connection completes the body
    broken: str  # why the rest of the body could not be read; empty: it could

    def feed(self, data: bytes) -> bytes: ...


class Sized:
    """A body of a known number of bytes, also of none."""

    __slots__ = ("done", "extra", "left")
    ends_at_close = False
    broken = ""

    def __init__(self, length: int) -> None:
        self.left = length
        self.done = length == 0
        self.extra = False

    def feed(self, data: bytes) -> bytes:
        left = self.left
        if len(data) < left:
            self.left = left - len(data)
            return data
        self.done = True
        self.left = 0
        if len(data) == left:
            return data
        self.extra = True
        return data[:left]


class UntilClose:
    """A body that ends with the connection."""

    __slots__ = ()
    done = False
    extra = False
    ends_at_close = True
    broken = ""

    def feed(self, data: bytes) -> bytes:
        return data


class Chunked:
    """A body in chunks (RFC 9112, section 7.1). Chunk extensions and trailers are left out.

    Line ends may be bare LF, and the one behind a chunk's data may be absent.
    """

    __slots__ = ("_held", "_in_trailers", "_left", "_trailers", "broken", "done", "extra")
    ends_at_close = False

    def __init__(self) -> None:
        self._held = b""  # an unfinished line
        self._left = 0  # bytes of the present chunk that are still to come
        self._in_trailers = False
        self._trailers = 0
        self.done = False
        self.extra = False
        self.broken = ""

    def feed(self, data: bytes) -> bytes:
        data = self._held + data if self._held else data
        self._held = b""
        pieces: list[bytes] = []
        at, end = 0, len(data)
        while at < end and not self.done:
            if self._left:
                piece = data[at : at + self._left]
                pieces.append(piece)
                self._left -= len(piece)
                at += len(piece)
                continue
            stop = data.find(b"\n", at)
            if stop < 0:
                self._held = data[at:]
                if len(self._held) > _MAX_CHUNK_LINE:
                    self._break("a chunk's size line is too long")
                break
            self._line(data[at:stop].rstrip(b"\r"))
            at = stop + 1
        self.extra = self.done and at < end
        return b"".join(pieces) if len(pieces) != 1 else pieces[0]

    def _line(self, line: bytes) -> None:
        if self._in_trailers:
            self._trailers += len(line) + 2
            if not line:
                self.done = True
            elif self._trailers > _MAX_TRAILERS:
                self._break("the trailers are too long")
            return
        if not line:
            return  # behind the data of a chunk
        size = line.partition(b";")[0].strip()
        # int() alone would also take "+1", "0x1" and "1_0"
        length = int(size, 16) if _SIZE.fullmatch(size) else None
        if length is None:
            self._break(f"a chunk's size can't be read: {quoted(size)}")
        elif length == 0:
            self._in_trailers = True
        else:
            self._left = length

    def _break(self, why: str) -> None:
        self.broken = why
        self.done = True


def frame(head: Head, *, asked_head: bool) -> tuple[Framing, bool, list[bytes]]:
    """Says how the body behind `head` is framed, whether the connection may be used again
    afterwards, and which codings it carries, in the order they were applied.

    Contradictions are decided as RFC 9112, section 6.3 says, added to `head.repaired`, and
    such a connection is not used again.
    """
    lengths: list[bytes] = []
    transfers: list[bytes] = []
    codings: list[bytes] = []
    options: list[bytes] = []
    for name, value in head.headers:
        match name.lower():
            case b"content-length":
                lengths += [part.strip() for part in value.split(b",")]
            case b"transfer-encoding":
                transfers += _words(value)
            case b"content-encoding":
                codings += _words(value)
            case b"connection":
                options += _words(value)
    body: Framing = Sized(0)
    has_body = not asked_head and head.status >= 200 and head.status not in (204, 304)
    if has_body:
        body = _body(head, lengths, transfers)
        codings += [word for word in transfers if word not in (b"chunked", b"identity")]
    if head.refused and not head.repaired:
        head.repaired.append(f"the head is not well-formed ({head.refused})")
    keep = (
        b"close" not in options
        and (head.version == "1.1" or b"keep-alive" in options)
        and head.status >= 200
        and not head.repaired
        and not body.ends_at_close
    )
    return body, keep, codings if has_body else []


def _body(head: Head, lengths: list[bytes], transfers: list[bytes]) -> Framing:
    if transfers:
        if lengths:
            head.repaired.append("Content-Length beside Transfer-Encoding was ignored")
        if transfers.count(b"chunked") > 1:
            head.repaired.append("Transfer-Encoding says chunked more than once")
        if b"chunked" in transfers:
            return Chunked()
        if transfers != [b"identity"] or not lengths:
            return UntilClose()
    if not lengths:
        return UntilClose()
    if len(set(lengths)) > 1:
        head.repaired.append("several Content-Length with different values, the first one holds")
    elif len(lengths) > 1:
        head.repaired.append("Content-Length is given more than once")
    if not lengths[0].isdigit() or len(lengths[0]) > 18:
        head.repaired.append(f"Content-Length can't be read: {quoted(lengths[0])}")
        return UntilClose()
    return Sized(int(lengths[0]))


def _words(value: bytes) -> list[bytes]:
    return [word for part in value.lower().split(b",") if (word := part.strip())]

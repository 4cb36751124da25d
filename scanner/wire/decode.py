"""Content codings (RFC 9110, section 8.4.1), undone piece by piece and never beyond a cap.

A few kilobytes can unfold to gigabytes (CWE-409), so every layer is asked for small pieces and
stops at the cap, in the middle of what it was fed if need be.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Protocol

import brotli

MAX_LAYERS = 4
_PIECE = 64 * 1024


class Undecodable(Exception):
    """A coding could not be undone; the message says which one and why."""


class _Layer(Protocol):
    def pieces(self, data: bytes) -> Iterator[bytes]: ...
    def whole(self) -> bool: ...


class _Zlib:
    """gzip (several members too), and deflate both as zlib and, as some servers send it, raw."""

    def __init__(self, bits: int | None) -> None:
        self._bits = bits
        self._stream = None if bits is None else zlib.decompressobj(bits)
        self._start = b""

    def pieces(self, data: bytes) -> Iterator[bytes]:
        if self._stream is None:
            self._start += data
            if len(self._start) < 2:
                return
            data, self._start = self._start, b""
            has_header = data[0] & 15 == 8 and int.from_bytes(data[:2]) % 31 == 0
            self._bits = zlib.MAX_WBITS if has_header else -zlib.MAX_WBITS
            self._stream = zlib.decompressobj(self._bits)
        while True:
            stream = self._stream
            try:
                piece = stream.decompress(data, _PIECE)
            except zlib.error as error:
                raise Undecodable(str(error)) from None
            if piece:
                yield piece
            if stream.eof:
                data = stream.unused_data
                if self._bits != 31 or not data.startswith(b"\x1f\x8b"):
                    return  # what follows the end belongs to nobody
                self._stream = zlib.decompressobj(31)
            else:
                data = stream.unconsumed_tail
                if not data and len(piece) < _PIECE:
                    return

    def whole(self) -> bool:
        return self._stream is not None and self._stream.eof


class _Brotli:
    def __init__(self) -> None:
        self._stream = brotli.Decompressor()

    def pieces(self, data: bytes) -> Iterator[bytes]:
        stream = self._stream
        while not stream.is_finished():
            try:
                piece = stream.process(data, output_buffer_limit=_PIECE)
            except brotli.error as error:
                raise Undecodable(str(error)) from None
            if piece:
                yield piece
            if stream.can_accept_more_data():
                return
            data = b""

    def whole(self) -> bool:
        return bool(self._stream.is_finished())


class Body:
    """Collects one body.

    `codings` are the names of the codings in the order they were applied, `cap` the number of
    bytes at which it stops, for what is received as for what each layer unfolds to. `full` says
    that the cap was reached and left something out; `repaired` what could not be decoded.
    """

    __slots__ = (
        "_cap",
        "_layers",
        "_names",
        "_parts",
        "_raw",
        "_received",
        "_sizes",
        "full",
        "repaired",
    )

    def __init__(self, codings: list[bytes], cap: int) -> None:
        self._cap = cap
        self._parts: list[bytes] = []
        self._raw: list[bytes] = []  # what came before anything could be decoded
        self._received = 0
        self.full = False
        self.repaired: list[str] = []
        self._layers: list[_Layer] = []
        self._names: list[str] = []
        if codings:
            self._open(codings)
        self._sizes = [0] * len(self._layers)

    def _open(self, codings: list[bytes]) -> None:
        wanted = [name for name in reversed(codings) if name != b"identity"]
        if len(wanted) > MAX_LAYERS:
            self.repaired.append(f"more than {MAX_LAYERS} codings: the body is left encoded")
            return
        for name in wanted:
            text = name[:20].decode("ascii", "backslashreplace")
            match name:
                case b"gzip" | b"x-gzip":
                    self._layers.append(_Zlib(31))
                case b"deflate":
                    self._layers.append(_Zlib(None))
                case b"br":
                    self._layers.append(_Brotli())
                case _:
                    self.repaired.append(f"coding {text!r} is not known: the body is left in it")
                    return
            self._names.append(text)

    def add(self, data: bytes) -> None:
        """Takes bytes of the body as received. Does nothing once `full`."""
        if self.full:
            return
        room = self._cap - self._received
        self._received += len(data)
        if len(data) > room:
            data = data[:room]
        if self._layers:
            self._decode(data)
        elif data:
            self._parts.append(data)
        if self._received > self._cap:
            self.full = True

    def value(self) -> bytes:
        """The body so far."""
        return self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)

    def close(self) -> None:
        """Says that nothing more comes: notes what ended too early."""
        if not self._received or self.full:
            return
        broken = [
            name
            for name, layer in zip(self._names, self._layers, strict=False)
            if not layer.whole()
        ]
        if broken and not self._parts:
            self._leave_encoded()
        elif broken:
            self.repaired.append(f"the {broken[0]} data ends too early")

    def _decode(self, data: bytes) -> None:
        if not self._parts:
            self._raw.append(data)
        try:
            self._unfold(data, 0)
        except Undecodable as error:
            if not self._parts:
                self._leave_encoded()
                return
            self.repaired.append(f"the encoded body breaks off ({error})")
            self.full = True
        if self._parts:
            self._raw.clear()

    def _leave_encoded(self) -> None:
        """A server that says gzip and sends plain text is common."""
        self.repaired.append(f"the body is not {', '.join(self._names)}: left as it came")
        self._parts, self._raw, self._layers = self._raw, [], []

    def _unfold(self, data: bytes, depth: int) -> None:
        if depth == len(self._layers):
            self._parts.append(data)
            return
        for piece in self._layers[depth].pieces(data):
            room = self._cap - self._sizes[depth]
            self._sizes[depth] += len(piece)
            self._unfold(piece if len(piece) <= room else piece[:room], depth + 1)
            if len(piece) > room:
                self.full = True
            if self.full:
                return

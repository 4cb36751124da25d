"""Answers kept on disk while a target is scanned, and given back one at a time."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

import httpx

from scanner.contract import Incomplete
from scanner.site.answer import Seen, seen
from scanner.wire.response import WholeResponse

_TABLES = """
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    CREATE TABLE heads (id INTEGER PRIMARY KEY, head TEXT NOT NULL);
    CREATE TABLE bodies (id INTEGER PRIMARY KEY, body BLOB NOT NULL);
"""


class Spool:
    """Answers in the order in which they came, in a file that has no name and dies with us."""

    def __init__(self) -> None:
        # An empty name is SQLite's own temporary file: nobody else can open it, and what was
        # seen of the target is gone even when this process is killed.
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.executescript(_TABLES)
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def add(self, response: httpx.Response) -> None:
        """Keep `response`. Raises Incomplete when the disk is full."""
        number = self._size + 1
        try:
            self._database.execute("INSERT INTO bodies VALUES (?, ?)", (number, _packed(response)))
            self._database.execute("INSERT INTO heads VALUES (?, ?)", (number, _head(response)))
        except sqlite3.OperationalError as error:
            raise Incomplete(
                f"answers could not be kept: {error}", "free some space in TMPDIR"
            ) from None
        self._size = number

    def __iter__(self) -> Iterator[httpx.Response]:
        """Every answer, built anew. Its body is read from the disk when it is asked for."""
        for number in range(1, self._size + 1):
            row = self._database.execute(
                "SELECT head FROM heads WHERE id = ?", (number,)
            ).fetchone()
            yield _Kept(json.loads(row[0]), lambda number=number: self._body(number))  # type: ignore[misc]

    def _body(self, number: int) -> bytes:
        query = "SELECT body FROM bodies WHERE id = ?"
        return zlib.decompress(self._database.execute(query, (number,)).fetchone()[0])

    def close(self) -> None:
        self._database.close()


class _Kept(WholeResponse):
    """An answer from the spool, as `Site.send` gave it but for what the wire knew of TLS."""

    def __init__(self, head: dict[str, Any], body: Callable[[], bytes]) -> None:
        extensions = {k: head[k].encode("latin-1") for k in ("reason_phrase", "http_version")}
        sight = head["seen"]
        headers = tuple((name, value) for name, value in sight.pop("headers"))
        extensions |= {k: head[k] for k in ("cut", "elapsed")}
        extensions["repaired"] = tuple(head["repaired"])
        extensions["seen"] = Seen(**sight, headers=headers)
        super().__init__(head["status"], _raw(head["headers"]), b"", _KeptRequest(head), extensions)
        self._load: Callable[[], bytes] | None = body

    @property
    def content(self) -> bytes:
        """The decoded body."""
        if self._load is not None:
            self._content, self._load = self._load(), None
        return self._content


class _KeptRequest(httpx.Request):
    """A request from the spool, made as far as it is looked at: reading its URL takes longer
    than all the rest of an answer, and few checks ask for it."""

    def __init__(self, head: dict[str, Any]) -> None:
        self.method = head["method"]
        self.extensions = {"target": head["line"].encode("latin-1")}
        self.stream = httpx.ByteStream(b"")
        self._content = b""
        self._head = head

    @cached_property
    def url(self) -> httpx.URL:  # type: ignore[override]
        return httpx.URL(self._head["url"])

    @cached_property
    def headers(self) -> httpx.Headers:  # type: ignore[override]
        return httpx.Headers(_raw(self._head["sent"]))


def _packed(response: httpx.Response) -> bytes:
    return zlib.compress(response.content, 1)


def _head(response: httpx.Response) -> str:
    request, sight, facts = response.request, seen(response), response.extensions
    return json.dumps(
        {
            "status": response.status_code,
            "headers": _text(response.headers),
            "method": request.method,
            "url": str(request.url),
            "line": request.extensions.get("target", b"").decode("latin-1"),
            "sent": _text(request.headers),
            "seen": {name: getattr(sight, name) for name in Seen.__slots__},
            "reason_phrase": facts.get("reason_phrase", b"").decode("latin-1"),
            "http_version": facts.get("http_version", b"HTTP/1.1").decode("latin-1"),
            "cut": bool(facts.get("cut")),
            "elapsed": facts.get("elapsed", 0.0),
            "repaired": list(facts.get("repaired", ())),
        }
    )


def _text(headers: httpx.Headers) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers.raw]


def _raw(headers: list[list[str]]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]

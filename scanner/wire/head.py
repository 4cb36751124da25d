"""The head of an answer: status line and header lines.

The C parser (llhttp, through httptools) is used as strict as it comes: with its leniencies on it
would mend bare line feeds or contradicting lengths without a word, and we could not say so. What
it refuses goes to the splitter below, which says what it mended.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

MAX_HEAD = 256 * 1024
"""Bytes of the heads of one answer, interim answers (1xx) included."""
MAX_HEADERS = 256
"""Header lines of one head."""

_STATUS_LINE = re.compile(rb"HTTP/(\d{1,3}(?:\.\d{1,3})?)[ \t]*[ \t](\d{3})(?!\d)(.*)", re.I | re.S)
_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


class Malformed(Exception):
    """What came in can't be read as an HTTP answer; the message says what is wrong with it."""


@dataclass(slots=True)
class Head:
    """A parsed head. `version` is what follows `HTTP/`; names and values are as received;
    `refused` is why the C parser would not have it, `repaired` what we mended."""

    version: str
    status: int
    reason: bytes
    headers: list[tuple[bytes, bytes]]
    repaired: list[str]
    refused: str = ""


class _Lines:
    """What the C parser calls."""

    __slots__ = ("headers", "reason")

    def __init__(self) -> None:
        self.headers: list[tuple[bytes, bytes]] = []
        self.reason = b""

    def on_status(self, reason: bytes) -> None:
        self.reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name, value.strip()))


def parse_head(data: bytes) -> Head:
    """Parses one whole head, its empty last line included.

    Raises Malformed when it has no status line or too many header lines.
    """
    lines = _Lines()
    parser = HttpResponseParser(lines)
    try:
        parser.feed_data(data)
    except HttpParserUpgrade:
        pass  # 101: the rest of the connection is not HTTP, the head is whole
    except HttpParserError as refusal:
        return _checked(_split_head(data, str(refusal)))
    status = parser.get_status_code()
    repaired = ["empty lines before the status line"] if data[:1] != b"H" else []
    return _checked(Head(parser.get_http_version(), status, lines.reason, lines.headers, repaired))


def quoted(data: bytes, limit: int = 40) -> str:
    """Bytes of a server as printable text for a message: escaped and cut."""
    return repr(data[:limit])[1:] + ("…" if len(data) > limit else "")


def _checked(head: Head) -> Head:
    if len(head.headers) > MAX_HEADERS:
        raise Malformed(f"the answer has more than {MAX_HEADERS} header lines")
    if head.status < 100:
        raise Malformed(f"the answer has the status {head.status:03}")
    return head


def _split_head(data: bytes, refusal: str) -> Head:
    """The tolerant way: takes what can be taken and says what was wrong."""
    repaired: list[str] = []
    if data[:1] in (b"\r", b"\n"):
        repaired.append("empty lines before the status line")
    text = data.strip(b"\r\n")
    if text.count(b"\n") != text.count(b"\r\n") or not data.endswith(b"\r\n\r\n"):
        repaired.append("lines end with LF instead of CRLF")
    first, *rest = re.split(rb"\r?\n", text)
    match = _STATUS_LINE.fullmatch(first)
    if match is None:
        raise Malformed(f"the answer does not begin with a status line but with {quoted(first)}")
    headers: list[tuple[bytes, bytes]] = []
    for line in rest:
        _take_line(line, headers, repaired)
        if len(headers) > MAX_HEADERS:
            break
    version, status, reason = match.groups()
    notes = list(dict.fromkeys(repaired))
    return Head(version.decode(), int(status), reason.strip(), headers, notes, refusal.lower())


def _take_line(line: bytes, headers: list[tuple[bytes, bytes]], repaired: list[str]) -> None:
    if line[:1] in (b" ", b"\t"):
        if headers:
            name, value = headers[-1]
            headers[-1] = (name, (value + b" " + line.strip()).strip())
            repaired.append(f"header {quoted(name)} is folded over several lines")
        else:
            repaired.append("a continuation line before the first header was left out")
        return
    name, colon, value = line.partition(b":")
    value = value.strip()
    if not colon or not name.strip():
        repaired.append(f"a line that is no header was left out: {quoted(line)}")
        return
    if name != name.rstrip():
        name = name.rstrip()
        repaired.append(f"space between the name {quoted(name)} and its colon")
    if not _TOKEN.fullmatch(name):
        repaired.append(f"header name with forbidden characters: {quoted(name)}")
    if _CONTROL.search(value):
        repaired.append(f"control characters in the value of {quoted(name)}")
    headers.append((name, value))

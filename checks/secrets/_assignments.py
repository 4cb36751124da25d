"""Secrets that are told by their place: behind a name that says so, or in an address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from checks.secrets._values import is_reference, is_secret_value, names_secret

LONGEST_LINE = 2_000
"""Characters. Nobody writes longer lines by hand: they are minified code, data and pictures."""

_HINTS = (
    b"pass",
    b"pwd",
    b"secret",
    b"token",
    b"key",
    b"credential",
    b"authorization",
    b"://",
    b"curl",
)
# A name, perhaps in quotes or brackets, what gives it a value, and a literal.
_QUOTED = re.compile(
    r"""
    (?<![\w.-])(?P<name>[A-Za-z_][\w.-]{1,80}+)
    (?P<after>\\?["'`\])?]*+)
    (?:\s*+:\s*+[A-Za-z][\w.\[\]<>| ]{0,40}?(?=\s*=))?        # a type
    \s*+(?:={1,3}|:=|=>|:|,(?:\s*+default\s*+=)?+|\|\||\?\?|!=|!==)\s*+
    (?:[rbuf]{1,2}(?=["']))?+\\?(?P<quote>["'`])(?P<value>[^"'`\\\s]{8,300}+)\\?(?P=quote)
    """,
    re.VERBOSE | re.ASCII,
)
_BARE = re.compile(
    r"""
    ^\s*+(?:export\s++|set\s++|-\s++)?+["']?+(?P<name>[A-Za-z_][\w.-]{1,80}+)["']?+
    \s*+(?:=|:\s)\s*+(?P<value>[^\s"'`]{8,300}+)\s*+(?:[\#;].*)?$
    """,
    re.VERBOSE | re.ASCII,
)
_ELEMENT = re.compile(r"<(?P<name>[A-Za-z][\w.-]{1,60}+)>(?P<value>[^<>\s]{8,300}+)</", re.ASCII)
_FIELD = re.compile(
    r"[;?&\"'](?P<name>password|pwd|accountkey|sharedaccesskey)\s?=\s?(?P<value>[^;&\"'\s]{8,200}+)",
    re.IGNORECASE | re.ASCII,
)
_ADDRESS = re.compile(
    r"://(?P<user>[^\s/:@\"'<>]{0,80}+):(?P<value>[^\s/,@\"'`<>]{3,200}+)@(?P<host>[\w.-]++|\[|\$)",
    re.ASCII,
)
_BEARER = re.compile(
    r"\bauthorization[\"'\\]*+\s*+[:=,]\s*+[\"'`]?+(?:bearer|basic|token)\s++"
    r"(?P<value>[\w.~+/=-]{16,400}+)",
    re.IGNORECASE | re.ASCII,
)
_ATTRIBUTE = re.compile(
    r"\b(?:name|key)\s?=\s?[\"'](?P<name>[\w.:-]{2,80}+)[\"']\s++value\s?=\s?"
    r"[\"'](?P<value>[^\"'<>\s]{8,300}+)[\"']",
    re.ASCII,
)
_USER = re.compile(
    r"(?<!\S)(?:-u|--user)[ =]?[\"']?+(?P<name>[\w.@-]{1,60}+):(?P<value>[^\s\"'`]{8,200}+)",
    re.ASCII,
)
_COMMAND = re.compile(
    r"(?<![\w-])--?(?P<name>[A-Za-z][\w-]{2,40}+)[= ](?P<value>[^\s\"'`;|&<>]{8,200}+)", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Held:
    """A secret by its place: `name` is what holds it, `start` where it begins in the line."""

    name: str
    secret: str
    start: int
    in_address: bool = False


def hinted(text: str) -> list[int]:
    """The numbers, from 1, of the lines that are worth looking into."""
    data = text.encode("utf-8", "surrogatepass").lower()
    starts: set[int] = set()
    for hint in _HINTS:
        at = data.find(hint)
        while at >= 0:
            starts.add(data.rfind(b"\n", 0, at) + 1)
            end = data.find(b"\n", at)
            at = data.find(hint, end) if end >= 0 else -1
    numbers, number, last = [], 1, 0
    for start in sorted(starts):
        number += data.count(b"\n", last, start)
        numbers.append(number)
        last = start
    return numbers


def in_address(line: str) -> Iterator[Held]:
    """Passwords in addresses: `postgres://user:password@host`, and in fields behind a server."""
    for match in _ADDRESS.finditer(line):
        password = match["value"]
        if not is_reference(password) and is_secret_value("password", unquote(password)):
            user = match["user"]
            # A user called as the password is a sample, or has a secret that is a name.
            if password != user:
                yield Held("", password, match.start("value"), in_address=True)
    for match in _FIELD.finditer(line):
        if is_secret_value("password", match["value"]):
            yield Held(match["name"], match["value"], match.start("value"), in_address=True)


def assigned(line: str, *, bare: bool) -> Iterator[Held]:
    """Secrets that a name in the line is set to; `bare` where values need no quotes."""
    patterns = [_QUOTED, _ELEMENT, _ATTRIBUTE]
    if bare:
        patterns.append(_BARE)
    if " -" in line:
        patterns.append(_COMMAND)
    for pattern in patterns:
        for match in pattern.finditer(line):
            name, value = match["name"], match["value"]
            if names_secret(name) and is_secret_value(name, value) and not _is_call(match):
                yield Held(name, value, match.start("value"))
    for match in _BEARER.finditer(line):
        if is_secret_value("token", match["value"]):
            yield Held("Authorization", match["value"], match.start("value"))
    for match in _USER.finditer(line) if "curl" in line else ():
        if is_secret_value("password", match["value"]):
            yield Held(f"user {match['name']}", match["value"], match.start("value"))


def _is_call(match: re.Match[str]) -> bool:
    """A comma stands between a name and its value only where the name is a literal itself."""
    between = match.string[match.end("name") : match.start("value")]
    return "," in between and not between.lstrip("\\").startswith(("'", '"', "`"))

"""Secrets that are told by their place: behind a name that says so, or in an address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from checks.secrets._values import is_reference, is_secret_value, names_secret

LONGEST_LINE = 2_000
"""Characters. Nobody writes longer lines by hand: they are minified code, data and pictures."""

_HINT = re.compile(
    r"pass|pwd|secret|token|key|credential|authorization|bearer|\bpw\b", re.IGNORECASE | re.ASCII
)
# A name, perhaps in quotes or brackets, what gives it a value, and a literal.
_QUOTED = re.compile(
    r"""
    (?<![\w.-])(?P<name>[A-Za-z_][\w.-]{1,80}+)
    (?P<after>\\?["'`\])?]*+)
    (?:\s*+:\s*+[A-Za-z][\w.\[\]<>| ]{0,40}?(?=\s*=))?        # a type
    \s*+(?:={1,3}|:=|=>|:|,|\|\||\?\?|!=|!==)\s*+
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
    r"://(?P<user>[^\s/:@\"'<>]{0,80}+):(?P<value>[^\s/@\"'`<>]{3,200}+)@(?P<host>[\w.-]++|\[|\$)",
    re.ASCII,
)
_BEARER = re.compile(
    r"\bauthorization[\"'\\]*+\s*+[:=,]\s*+[\"'`]?+(?:bearer|basic|token)\s++"
    r"(?P<value>[\w.~+/=-]{16,400}+)",
    re.IGNORECASE | re.ASCII,
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


def hinted(line: str) -> bool:
    """Whether it is worth looking into the line."""
    return _HINT.search(line) is not None


def in_address(line: str) -> Iterator[Held]:
    """Passwords in addresses: `postgres://user:password@host`, and in fields behind a server."""
    for match in _ADDRESS.finditer(line):
        password = match["value"]
        if not is_reference(password) and is_secret_value("password", password):
            user = match["user"]
            # A user called as the password is a sample, or has a secret that is a name.
            if password != user:
                yield Held("", password, match.start("value"), in_address=True)
    for match in _FIELD.finditer(line):
        if is_secret_value("password", match["value"]):
            yield Held(match["name"], match["value"], match.start("value"), in_address=True)


def assigned(line: str, *, bare: bool) -> Iterator[Held]:
    """Secrets that a name in the line is set to; `bare` where values need no quotes."""
    for pattern in (_QUOTED, _ELEMENT, *((_BARE,) if bare else ()), *_shell(line)):
        for match in pattern.finditer(line):
            name, value = match["name"], match["value"]
            if names_secret(name) and is_secret_value(name, value) and not _is_call(match):
                yield Held(name, value, match.start("value"))
    for match in _BEARER.finditer(line):
        if is_secret_value("token", match["value"]):
            yield Held("Authorization", match["value"], match.start("value"))


def _shell(line: str) -> tuple[re.Pattern[str], ...]:
    return (_COMMAND,) if " -" in line else ()


def _is_call(match: re.Match[str]) -> bool:
    """A comma stands between a name and its value only where the name is a literal itself."""
    between = match.string[match.end("name") : match.start("value")]
    return "," in between and not between.lstrip("\\").startswith(("'", '"', "`"))

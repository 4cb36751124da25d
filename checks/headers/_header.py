"""The value of a header, lines and all, and the expectation that it comes again."""

from __future__ import annotations

import re

import httpx

from scanner import HeaderAbsent, HeaderMatches


def values(response: httpx.Response, name: str) -> list[str]:
    """The header's values, of all its lines, in order: most headers are lists for browsers."""
    lines = response.headers.get_list(name)
    return [value.strip(" \t") for line in lines for value in line.split(",")]


def as_seen(response: httpx.Response, name: str, *, line: int = 0) -> HeaderAbsent | HeaderMatches:
    """That the header is absent again, or that this line of it comes again as it was."""
    lines = response.headers.get_list(name)
    if not lines:
        return HeaderAbsent(name)
    return HeaderMatches(name, rf"^{re.escape(lines[line])}$")

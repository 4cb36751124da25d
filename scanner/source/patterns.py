"""Globs as .gitignore has them, for choosing files by path."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache


class Patterns:
    """A set of globs that a path, relative to the scan root, matches or not.

    As in .gitignore: a glob without a slash names a file or folder at any depth, one with a
    slash starts at the root, `**` crosses folders, a trailing slash means a folder, and what
    matches a folder matches everything in it. There is no negation.
    """

    def __init__(self, globs: Iterable[str]) -> None:
        self.globs = tuple(globs)
        joined = "|".join(_regex(glob) for glob in self.globs)
        self._matches = re.compile(joined, re.DOTALL).fullmatch if joined else None

    def __contains__(self, path: object) -> bool:
        return self._matches is not None and self._matches(str(path)) is not None

    def __bool__(self) -> bool:
        return bool(self.globs)


@lru_cache(maxsize=256)
def patterns(*globs: str) -> Patterns:
    """The same, kept, because checks ask for the same few globs again and again."""
    return Patterns(globs)


def _regex(glob: str) -> str:
    folder_only = glob.endswith("/")
    body = glob.strip("/")
    anchored = "/" in body or glob.startswith("/")
    start = "" if anchored else "(?:.*/)?"
    end = "/.*" if folder_only else "(?:/.*)?"
    return f"(?:{start}{_translate(body)}{end})"


def _translate(body: str) -> str:
    out: list[str] = []
    at = 0
    while at < len(body):
        char = body[at]
        if body.startswith("**/", at):
            out.append("(?:.*/)?")
            at += 3
        elif body.startswith("**", at):
            out.append(".*")
            at += 2
        elif char == "*":
            out.append("[^/]*")
            at += 1
        elif char == "?":
            out.append("[^/]")
            at += 1
        elif char == "[" and (close := body.find("]", at + 2)) > 0:
            inside = body[at + 1 : close].replace("\\", "\\\\").replace("[", "\\[")
            negated = inside[:1] in "!^"
            out.append(f"(?!/)[{'^' if negated else ''}{inside[negated:]}]")
            at = close + 1
        else:
            out.append(re.escape(char))
            at += 1
    return "".join(out)

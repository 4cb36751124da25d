"""Files of a kind that is read by a parser of ours, and what becomes of those that it cannot."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from scanner.contract import Incomplete, Skip
from scanner.source.files import SourceFile, neutral
from scanner.source.source import Source
from scanner.text import counted, one_line

LARGEST = 1_000_000
"""Bytes. No person writes a longer one, and reading it would take seconds for every check."""


@dataclass(frozen=True, slots=True)
class Kind:
    """`globs` choose by path, folders included; `name` then decides by the file's own name.

    `parse` gives what has `complaints`, or None for a file that only has such a name.
    """

    noun: str
    globs: tuple[str, ...]
    name: re.Pattern[str]
    parse: Callable[[str], Any]


def parsed_files(source: Source, *kinds: Kind) -> Iterator[tuple[SourceFile, Any]]:
    """Every file of these kinds, as far as it could be read.

    Raises Skip where there is none, and Incomplete behind the last one where any of them, or a
    part of one, could not be read.
    """
    unread: list[str] = []
    seen = False
    for kind in kinds:
        for file in source.files(*kind.globs):
            if not kind.name.fullmatch(file.name):
                continue
            if len(file.data) > LARGEST:
                seen = True
                unread.append(f"{_shown(file.path)} (over {LARGEST // 1_000_000} MB)")
                continue
            parsed = kind.parse(file.text)
            if parsed is None:
                continue
            seen = True
            if parsed.complaints:
                first = parsed.complaints[0]
                reason = one_line(first.reason, 100)
                unread.append(f"{_shown(file.path)} line {first.line} ({reason})")
            yield file, parsed
        # Only reading shows which files are binary or unreadable, so this comes last.
        for left in source.left_out(*kind.globs):
            if kind.name.fullmatch(left.path.rpartition("/")[2]):
                unread.append(f"{_shown(left.path)} ({left.why})")
    if unread:
        more = f" and {counted(len(unread) - 3, 'more file')}" if len(unread) > 3 else ""
        raise Incomplete(
            f"not read in full: {', '.join(unread[:3])}{more}",
            "mend the file, or leave it out under source.exclude in the targets file",
        )
    if not seen:
        raise Skip(f"no {' and no '.join(kind.noun for kind in kinds)}")


def _shown(path: str) -> str:
    return one_line(neutral(path), 150)

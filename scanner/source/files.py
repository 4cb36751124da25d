"""One file of the scanned tree."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from scanner.model import InFile
from scanner.source.ignores import Ignore, ignores
from scanner.source.line_hash import LineHashes

LARGEST = 10_000_000
"""Bytes. Larger files are not read: the longest lock files are shorter."""

_SNIPPET = 300
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class SourceFile:
    """A regular file: `path` is POSIX and relative to the scan root, `git_path` relative to the
    git top level. Bytes of a name that are not UTF-8 are kept as Python keeps them (surrogates).
    """

    def __init__(self, path: str, git_path: str, on_disk: Path) -> None:
        self.path = path
        self.git_path = git_path
        self.on_disk = on_disk

    def __repr__(self) -> str:
        return f"SourceFile({self.path!r})"

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    @cached_property
    def data(self) -> bytes:
        return self.on_disk.read_bytes()

    @cached_property
    def text(self) -> str:
        """The content with every line end as a line feed. UTF-8, unless a byte order mark says
        otherwise (PowerShell writes UTF-16); what does not decode becomes U+FFFD."""
        encoding = next((e for mark, e in _BYTE_ORDER_MARKS if self.data.startswith(mark)), "utf-8")
        return re.sub("\r\n?", "\n", self.data.decode(encoding, "replace"))

    @cached_property
    def lines(self) -> list[str]:
        """The lines without their ends. Only line ends end a line: not form feeds, not U+2028."""
        return self.text.removesuffix("\n").split("\n")

    def at(self, line: int, column: int = 1, end_line: int | None = None) -> InFile:
        """The place of a finding. Lines and columns from 1; a line past the end is the last."""
        line = min(max(line, 1), len(self.lines))
        return InFile(
            path=neutral(self.git_path),
            line=line,
            column=max(column, 1),
            end_line=None if end_line is None else min(max(end_line, line), len(self.lines)),
            snippet=_snippet(self.lines[line - 1]),
            occurrence=self._occurrences[line - 1],
            line_hash=self._hashes[line] if line <= len(self._hashes) else "",
        )

    def concealing(self, lines: Mapping[int, str]) -> SourceFile:
        """The same file, where the lines with these numbers read as given, because they hold
        secrets. Findings get their snippets and fingerprints from that; GitHub's hash, which it
        works out itself from the file, stays."""
        shown = SourceFile(self.path, self.git_path, self.on_disk)
        shown.lines = [lines.get(number, line) for number, line in enumerate(self.lines, 1)]
        return shown

    @cached_property
    def ignores(self) -> tuple[Ignore, ...]:
        """The `wallwalk: ignore` comments in it, those that do not hold among them."""
        return tuple(ignores(self.lines)) if b"wallwalk:" in self.data else ()

    @cached_property
    def _hashes(self) -> LineHashes:
        return LineHashes(self.data)

    @cached_property
    def _occurrences(self) -> list[int]:
        seen: Counter[str] = Counter()
        counts = []
        for line in self.lines:
            text = " ".join(_snippet(line).split())
            seen[text] += 1
            counts.append(seen[text])
        return counts


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file that was listed and cannot be given to a check, and why."""

    path: str
    why: str


def neutral(path: str) -> str:
    r"""`path` as text that can be encoded anywhere: bytes that are not UTF-8 become `\xNN`."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def is_binary(head: bytes) -> bool:
    """git's own test, a NUL in the first bytes, but for text that says it is UTF-16 or UTF-32."""
    return b"\0" in head and not any(head.startswith(mark) for mark, _ in _BYTE_ORDER_MARKS)


def _snippet(line: str) -> str:
    return line[:_SNIPPET].rstrip()

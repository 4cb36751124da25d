"""GitHub's `primaryLocationLineHash`, by which code scanning recognises a moved alert."""

from __future__ import annotations

import re
from array import array
from collections import Counter

_WINDOW = 100
_BASE = 37
_MASK = 2**64 - 1
_END_OF_FILE = b"\xff\xff"


class LineHashes:
    """The hash of each line of a file; `hashes[1]` is the first line's.

    The algorithm is that of github/codeql-action (src/fingerprints.ts), which keeps our value
    but warns when its own differs: a polynomial of base 37, modulo 2**64, over the 100 UTF-16
    units from the start of the line on, blanks and tabs left out, every line end read as one
    line feed, the end of the file as 0xFFFF and zeros after it. A count tells equal lines apart;
    we count equal text, it counts equal hashes.
    """

    def __init__(self, data: bytes) -> None:
        text = re.sub("\r\n?", "\n", data.decode("utf-8", "replace"))
        text = text.replace(" ", "").replace("\t", "")
        self._units = text.encode("utf-16-le") + _END_OF_FILE + bytes(2 * _WINDOW)
        self._starts = [0]
        for line in text.split("\n"):
            self._starts.append(self._starts[-1] + len(line.encode("utf-16-le")) + 2)
        self._starts.pop()
        seen: Counter[int] = Counter()
        self._counts = []
        for start in self._starts:
            window = hash(self._window(start))
            seen[window] += 1
            self._counts.append(seen[window])

    def __getitem__(self, line: int) -> str:
        value = 0
        for unit in array("H", self._window(self._starts[line - 1])):
            value = value * _BASE + unit & _MASK
        return f"{value:x}:{self._counts[line - 1]}"

    def __len__(self) -> int:
        """The number of lines; the empty one after the last line end counts."""
        return len(self._starts)

    def _window(self, start: int) -> bytes:
        return self._units[start : start + 2 * _WINDOW]

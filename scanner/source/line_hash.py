"""GitHub's `primaryLocationLineHash`, by which code scanning recognises a moved alert."""

from __future__ import annotations

import re
from array import array
from collections import Counter

_WINDOW = 100
_BASE = 37
_MASK = 2**64 - 1
_END_OF_FILE = 0xFFFF


def line_hashes(data: bytes) -> list[str]:
    """The hash of every line of a file, the first line's at index 0.

    The algorithm is that of github/codeql-action (src/fingerprints.ts), which overwrites
    nothing but warns when a value differs from its own: a polynomial of base 37, modulo 2**64,
    over the 100 UTF-16 units from the start of the line on, blanks and tabs left out, every
    line end read as one line feed, the end of the file as 0xFFFF and zeros after it. A count
    tells equal hashes apart.
    """
    text = re.sub("\r\n?", "\n", data.decode("utf-8", "replace"))
    text = text.replace(" ", "").replace("\t", "")
    units = array("H", text.encode("utf-16-le"))
    starts = [0]
    starts += [index + 1 for index, unit in enumerate(units) if unit == 10]
    units.append(_END_OF_FILE)
    units.extend([0] * _WINDOW)
    seen: Counter[int] = Counter()
    hashes = []
    for start in starts:
        value = 0
        for unit in units[start : start + _WINDOW]:
            value = value * _BASE + unit & _MASK
        seen[value] += 1
        hashes.append(f"{value:x}:{seen[value]}")
    return hashes

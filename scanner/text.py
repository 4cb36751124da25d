"""Text from outside, made harmless for a terminal and for one line of a message."""

from __future__ import annotations

import unicodedata

_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def printable(text: str, *, keep: str = "\n\t") -> str:
    """`text` with every control, format, surrogate and bidirectional character spelled out.

    Terminal escapes (CWE-150) and right-to-left overrides become `\\x1b` and `\\u202e`;
    characters in `keep` stay.
    """
    bare = text
    for kept in keep:
        bare = bare.replace(kept, "")
    if bare.isprintable():
        return text
    return "".join(
        c if c in keep or unicodedata.category(c) not in _HIDDEN else _spelled(c) for c in text
    )


def _spelled(character: str) -> str:
    number = ord(character)
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def one_line(text: str, limit: int = 300) -> str:
    """`text` on one line, harmless, at most `limit` characters."""
    flat = printable(" ".join(text.split()), keep="")
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def counted(number: int, noun: str) -> str:
    """`1 page`, `2 pages`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"

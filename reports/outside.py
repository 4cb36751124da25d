"""Text from outside, made harmless for what a report is read with."""

from __future__ import annotations

import re

from scanner.text import printable

_SURROGATES = re.compile("[\ud800-\udfff]")


def sound(text: str) -> str:
    """`text` without lone surrogates, which strict JSON readers refuse (RFC 8259, 8.2)."""
    return _SURROGATES.sub("\ufffd", text)


def shown(text: str) -> str:
    """`text` from outside, harmless where a reader prints it; lines stay lines."""
    return printable(text.replace("\r\n", "\n"))


def unlinked(text: str) -> str:
    """`text` in which SARIF readers see no link (SARIF 2.1.0, 3.11.6: `[text](target)`)."""
    return shown(text).replace("](", "] (")

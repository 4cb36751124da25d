"""Secrets that can be recognised in whatever way they are written."""

from __future__ import annotations

import base64
import html
import json
import secrets
import string
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

_LETTERS = string.ascii_letters + string.digits


def _core() -> str:
    """Letters and figures only: URLs, JSON and HTML write them all alike."""
    return "Cn7" + "".join(secrets.choice(_LETTERS) for _ in range(17))


@dataclass(frozen=True)
class Canary:
    """A secret put somewhere: `text` is what is planted, `core` the part that gives it away."""

    where: str
    text: str
    core: str

    def traces(self, text: str) -> Iterator[str]:
        """Each way in which it shows, with some text around it."""
        lower = text.lower()
        for writing in self._writings():
            if (at := lower.find(writing.lower())) >= 0:
                yield f"{self.where}: {text[max(at - 60, 0) : at + 40]!r}"

    def _writings(self) -> set[str]:
        raw = self.core.encode()
        coded = {self.core}
        for before in range(3):
            whole = base64.b64encode(b"\0" * before + raw).decode().rstrip("=")
            inner = whole[(before * 8 + 5) // 6 : len(whole) - 1]
            coded |= {inner, inner.replace("+", "-").replace("/", "_")}
        return coded


@dataclass
class Canaries:
    planted: list[Canary] = field(default_factory=list)

    def plant(self, where: str, pattern: str = "{}") -> str:
        """A fresh secret; `pattern` says what stands around its core."""
        core = _core()
        self.planted.append(Canary(where, pattern.format(core), core))
        return self.planted[-1].text

    def traces(self, text: str) -> list[str]:
        return [trace for canary in self.planted for trace in canary.traces(text)]


def every_writing(text: str) -> str:
    """`text` as an application may repeat it: raw, for URLs, JSON and HTML, in base64."""
    coded = base64.b64encode(text.encode())
    longer = base64.urlsafe_b64encode(b"user:" + text.encode() + b"\n")
    return "\n".join(
        (
            html.escape(text),
            quote(text),
            quote(text, safe=""),
            json.dumps({"text": text}),
            coded.decode(),
            longer.decode(),
        )
    )

"""Secrets never leave: every text of a report passes here before anyone writes it."""

from __future__ import annotations

import base64
import dataclasses
import json
import re
from collections.abc import Iterable
from typing import Any, TypeVar
from urllib.parse import quote, quote_plus

MASK = "•••"
_SHORT = 6
_CREDENTIAL_HEADERS = frozenset(
    {"authorization", "cookie", "set-cookie", "proxy-authorization", "x-api-key", "x-auth-token"}
)
_HEADER_LINE = re.compile(r"(?m)^([\w-]+):[ \t]*([^\r\n]*)")
_JWT = re.compile(r"\beyJ[\w-]{8,}\.[\w-]{4,}\.[\w-]*")
_USERINFO = re.compile(r"(?<=://)[^/\s@:]+:[^/\s@]+(?=@)")

T = TypeVar("T")


class Masker:
    """Replaces known secrets by `•••`, however they are written.

    Raw, URL-encoded, JSON-escaped and base64 (also inside longer base64) forms are known.
    Secrets shorter than 6 characters are only masked where they are a whole field.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self.add(secrets)

    def add(self, secrets: Iterable[str]) -> None:
        """Know more secrets: what a login was answered with, for instance."""
        fresh = {secret for secret in secrets if secret} - self._secrets
        if not fresh:
            return
        self._secrets |= fresh
        long: set[str] = set()
        short: set[str] = set()
        for secret in self._secrets:
            if len(secret) < _SHORT:
                short |= _spellings(secret)
            else:
                long |= _spellings(secret) | _in_base64(secret)
        parts = [re.escape(text) for text in sorted(long, key=len, reverse=True)]
        if short:
            either = "|".join(re.escape(t) for t in sorted(short, key=len, reverse=True))
            parts.append(rf"(?<![\w%+/-])(?:{either})(?![\w%+/=-])")
        self._pattern = re.compile("|".join(parts)) if parts else None

    def text(self, text: str) -> str:
        """`text` with every known secret, bearer-looking token and URL password masked."""
        if self._pattern:
            text = self._pattern.sub(MASK, text)
        if "eyJ" in text:
            text = _JWT.sub(MASK, text)
        return _USERINFO.sub(MASK, text) if "://" in text and "@" in text else text

    def everywhere(self, value: T) -> T:
        """A frozen dataclass (or tuple, or text) with every text in it masked."""
        return self._walk(value)  # type: ignore[no-any-return]

    def _walk(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, tuple):
            walked = [self._walk(item) for item in value]
            return value if all(a is b for a, b in zip(walked, value, strict=True)) else (*walked,)
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            changed = {
                field.name: new
                for field in dataclasses.fields(value)
                if field.init
                and (new := self._walk(old := getattr(value, field.name))) is not old
                and new != old
            }
            return dataclasses.replace(value, **changed) if changed else value
        return value


def header_value(name: str, value: str) -> str:
    """A header's value as reports may show it: credentials keep their names and flags only."""
    if name.lower() not in _CREDENTIAL_HEADERS:
        return value
    match name.lower():
        case "set-cookie":
            pair, semicolon, flags = value.partition(";")
            return f"{pair.partition('=')[0]}={MASK}{semicolon}{flags}"
        case "cookie":
            names = (one.partition("=")[0].strip() for one in value.split(";"))
            return "; ".join(f"{name}={MASK}" for name in names)
        case _:
            scheme, space, _ = value.partition(" ")
            return f"{scheme} {MASK}" if space else MASK


def header_lines(text: str) -> str:
    """A message head as text, its credential headers masked."""
    return _HEADER_LINE.sub(lambda m: f"{m[1]}: {header_value(m[1], m[2])}", text)


def _spellings(secret: str) -> set[str]:
    raw = secret.encode()
    return {
        secret,
        quote(secret, safe=""),
        quote(secret),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        base64.b64encode(raw).decode(),
        base64.b64encode(raw).decode().rstrip("="),
        base64.urlsafe_b64encode(raw).decode().rstrip("="),
        secret.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"),
    } - {""}


def _in_base64(secret: str) -> set[str]:
    """The parts of base64 text that are the same whatever stands before and after `secret`."""
    raw, found = secret.encode(), set()
    for before in range(3):
        coded = base64.b64encode(b"\0" * before + raw).decode().rstrip("=")
        core = coded[(before * 8 + 5) // 6 : len(coded) - 1]
        if len(core) >= 8:
            found |= {core, core.replace("+", "-").replace("/", "_")}
    return found

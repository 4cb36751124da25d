"""Secrets never leave: every text of a report passes here before anyone writes it."""

from __future__ import annotations

import base64
import dataclasses
import html
import json
import re
from collections.abc import Iterable
from typing import Any, TypeVar
from urllib.parse import quote, quote_plus

from scanner.model import AtUrl, CheckRun, Finding, InFile, Report, TargetFacts
from scanner.proof import Forged, HeaderAbsent, HeaderMatches, Number, Product, Request, Word

MASK = "•••"
_SHORT = 6
_CREDENTIAL_HEADERS = frozenset(
    {"authorization", "cookie", "set-cookie", "proxy-authorization", "x-api-key", "x-auth-token"}
)
_HEADER_LINE = re.compile(r"(?m)^([\w-]+):[ \t]*([^\r\n]*)")
_JWT = re.compile(r"\beyJ[\w-]{8,}\.[\w-]{4,}\.[\w-]*")
# A whole field: a value behind `=`, `:` or in quotes or a tag, or a line of its own.
_FIELD = (
    r"(?:(?<=[=\"'>])(?:{0})(?=[\s\"'<&;,#)}}\]]|$)"
    r"|(?<=: )(?:{0})(?=\s*(?:$|[,;}}\]]))"
    r"|^(?:{0})$)"
)
_PERCENT = re.compile("%[0-9A-F]{2}")
# A password behind a name, or a lone token such as git takes it; a lone short word is a name.
_USERINFO = re.compile(r"(?<=://)(?:[^/\s@:]+:[^/\s@]+|[^/\s@:]{16,})(?=@)")

T = TypeVar("T")

_NAMES = frozenset({"name", "left", "right", "identity", "how"})

# Fields that hold our own words, or the names that the user chose: a password such as `session`
# or `admin` must not spoil the ids of checks, the fingerprints that hang on them, or the help.
_OUR_OWN: dict[type, frozenset[str]] = {
    AtUrl: frozenset({"target", "method", "kind", "parameter", "parameter_in", "identities"}),
    InFile: frozenset({"path", "line_hash"}),
    Finding: frozenset({"rule", "about", "confidence", "suppressed_in"}),
    Request: frozenset({"method", "identity", "takes"}),
    **{kind: _NAMES for kind in (Word, Number, Product, Forged, HeaderAbsent, HeaderMatches)},
    CheckRun: frozenset({"check", "title", "subject"}),
    TargetFacts: frozenset({"name", "url", "profile", "declared_in"}),
    Report: frozenset(
        {"version", "started", "source", "not_planned", "engines", "rules", "partial"}
    ),
}


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
        parts = [_any_of(long)] if long else []
        if short:
            parts.append(_FIELD.format(_any_of(short)))
        self._pattern = re.compile("|".join(parts), re.MULTILINE)

    def text(self, text: str) -> str:
        """`text` with every known secret, bearer-looking token and URL password masked."""
        if self._pattern:
            text = self._pattern.sub(MASK, text)
        if "eyJ" in text:
            text = _JWT.sub(MASK, text)
        return _USERINFO.sub(MASK, text) if "://" in text and "@" in text else text

    def everywhere(self, value: T) -> T:
        """A frozen dataclass (or tuple, or text) with every text from outside in it masked."""
        return self._walk(value)  # type: ignore[no-any-return]

    def _walk(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, tuple):
            walked = [self._walk(item) for item in value]
            return value if all(a is b for a, b in zip(walked, value, strict=True)) else (*walked,)
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            ours = _OUR_OWN.get(type(value), frozenset())
            changed = {
                field.name: new
                for field in dataclasses.fields(value)
                if field.init
                and field.name not in ours
                and (new := self._walk(old := getattr(value, field.name))) is not old
                and new != old
            }
            return dataclasses.replace(value, **changed) if changed else value
        return value


def _any_of(texts: set[str]) -> str:
    return "|".join(re.escape(text) for text in sorted(texts, key=len, reverse=True))


def header_value(name: str, value: str) -> str:
    """A header's value as reports may show it: credentials keep their names and flags only."""
    if name.lower() not in _CREDENTIAL_HEADERS:
        return value
    match name.lower():
        case "set-cookie":
            pair, semicolon, flags = value.partition(";")
            return f"{_cookie(pair)}{semicolon}{flags}"
        case "cookie":
            return "; ".join(_cookie(pair) for pair in value.split(";"))
        case _:
            scheme, space, _ = value.partition(" ")
            return f"{scheme} {MASK}" if space else MASK


def _cookie(pair: str) -> str:
    name, equals, _ = pair.strip().partition("=")
    return f"{name}={MASK}" if equals else MASK  # without `=`, all of it is the value


def header_lines(text: str) -> str:
    """A message head as text, its credential headers masked."""
    return _HEADER_LINE.sub(lambda m: f"{m[1]}: {header_value(m[1], m[2])}", text)


def _spellings(secret: str) -> set[str]:
    """`secret` as it stands in URLs, JSON, HTML and base64, by more than one writer of each."""
    raw = secret.encode(errors="surrogateescape")
    quoted = {quote(raw, safe=""), quote(raw), quote_plus(raw)}
    quoted |= {_PERCENT.sub(lambda match: match[0].lower(), text) for text in quoted}
    in_json = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    in_json |= {text.replace("/", "\\/") for text in in_json}
    in_json |= {re.sub("[<>&']", lambda m: f"\\u{ord(m[0]):04x}", text) for text in in_json}
    in_html = {html.escape(secret, quote=False), html.escape(secret)}
    in_html |= {
        text.replace("&#x27;", "&#39;").replace("&quot;", quot)
        for text in in_html
        for quot in ("&quot;", "&#34;")
    }
    coded = {base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode()}
    coded |= {text.rstrip("=") for text in coded}
    twice = {quote(text, safe="") for text in quoted}
    return ({secret} | quoted | twice | in_json | in_html | coded) - {""}


def _in_base64(secret: str) -> set[str]:
    """The parts of base64 text that are the same whatever stands before and after `secret`."""
    raw, found = secret.encode(errors="surrogateescape"), set()
    for before in range(3):
        coded = base64.b64encode(b"\0" * before + raw).decode().rstrip("=")
        core = coded[(before * 8 + 5) // 6 : len(coded) - 1]
        if len(core) >= 8:
            found |= {core, core.replace("+", "-").replace("/", "_")}
    return found

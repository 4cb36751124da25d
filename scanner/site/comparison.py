"""Comparing answers: what of them is stable, and whether another one is like them."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote, quote_plus

import httpx

from scanner.site.answer import media_type

_BREAKS = re.compile(r"(?<=>)|(?=<)|[\r\n]+")
_MAX_LEAVES = 20_000


def lines(response: httpx.Response, own: Iterable[str] = ()) -> Counter[str]:
    """An answer as comparable lines: leaves of JSON, pieces between tags, or lines of text.

    `own` are texts that we sent; they are taken out as the target may write them (raw,
    URL-encoded, HTML-encoded), so that an echo of a payload makes no difference.
    """
    body = response.text
    if media_type(response).endswith("json") or body.lstrip()[:1] in ("{", "["):
        try:
            return Counter(_leaves(json.loads(body), tuple(own)))
        except (ValueError, RecursionError):
            pass
    body = without(body, own)
    return Counter(piece for part in _BREAKS.split(body) if (piece := " ".join(part.split())))


def without(text: str, own: Iterable[str]) -> str:
    """`text` without our own, in every writing that an honest echo uses."""
    for word in sorted({w for one in own for w in _writings(one)}, key=len, reverse=True):
        text = text.replace(word, "")
    return text


def _writings(text: str) -> set[str]:
    if not text:
        return set()
    named = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    html = {
        named.replace('"', quot).replace("'", apos)
        for quot in ('"', "&quot;", "&#34;")
        for apos in ("'", "&#39;", "&#x27;", "&apos;")
    }
    escaped = {text.replace("'", "''"), text.replace("'", "\\'"), json.dumps(text)[1:-1]}
    return {text, quote(text), quote(text, safe=""), quote_plus(text), *html, *escaped}


def _leaves(value: Any, own: Sequence[str]) -> list[str]:
    found: list[str] = []
    stack: list[tuple[str, Any]] = [("$", value)]
    while stack and len(found) < _MAX_LEAVES:
        path, item = stack.pop()
        if isinstance(item, dict):
            stack += [(f"{path}.{without(str(key), own)}", child) for key, child in item.items()]
        elif isinstance(item, list):
            stack += [(f"{path}[]", child) for child in item]
        else:
            text = without(item, own) if isinstance(item, str) else json.dumps(item)
            found.append(f"{path}={text}")
    return found


def stable(baseline: Sequence[Counter[str]]) -> Counter[str]:
    """The lines that every one of `baseline` has, as often as all of them have them."""
    common = baseline[0].copy()
    for other in baseline[1:]:
        common &= other
    return common


def is_like(answer: tuple[int, Counter[str]], baseline: Sequence[tuple[int, Counter[str]]]) -> bool:
    """Whether `answer` (status and lines) has the status and all stable lines of `baseline`.

    What answers add beyond the stable lines does not count: clocks and counters do that.
    """
    if any(status != answer[0] for status, _ in baseline):
        return False
    return not stable([found for _, found in baseline]) - answer[1]

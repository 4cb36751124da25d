"""Comparing answers: what of them is stable, and whether another one is like them."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit

import httpx

from scanner.site.answer import media_type, seen
from scanner.targets import Target

_BREAKS = re.compile(r"(?<=>)|(?=<)|[\r\n]+")
_MAX_LEAVES = 20_000
_SHORT = 4
_START, _END = re.compile(r"\w+$"), re.compile(r"^\w+")

Reading = tuple[int, "Counter[str]"]
"""Status and lines of an answer."""


def lines(response: httpx.Response, own: Iterable[str] = ()) -> Counter[str]:
    """An answer as comparable lines: leaves of JSON, pieces between tags, or lines of text.

    `own` are texts that we sent; they are taken out as the target may write them (raw,
    URL-encoded, HTML-encoded), so that an echo of a payload makes no difference. Where a
    redirect leads is a line, and so is each name in JSON, whatever its value.
    """
    body, words = response.text, _words(own)
    found: Counter[str] = Counter()
    if 300 <= response.status_code < 400 and "location" in response.headers:
        found[f"location: {_cut(response.headers['location'], words)}"] += 1
    if media_type(response).endswith("json") or body.lstrip()[:1] in ("{", "["):
        try:
            found.update(_leaves(json.loads(body), words))
            return found
        except (ValueError, RecursionError):
            pass
    pieces = (" ".join(part.split()) for part in _BREAKS.split(_cut(body, words)))
    found.update(piece for piece in pieces if piece)
    return found


def without(text: str, own: Iterable[str]) -> str:
    """`text` without our own, in every writing that an honest echo uses."""
    return _cut(text, _words(own))


def _words(own: Iterable[str]) -> list[str]:
    """Our own texts in every writing, the longest first."""
    return sorted({word for one in own if one for word in _writings(one)}, key=len, reverse=True)


def _cut(text: str, words: Sequence[str]) -> str:
    for word in words:
        text = text.replace(word, "")
    return text


def _writings(text: str) -> set[str]:
    if text.isascii() and text.isalnum():
        return {text}
    named = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    html = {
        named.replace('"', quot).replace("'", apos)
        for quot in ('"', "&quot;", "&#34;")
        for apos in ("'", "&#39;", "&#x27;", "&apos;")
    }
    escaped = {text.replace("'", "''"), text.replace("'", "\\'"), json.dumps(text)[1:-1]}
    return {text, quote(text), quote(text, safe=""), quote_plus(text), *html, *escaped}


def _leaves(value: Any, words: Sequence[str]) -> list[str]:
    found: list[str] = []
    stack: list[tuple[str, Any]] = [("$", value)]
    while stack and len(found) < _MAX_LEAVES:
        path, item = stack.pop()
        if isinstance(item, dict):
            children = [(f"{path}.{_cut(str(key), words)}", child) for key, child in item.items()]
            found += [name for name, _ in children]
            stack += children
        elif isinstance(item, list):
            stack += [(f"{path}[]", child) for child in item]
        else:
            text = _cut(item, words) if isinstance(item, str) else json.dumps(item)
            found.append(f"{path}={text}")
    return found


def stable(baseline: Sequence[Counter[str]]) -> Counter[str]:
    """The lines that every one of `baseline` has, as often as all of them have them."""
    common = baseline[0].copy()
    for other in baseline[1:]:
        common &= other
    return common


def is_like(answer: Reading, baseline: Sequence[Reading]) -> bool:
    """Whether `answer` (status and lines) has the status and all stable lines of `baseline`.

    What answers add beyond the stable lines does not count: clocks and counters do that.
    """
    if any(status != answer[0] for status, _ in baseline):
        return False
    return not stable([found for _, found in baseline]) - answer[1]


def read(response: httpx.Response, own: Sequence[str] = ()) -> Reading:
    """An answer as it is compared: without `own`, and without what its request carried."""
    return response.status_code, lines(response, [*own, *_sent_values(response)])


def apart(
    these: Sequence[httpx.Response], those: Sequence[httpx.Response], own: Sequence[str] = ()
) -> bool:
    """Whether all of `these` share a status, or a line, that none of `those` has as often.

    One and the same sign must tell all of them apart: among answers that change from request
    to request there is always one that lacks something.
    """
    ours, others = [read(one, own) for one in these], [read(one, own) for one in those]
    statuses = {status for status, _ in ours}
    if len(statuses) == 1 and not statuses & {status for status, _ in others}:
        return True
    common = stable([found for _, found in ours])
    return any(all(found[line] < often for _, found in others) for line, often in common.items())


def moving(one: Reading, other: Reading) -> list[tuple[str, str]]:
    """What moves by itself: start and end of each line that two equal requests got different.

    They end where a word does: of 12:01 and 12:02 the whole minute moves.
    """
    found = []
    for line, twin in zip(one[1] - other[1], other[1] - one[1], strict=False):
        start = _START.sub("", line[: _common(line, twin)])
        rest, twins_rest = line[len(start) :][::-1], twin[len(start) :][::-1]
        end = _END.sub("", rest[: _common(rest, twins_rest)][::-1])
        if len(start) + len(end) >= _SHORT:
            found.append((start, end))
    return found


def _common(one: str, other: str) -> int:
    """How many characters both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))


def differ(one: Reading, other: Reading, noise: Sequence[tuple[str, str]] = ()) -> bool:
    """Whether two answers differ in more than `noise`, as `moving` learned it."""
    changed = (one[1] - other[1]) + (other[1] - one[1])
    return one[0] != other[0] or any(
        not any(line.startswith(start) and line.endswith(end) for start, end in noise)
        for line in changed
    )


def alike(
    answer: httpx.Response, baseline: Sequence[httpx.Response], own: Sequence[str] = ()
) -> bool:
    """Whether `answer` is like `baseline`, leaving out `own` and what each request carried."""
    return is_like(read(answer, own), [read(one, own) for one in baseline])


def shows(
    answer: httpx.Response,
    baseline: Sequence[httpx.Response],
    beyond: Sequence[httpx.Response],
    own: Sequence[str] = (),
) -> bool:
    """Whether `answer` shows what makes `baseline` special: at least four of five lines that
    all of them have and none of `beyond` has. What is not special shows nothing.
    """
    # What one request carried is taken out of every answer, or their common frame would differ.
    sent = [value for one in (answer, *baseline, *beyond) for value in _sent_values(one)]
    special = set(stable([lines(one, [*own, *sent]) for one in baseline]))
    special -= {line for line in special if _is_bare_name(line)}
    for other in beyond:
        special -= set(lines(other, [*own, *sent]))
    there = special & set(lines(answer, [*own, *sent]))
    return bool(special) and 5 * len(there) >= 4 * len(special)


def _is_bare_name(line: str) -> bool:
    """Whether it only names a place in JSON: what stands there is what somebody may not see."""
    return line.startswith("$") and line[1:2] in ".[" and "=" not in line


def names_of(target: Target) -> list[str]:
    """What the identities are called: pages greet whoever looks at them."""
    named = (identity.username or name for name, identity in target.identities.items())
    return [name for name in named if len(name) > 2]


def _sent_values(response: httpx.Response) -> list[str]:
    """What a request carried and an honest page may echo: values, the path, headers."""
    sight = seen(response)
    parts = urlsplit(sight.url)
    pairs = parse_qsl(parts.query, keep_blank_values=True) + parse_qsl(sight.body)
    found = [value for _, value in pairs] + [unquote(part) for part in parts.path.split("/")]
    found += [sight.url, sight.path, unquote(parts.path)]
    found += [value for _, value in sight.headers] + _json_strings(sight.body)
    return [value for value in found if len(value) > 2]


def _json_strings(body: str) -> list[str]:
    try:
        stack: list[Any] = [json.loads(body)] if body[:1] in ("{", "[") else []
    except (ValueError, RecursionError):
        return []
    found: list[str] = []
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            found.append(item)
        elif isinstance(item, dict):
            stack += item.values()
        elif isinstance(item, list):
            stack += item
    return found

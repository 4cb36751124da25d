"""Path patterns of the targets file, and what is in scope by them.

`*` stands for anything within one segment, `**` for any segments (and none), `{id}` for one
value, and a query in a pattern asks for these pairs in any order: `/orders?id={id}`. Letters
count the same in both cases, and a slash at the end changes nothing.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import product
from urllib.parse import unquote, unquote_plus

from scanner.targets.target import Scope

_PLAIN = re.compile(r"(?:/(?!\.{0,2}(?:/|\Z))[A-Za-z0-9._~!$&'()*+,=:@-]+)*/?\Z")
_HOLE = re.compile(r"(\*+|\{[^{}/]*\})")


def matches(glob: str, path: str) -> bool:
    """Whether `glob` covers `path` (a path, or path?query) however a server may read it.

    For what a pattern allows: `scope.include`, `for`, `access`, suppressions. A path such as
    `/shop/%2e%2e/admin` has several readings, and all of them must match.
    """
    return all(_match(glob, reading, query) for reading, query in _readings(path))


def touches(glob: str, path: str) -> bool:
    """Whether some way in which a server may read `path` matches `glob`.

    For what a pattern forbids (`scope.exclude`, `scope.never`), so that neither encoding,
    doubled slashes, dot segments, backslashes nor path parameters get around it.
    """
    return any(_match(glob, reading, query) for reading, query in _readings(path))


def out_of_scope(scope: Scope, method: str, path: str) -> str:
    """Why `scope` forbids this request to the target's own origin; empty when it does not."""
    if not any(matches(glob, path) for glob in scope.include):
        return "not in scope.include"
    for glob in scope.exclude:
        if touches(glob, path):
            return f"scope.exclude has {glob}"
    for never in scope.never:
        # A HEAD runs the GET handler in most frameworks.
        same = never.method == method or (never.method, method) == ("GET", "HEAD")
        if same and touches(never.path, path):
            return f"scope.never has {never}"
    return ""


def named_exactly(scope: Scope, path: str) -> bool:
    """Whether `scope.include` names `path` itself, without a hole."""
    return any(not _HOLE.search(glob) and matches(glob, path) for glob in scope.include)


def _match(glob: str, path: str, query: str) -> bool:
    segments, pairs = _compiled(glob)
    if not _walk(segments, tuple(path.strip("/").split("/")) if path.strip("/") else ()):
        return False
    if not pairs:
        return True
    given = query.split("&")
    return all(any(pair.match(entry) for entry in given) for pair in pairs)


@lru_cache(maxsize=4096)
def _compiled(
    glob: str,
) -> tuple[tuple[re.Pattern[str] | None, ...], tuple[re.Pattern[str], ...]]:
    """The segments of a pattern (None for `**`) and the pairs of its query."""
    path, _, query = glob.partition("?")
    trimmed = re.sub("/+", "/", unquote(path)).strip("/")
    segments: list[re.Pattern[str] | None] = []
    for segment in trimmed.split("/") if trimmed else ():
        if segment != "**":
            segments.append(_segment(segment))
        elif not segments or segments[-1] is not None:
            segments.append(None)
    pairs = tuple(_segment(unquote_plus(pair)) for pair in query.split("&") if pair)
    return tuple(segments), pairs


def _segment(pattern: str) -> re.Pattern[str]:
    """One segment as an expression; atomic groups keep it linear on hostile paths."""
    first, *rest = _HOLE.split(_folded(pattern))
    text = re.escape(first)
    for index in range(0, len(rest), 2):
        any_length = "*" if rest[index].startswith("*") else "+"
        literal = re.escape(rest[index + 1])
        last = index + 2 >= len(rest)
        text += f".{any_length}{literal}" if last else f"(?>.{any_length}?{literal})"
    return re.compile(text + r"\Z", re.DOTALL)


def _walk(pattern: tuple[re.Pattern[str] | None, ...], segments: tuple[str, ...]) -> bool:
    """Runs all positions of `pattern` at once over `segments`: no backtracking."""
    positions = _past_stars(pattern, {0})
    for segment in segments:
        reached = set()
        for position in positions:
            if position == len(pattern):
                continue
            expression = pattern[position]
            if expression is None:
                reached.add(position)
            elif expression.match(segment):
                reached.add(position + 1)
        positions = _past_stars(pattern, reached)
    return len(pattern) in positions


def _past_stars(pattern: tuple[re.Pattern[str] | None, ...], positions: set[int]) -> set[int]:
    after = {p + 1 for p in positions if p < len(pattern) and pattern[p] is None}
    return positions | after


@lru_cache(maxsize=1024)
def _readings(path: str) -> frozenset[tuple[str, str]]:
    """The ways in which servers may understand `path`, as canonical paths with their queries."""
    path = path.partition("#")[0]
    raw, _, query = path.partition("?")
    queries = {_folded(text) for text in _decodings(query.replace("+", " "))}
    if _PLAIN.match(raw):
        return frozenset(product((_folded(raw),), queries))
    texts = set(_decodings(raw)) | set(_decodings(_resolved(raw)))
    texts |= {re.sub(r";[^/]*", "", text) for text in texts}
    texts |= {text.replace("\\", "/") for text in texts}
    texts |= {text.partition("\0")[0] for text in texts}
    # A decoded '?' may start the query for a server that decodes first.
    texts |= {text.partition("?")[0] for text in texts}
    return frozenset(product({_folded(_resolved(text)) for text in texts}, queries))


def _decodings(text: str) -> list[str]:
    """`text` percent-decoded once, twice and a third time, as often as that changes it."""
    found = [unquote(text)]
    while len(found) < 3 and (again := unquote(found[-1])) != found[-1]:
        found.append(again)
    return found


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _resolved(path: str) -> str:
    """Slashes joined and dot segments removed (RFC 3986, 5.2.4)."""
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in ("", "."):
            kept.append(segment)
    return "/" + "/".join(kept)

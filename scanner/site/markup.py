"""HTML parsed as a browser parses it, with an end to what a hostile page can cost."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser

_DEEP = 1_000
"""Nested elements. Browsers flatten what is deeper than about 500; the parser's time grows
with depth times tags, so that a page of 5 MB of `<div>` would take it twenty minutes."""

_SMALL = 20_000
_MANY_ATTRIBUTES = re.compile(r"<[a-z](?:[^<>\s]*+\s++){3000}", re.I)
_MANY_OPTIONS = re.compile(
    r"((?:<option\b[^<>]*+>[^<]*+(?:</option\s*+>[^<]*+)?+){100})"
    r"(?:<option\b[^<>]*+>[^<]*+(?:</option\s*+>[^<]*+)?+)++",
    re.I,
)
"""Its time also grows with the square of a tag's attributes and of a list's options."""

_TAG = re.compile(r"<(/?)([a-z][^\s/>]*)", re.I)
_LEVEL = frozenset(
    "area base br col embed hr img input link meta source track wbr p li dt dd tr td th tbody "
    "thead tfoot a form option optgroup colgroup html head body".split()
)
"""Elements that hold nothing, or that the next of their kind closes."""


def parsed(text: str) -> tuple[LexborHTMLParser, bool]:
    """The document, and whether its end was left out because it nests too deeply."""
    if len(text) < _SMALL:
        return LexborHTMLParser(text), False
    if text.count("<option") > 1_000:
        text = _MANY_OPTIONS.sub(r"\1", text)
    end = _sane_length(text)
    return LexborHTMLParser(text[:end]), end < len(text)


def _sane_length(text: str) -> int:
    crowded = _MANY_ATTRIBUTES.search(text)
    if crowded:
        text = text[: crowded.start()]
    depth = 0
    for tag in _TAG.finditer(text):
        if tag[2].lower() in _LEVEL:
            continue
        depth = max(depth - 1, 0) if tag[1] else depth + 1
        if depth > _DEEP:
            return tag.start()
    return len(text)

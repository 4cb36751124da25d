"""HTML cut as a browser's tokenizer cuts it (HTML, 13.2.5), each part with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_MARKUP = re.compile(r"<(?:(/?)([a-zA-Z][^\s/>]*)|!--|[!?/])")
_COMMENT_END = re.compile(r"--!?>|(?<=<!--)-?>")
_ATTRIBUTE = re.compile(
    r"[\s/]*+(?P<name>=?[^\s/>=]++)(?:\s*+=\s*+"
    r"(?:\"(?P<double>[^\"]*+)(?:\"|\Z)|'(?P<single>[^']*+)(?:'|\Z)|(?P<bare>[^\s>\"'][^\s>]*+)|(?=>)))?+"
)
_TAG_END = re.compile(r"[\s/]*+>")
RAW = frozenset({"script", "style", "xmp", "iframe", "noembed", "noframes", "noscript"})
"""What stands in these is text; a browser that runs scripts reads `noscript` so, too."""
TEXT_ONLY = RAW | {"textarea", "title"}


@dataclass(frozen=True, slots=True)
class Attribute:
    """`start` and `end` are those of its value; `quote` is `"`, `'` or empty."""

    name: str
    name_start: int
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class Part:
    """Text (with `tag`: inside an element that holds text only), a comment, or a tag."""

    kind: str
    start: int
    end: int
    tag: str = ""
    attributes: tuple[Attribute, ...] = ()


def parts(html: str) -> Iterator[Part]:
    """The page from its start to its end: parts of kind `text`, `comment`, `open`, `close`."""
    at = 0
    while markup := _MARKUP.search(html, at):
        if markup.start() > at:
            yield Part("text", at, markup.start())
        if markup[2] is None:
            at = _comment_end(html, markup)
            yield Part("comment", markup.start(), at)
            continue
        tag = markup[2].lower()
        at, attributes = _attributes(html, markup.end())
        yield Part("close" if markup[1] else "open", markup.start(), at, tag, attributes)
        if not markup[1] and tag in TEXT_ONLY:
            end = re.compile(rf"</{tag}(?=[\s/>])|\Z", re.I).search(html, at)
            assert end is not None  # noqa: S101  (\Z is always there)
            yield Part("text", at, end.start(), tag)
            at = end.start()
    if at < len(html):
        yield Part("text", at, len(html))


def _comment_end(html: str, markup: re.Match[str]) -> int:
    if markup[0] == "<!--":
        end = _COMMENT_END.search(html, markup.end())
        return end.end() if end else len(html)
    return html.find(">", markup.end()) + 1 or len(html)


def _attributes(html: str, at: int) -> tuple[int, tuple[Attribute, ...]]:
    found: list[Attribute] = []
    while not (end := _TAG_END.match(html, at)):
        attribute = _ATTRIBUTE.match(html, at)
        if attribute is None:
            return len(html), tuple(found)
        group = next((g for g in ("double", "single", "bare") if attribute[g] is not None), "name")
        value = attribute.span(group) if group != "name" else (attribute.end(), attribute.end())
        quote = {"double": '"', "single": "'"}.get(group, "")
        name, start = attribute["name"].lower(), attribute.start("name")
        found.append(Attribute(name, start, *value, quote))
        at = attribute.end()
    return end.end(), tuple(found)


def with_scripting(html: str) -> str:
    """The page without what stands in `noscript`: parsers that run no scripts would show it."""
    if "<noscript" not in html.lower():
        return html
    hidden = [(p.start, p.end) for p in parts(html) if p.kind == "text" and p.tag == "noscript"]
    for start, end in reversed(hidden):
        html = html[:start] + html[end:]
    return html

"""The Markdown of rules' docs as HTML: no raw HTML, no images, links to https only."""

from __future__ import annotations

from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from reports.outside import shown

_DEEPER = 2
"""Headings of a rule's docs lie this many levels below the page's own."""


def html(markdown: str) -> Markup:
    """`markdown` (an advisory's may come from outside) as HTML that can do no harm."""
    reader = _reader()
    tokens = reader.parse(shown(markdown))
    for token in tokens:
        _adapt(token)
    # Rendered text is looked at once more: an entity such as `&#x202e;` has become what it names.
    return Markup(shown(reader.renderer.render(tokens, reader.options, {})))  # noqa: S704


@cache
def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False}).disable("image")
    reader.validateLink = lambda url: url.startswith("https://")  # type: ignore[method-assign]
    return reader


def _adapt(token: Token) -> None:
    if token.type in {"heading_open", "heading_close"}:
        token.tag = f"h{min(int(token.tag[1]) + _DEEPER, 6)}"
    if token.type == "link_open":
        token.attrSet("rel", "noreferrer noopener")
    for child in token.children or ():
        _adapt(child)

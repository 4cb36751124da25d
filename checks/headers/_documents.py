"""Which answers a browser shows as pages: the headers of documents matter there only."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx

from scanner import Site, Skip
from scanner.site.answer import is_html, may_render


async def documents(site: Site) -> AsyncIterator[httpx.Response]:
    """Every page of the crawl, error pages among them.

    A redirect's text is never shown, and a download's neither. Raises Skip, at the end, when
    there was no page at all.
    """
    shown = False
    async for answer in site.pages():
        if may_render(answer) and is_html(answer) and answer.content.strip():
            shown = True
            yield answer
    if not shown:
        raise Skip("no HTML pages were seen")

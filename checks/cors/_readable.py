"""The answers of a site that another website would want to read, asked with an `Origin`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

import httpx

from scanner import Incomplete, Note, Request, Site, Skip
from scanner.site.answer import kind_of, media_type, seen
from scanner.site.asking import Unanswered, ask_each
from scanner.text import counted

_SAMPLES = 3
"""So many pages of one route template are asked: the template stands for one piece of code."""

_SHARE = 0.1
"""The part of a target's budget of requests that one of these checks may use."""

_NUMBERED = re.compile(r"\d+|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_FOR_ROBOTS = ("/robots.txt", "/sitemap.xml")


@dataclass
class Readable:
    """What can be asked, the most telling first. `late` is why the crawl is not whole."""

    requests: list[Request] = field(default_factory=list)
    alike: int = 0
    late: Incomplete | None = None


async def answers_to(origin: str, site: Site) -> AsyncIterator[httpx.Response | Note]:
    """Ask for every readable page as if a script of `origin` did, and yield the answers.

    Raises Skip when there is nothing to read, and Incomplete at the end for what was left
    over or did not answer.
    """
    readable = await _readable(site)
    if not readable.requests and readable.late is None:
        raise Skip("no page of the site has anything to read")
    budget = max(1, int(site.target.limits.max_requests * _SHARE))
    chosen, left = readable.requests[:budget], len(readable.requests[budget:])
    unanswered = Unanswered()
    asked = (with_origin(request, origin) for request in chosen)
    async for _, response in ask_each(site, asked, unanswered):
        yield response
    if readable.alike:
        yield Note(f"{counted(readable.alike, 'page')} of routes that were sampled, not asked")
    if readable.late:
        raise readable.late
    if left:
        raise Incomplete(
            f"{left} of {len(readable.requests)} pages were not asked: the check's share of the "
            f"budget of {site.target.limits.max_requests} requests is spent",
            "raise limits.max_requests in the targets file, or --max-requests",
        )
    unanswered.complain("page")


def with_origin(request: Request, origin: str, *, identity: str | None = None) -> Request:
    """`request` as a script of `origin` sends it, if need be as somebody else."""
    who = request.identity if identity is None else identity
    return Request("GET", request.target, (("Origin", origin),), identity=who)


async def _readable(site: Site) -> Readable:
    readable, nothing = Readable(), list[Request]()
    found: dict[str, tuple[Request, tuple[str, ...], int]] = {}
    try:
        async for page in site.pages():
            sight = seen(page)
            request = Request("GET", sight.path, identity=sight.identity)
            if not _has_content(page):
                nothing.append(request)
            elif _is_for_readers(page):
                # Somebody who is known comes after nobody, and sees more.
                found[sight.path] = (request, _route(site, page), _rank(page))
    except Incomplete as why:
        readable.late = why
    rounds = Counter[tuple[str, ...]]()
    ranked: list[tuple[int, int, str, Request]] = []
    for path, (request, route, rank) in sorted(found.items()):
        rounds[route] += 1
        if rounds[route] > _SAMPLES:
            readable.alike += 1
        else:
            ranked.append((rank, rounds[route], path, request))
    readable.requests = [request for *_, request in sorted(ranked, key=lambda one: one[:3])]
    # A program's interface often has no start page: then its refusals are all there is to ask.
    readable.requests = readable.requests or nothing[:_SAMPLES]
    return readable


def _has_content(page: httpx.Response) -> bool:
    return page.is_success or page.status_code in (401, 403)


def _is_for_readers(page: httpx.Response) -> bool:
    """Whether its text is worth reading: not style, pictures or what robots are told."""
    if seen(page).path.partition("?")[0] in _FOR_ROBOTS:
        return False
    return kind_of(page) != "static" or media_type(page) == "text/plain"


def _route(site: Site, page: httpx.Response) -> tuple[str, ...]:
    """The same for pages that one piece of code answers; numbers in the query do not count."""
    path, _, query = seen(page).path.partition("?")
    pairs = sorted(parse_qsl(query, keep_blank_values=True))
    values = (f"{name}={_NUMBERED.sub('0', value)}" for name, value in pairs)
    return (site.deployment.template(path), *values, kind_of(page))


def _rank(page: httpx.Response) -> int:
    kind = media_type(page)
    if kind.endswith("json"):
        return 0
    return {"text/html": 2, "text/plain": 3}.get(kind, 1)

"""Probing many spots: in order, a few at once, counted, each failure kept to its own spot."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx

from scanner.contract import Incomplete, Skip
from scanner.gate import BudgetSpent, Refused
from scanner.model import Finding, Note
from scanner.site.answer import seen
from scanner.site.routing import routed
from scanner.site.site import Site
from scanner.site.spot import Spot, spots
from scanner.text import counted, one_line

_SHARE = 0.4
"""The part of a target's budget of requests that one probing check may use."""

_WHO = ("text", "email", "tel")

Probe = Callable[[Site, Spot], Awaitable[Finding | None]]


@dataclass
class _Tally:
    tried: int = 0
    refused: int = 0
    spared: int = 0
    left: int = 0
    broken: list[str] = field(default_factory=list)


async def probe_all(
    site: Site, places: Collection[str], probe: Probe, beside: Sequence[Spot] = ()
) -> AsyncIterator[Finding | Note]:
    """Run `probe` on every spot of the site in `places`, and on those `beside`; yield findings.

    Ends with a note that says how much was tried. Raises Skip when there is no spot, and
    Incomplete at the end when spots were left over or did not answer.
    """
    endpoints, public = await site.endpoints(), await _public_paths(site)
    chosen = [*spots(endpoints, places, public), *beside]
    if "path" in places:
        chosen += await routed(site, endpoints, chosen)
    if not chosen:
        raise Skip("no page or form of the site takes a parameter")
    tally = _Tally()
    queue = iter(chosen)
    done: asyncio.Queue[Finding | None] = asyncio.Queue()
    workers = [
        asyncio.create_task(_work(site, queue, probe, tally, done))
        for _ in range(min(site.target.limits.concurrency, len(chosen)))
    ]
    for worker in workers:
        worker.add_done_callback(lambda _: done.put_nowait(None))
    try:
        ended = 0
        while ended < len(workers):
            finding = await done.get()
            if finding is None:
                ended += 1
            else:
                yield finding
        await asyncio.gather(*workers)
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
    tally.left = len(list(queue)) + tally.left
    yield Note(_said(tally))
    if tally.left:
        raise Incomplete(
            f"{counted(tally.left, 'parameter')} of {len(chosen)} were not tried: the check's "
            f"share of the budget of {site.target.limits.max_requests} requests is spent",
            "raise limits.max_requests in the targets file, or --max-requests",
        )
    if tally.broken:
        number = counted(len(tally.broken), "parameter")
        raise Incomplete(f"{number} could not be tried, the first: {tally.broken[0]}")


async def _public_paths(site: Site) -> set[str]:
    return {
        urlsplit(seen(page).url).path
        async for page in site.pages()
        if page.is_success and not seen(page).identity
    }


async def _work(
    site: Site,
    queue: Iterator[Spot],
    probe: Probe,
    tally: _Tally,
    done: asyncio.Queue[Finding | None],
) -> None:
    share = site.target.limits.max_requests * _SHARE
    for spot in queue:
        if site.deployment.gate.sent[site.by.check] >= share:
            tally.left += 1
            return
        if _would_harm(site, spot):
            tally.spared += 1
            continue
        try:
            finding = await probe(site.acting_as(spot.identity), spot)
        except Refused:
            tally.refused += 1
            continue
        except BudgetSpent:
            tally.left += 1
            return
        except (Incomplete, httpx.TransportError) as error:
            tally.broken.append(f"{one_line(str(spot), 100)}: {error or type(error).__name__}")
            continue
        tally.tried += 1
        if finding is not None:
            done.put_nowait(finding)


def _would_harm(site: Site, spot: Spot) -> bool:
    """Whether the request could change the account of its identity: forms with a password.

    A form that asks who one is, its fields empty, logs in or registers whomever it is told;
    one that shows what it knows, or asks for a password alone, is about this account.
    """
    if not spot.identity or spot.endpoint.method == "GET":
        return False
    if site.deployment.sessions.is_disposable(spot.identity):
        return False
    inputs = spot.endpoint.parameters
    if not any(one.kind == "password" for one in inputs):
        return False
    asked = [one for one in inputs if one.kind in _WHO]
    return not asked or any(one.value for one in asked)


def _said(tally: _Tally) -> str:
    left = tally.left + len(tally.broken) + tally.refused + tally.spared
    parts = [f"{counted(tally.tried, 'parameter')} tried", f"{left} not tried"]
    if tally.refused:
        parts.append(f"{tally.refused} of them out of scope")
    if tally.spared:
        parts.append(f"{tally.spared} of them in password forms of accounts that are kept")
    return ", ".join(parts)

"""What a visitor can reach: pages, links and forms, each page asked for once."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from urllib.parse import quote, urlsplit

import httpx

from scanner.contract import Incomplete
from scanner.gate import BudgetSpent, Refused
from scanner.scope import Origin
from scanner.site.answer import is_html, seen
from scanner.site.frontier import Frontier, Place
from scanner.site.inventory import Inventory
from scanner.site.leavings import Leavings
from scanner.site.links import absolute, leads
from scanner.site.site import Site
from scanner.site.spool import Spool
from scanner.site.surface import Endpoint

_SHARE = 0.6
"""Of the target's budget of requests: what crawls may use up; the checks have the rest."""

_TWINS = 20
"""So many byte-identical pages have their links followed: more are one answer to everything,
and their relative links lead on for ever."""

_REMEMBERED = 4
_GIVES_UP = 20


@dataclass(frozen=True)
class Surface:
    """What one crawl as one identity has seen.

    `cut` says why it is not whole, or is empty; `notes` what was left out; `paths` are those
    of all URLs that were seen, without their queries.
    """

    endpoints: tuple[Endpoint, ...]
    cut: str
    notes: tuple[str, ...]
    paths: frozenset[str]
    spool: Spool = field(repr=False)

    @property
    def size(self) -> int:
        """How many answers `pages` gives."""
        return len(self.spool)

    def pages(self) -> Iterator[httpx.Response]:
        """Every answer in the order in which it came, one in memory at a time."""
        return iter(self.spool)

    def close(self) -> None:
        """Give the answers up."""
        self.spool.close()


async def crawl(site: Site) -> Surface:
    """Follow the links of `site` as its identity until there are no more, or the budget ends.

    Nothing is submitted, and what the gate would refuse is not asked. Raises Incomplete when
    the identity cannot log in.
    """
    work = _Crawl(site)
    try:
        await work.run()
    except BaseException:
        work.spool.close()
        raise
    return work.surface()


class _Crawl:
    """One crawl under way."""

    def __init__(self, site: Site) -> None:
        limits = site.target.limits
        self.site = site
        self.spool = Spool()
        self.left = Leavings(site.identity)
        self.inventory = Inventory(site.identity)
        self.allowance = max(1, int(limits.max_requests * _SHARE))
        self.frontier = Frontier(max(1_000, self.allowance * _REMEMBERED))
        self.stopped = False
        self.paths: set[str] = set()
        self.twins: Counter[bytes] = Counter()
        self.failures_in_a_row = 0
        self.scope = site.deployment.gate.scope
        level = self.scope.level if self.scope.level != "passive" else "active"
        self.form_scope = replace(self.scope, level=level)
        self.roots = {absolute(str(self.site.origin), path) for path in site.target.roots}

    async def run(self) -> None:
        target = self.site.target
        for path in (*target.roots, *target.discover.seeds):
            self._consider(f"{self.site.origin}{path}", None)
        if target.discover.crawl:
            others = sorted(self.scope.origins - {self.site.origin})
            for origin in (self.site.origin, *others):
                for path in ("/robots.txt", "/sitemap.xml"):
                    self._consider(f"{origin}{path}", None)
            for origin in others:
                self._consider(f"{origin}/", None)
        await self._visit_all()

    async def _visit_all(self) -> None:
        running: set[asyncio.Task[None]] = set()
        done: set[asyncio.Task[None]] = set()
        try:
            while running or (self.frontier and not self.stopped):
                at_once = self.site.target.limits.concurrency - len(running)
                while at_once > 0 and self.frontier and not self.stopped:
                    running.add(asyncio.create_task(self._visit(self.frontier.pop())))
                    at_once -= 1
                done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
        finally:
            for task in running:
                task.cancel()
            # Those that failed together with the first are looked at too: asyncio complains else.
            await asyncio.gather(*running, *done, return_exceptions=True)

    async def _visit(self, place: Place) -> None:
        gate = self.site.deployment.gate
        if gate.sent[self.site.by.check] >= self.allowance:
            self._stop(f"the crawl's share of the budget ({self.allowance} requests) is spent")
        if self.stopped:
            self.left.unvisited += 1
            return
        try:
            response = await self.site.get(place.url)
        except BudgetSpent as spent:
            self.left.unvisited += 1
            self._stop(str(spent))
        except Refused as why:
            self.left.refused(place.url, str(why))
        except (Incomplete, httpx.TransportError) as error:
            self._missed(place, error)
        else:
            self.failures_in_a_row = 0
            self._take(place, response)

    def _stop(self, why: str) -> None:
        if not self.stopped:
            self.left.cut.append(why)
        self.stopped = True

    def _missed(self, place: Place, error: Exception) -> None:
        """A page that did not answer is asked once more at the end; then it is missing."""
        if isinstance(error, Incomplete) and not len(self.spool):
            raise error
        self.failures_in_a_row += 1
        if self.failures_in_a_row >= _GIVES_UP:
            self._stop(f"{_GIVES_UP} requests in a row failed ({error})")
        if place.tries == 0 and not self.stopped:
            self.frontier.again(place)
        else:
            self.left.failed(place.url, error)

    def _take(self, place: Place, response: httpx.Response) -> None:
        try:
            self.spool.add(response)
        except Incomplete as full:
            self._stop(str(full))
            return
        self.paths.add(urlsplit(place.url).path)
        self.left.answered(response, is_root=place.url in self.roots)
        self.inventory.page(response, place.found_on)
        if self._is_one_of_many(response):
            return
        found = leads(response)
        self.left.elsewhere.update(found.elsewhere)
        if found.cut:
            self.left.cut.append(f"{place.url} has more links than a crawl reads")
        if self.site.target.discover.crawl:
            for url in found.links:
                self._consider(url, place)
        for form in found.forms:
            if where := self._form_target(form.method, form.action):
                self.inventory.form(form, where, seen(response).path)
                if form.method == "GET" and self.site.target.discover.crawl:
                    self._consider(form.action.partition("?")[0], place)

    def _is_one_of_many(self, response: httpx.Response) -> bool:
        if not is_html(response) or not response.content:
            return False
        digest = hashlib.blake2b(response.content, digest_size=16).digest()
        self.twins[digest] += 1
        self.left.twins += self.twins[digest] > _TWINS
        return self.twins[digest] > _TWINS

    def _consider(self, url: str, came_from: Place | None) -> None:
        """Visit `url` later, or say why not."""
        origin, line = _parts(url)
        if origin not in self.scope.origins:
            self.left.other_host(origin.netloc)
        elif why := self.scope.refusal("GET", origin, line, self.site.by):
            self.left.refused(line, why)
        else:
            self.frontier.add(f"{origin}{line}", came_from)

    def _form_target(self, method: str, action: str) -> str:
        """Where a form goes, as `Endpoint.path` has it; empty when it may not be used."""
        origin, line = _parts(action)
        if origin not in self.scope.origins:
            self.left.other_host(origin.netloc)
            return ""
        by = self.site.by._replace(probes="active")
        if why := self.form_scope.refusal(method, origin, line, by):
            self.left.refused(f"{method} {line}", why)
            return ""
        self.paths.add(line.partition("?")[0])
        return line if origin == self.site.origin else f"{origin}{line}"

    def surface(self) -> Surface:
        self.left.unvisited += len(self.frontier)
        self.left.bounded = self.frontier.bounded
        self.left.files = self.frontier.left_out
        return Surface(
            endpoints=self.inventory.endpoints,
            cut=self.left.reason,
            notes=self.left.notes,
            paths=frozenset(self.paths),
            spool=self.spool,
        )


def _parts(url: str) -> tuple[Origin, str]:
    """The origin of an absolute URL, and its path and query as `Site.send` writes them."""
    rest = url.partition("://")[2]
    raw = rest[len(urlsplit(url).netloc) :].partition("#")[0]
    line = quote(raw if raw.startswith("/") else f"/{raw}", safe="/?[]@!$&'()*+,;=:%-._~")
    return Origin.of(url), line

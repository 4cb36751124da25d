"""Asking for objects as several people, with each failure kept to its own object."""

from __future__ import annotations

from dataclasses import dataclass, field

import httpx

from checks.access._objects import Thing, declared
from scanner import Incomplete, Proof, Site
from scanner.gate import BudgetSpent, Refused
from scanner.site.answer import seen as sight
from scanner.text import counted

_SHARE = 0.2
"""The part of a target's budget of requests that reading others' objects may use."""


@dataclass(frozen=True)
class Read:
    """`reader` ("" is nobody) seems to read a thing of `owner`: the answer, and what shows it."""

    thing: Thing
    owner: str
    reader: str
    answer: httpx.Response
    proof: Proof


@dataclass
class Asking:
    """One run of the check: what was tried, what could not be judged, and why."""

    site: Site
    tried: int = 0
    undecided: int = 0
    left: int = 0
    failures: list[Incomplete] = field(default_factory=list)
    _starts: dict[str, httpx.Response | None] = field(default_factory=dict)
    _owned: dict[str, list[Thing]] = field(default_factory=dict)

    @property
    def root(self) -> str:
        return self.site.target.roots[0]

    def owned(self, name: str) -> list[Thing]:
        """What `name` owns by the targets file."""
        if name not in self._owned:
            self._owned[name] = []
            try:
                self._owned[name] += declared(self.site.target.identities[name])
            except Incomplete as why:
                self.failures.append(why)
        return self._owned[name]

    async def start_page(self, who: str) -> httpx.Response | None:
        """What `who` gets at the start page, asked for once."""
        if who not in self._starts:
            self._starts[who] = await self.get(who, self.root)
        return self._starts[who]

    async def get(self, who: str, target: str) -> httpx.Response | None:
        """The answer that `who` ("" is nobody) gets; None, and a failure noted, without one."""
        sent = self.site.deployment.gate.sent[self.site.by.check]
        if sent >= self.site.target.limits.max_requests * _SHARE:
            self.left += 1
            return None
        try:
            answer = await self.site.acting_as(who).get(target)
        except BudgetSpent:
            raise
        except Incomplete as why:
            self.failures.append(why)
            return None
        except (Refused, httpx.TransportError) as why:
            self.missed(f"GET {target}: {why or type(why).__name__}")
            return None
        if answer.status_code >= 500:
            self.missed(f"GET {target} answered {answer.status_code} to {who or 'nobody'}")
            return None
        return answer

    def missed(self, why: str, mend: str = "") -> None:
        """Note an object that could not be judged."""
        self.failures.append(Incomplete(why, mend))

    async def pages(self, who: str) -> set[str]:
        """The request targets of the pages that the crawl as `who` was let in to."""
        found = set()
        async for page in self.site.acting_as(who).pages():
            where = sight(page)
            if page.is_success and where.identity == who and where.path.startswith("/"):
                found.add(where.path)
        return found

    @property
    def said(self) -> str:
        done = f"{counted(self.tried, 'object')} of others tried"
        return f"{done}, {self.undecided} could not be judged" if self.undecided else done

    def complain(self) -> None:
        """Raises Incomplete when an object was left, or a question got no answer."""
        if self.left:
            raise Incomplete(
                "objects were left: the check's share of the budget of "
                f"{self.site.target.limits.max_requests} requests is spent",
                "raise limits.max_requests in the targets file, or --max-requests",
            )
        whys = {str(why): why for why in self.failures}
        if whys:
            first = next(iter(whys.values()))
            more = f" ({len(whys)} such reasons)" if len(whys) > 1 else ""
            raise Incomplete(f"not every object could be judged: {first}{more}", first.mend)

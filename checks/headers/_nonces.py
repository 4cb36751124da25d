"""Nonces that do not change: whoever has read one page knows those of the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

import httpx

from scanner import BodyMatches, HeaderMatches, Proof, Site, Take
from scanner.site.answer import again, kind_of, seen
from scanner.site.csp import SCRIPT_ELEMENTS, Policy, policies

_RUN = r"[A-Za-z0-9/_-]"
"""The characters of a nonce that mean nothing in a pattern; its first run of them is compared."""


@dataclass
class Nonces:
    """The nonces that were seen so far; one page of each folder is asked for a second time."""

    site: Site
    known: set[str] = field(default_factory=set)
    asked: set[tuple[str, str]] = field(default_factory=set)

    async def reused(self, page: httpx.Response, enforced: Sequence[Policy]) -> Proof | None:
        """The proof that a nonce of `page` comes again in a later answer, if it does."""
        mine = _nonces(enforced)
        if not mine:
            return None
        repeats = bool(mine & self.known)
        self.known |= mine
        folder = kind_of(page), urlsplit(seen(page).url).path.rpartition("/")[0]
        if not repeats and folder not in self.asked:
            self.asked.add(folder)
            asker = self.site.acting_as(seen(page).identity)
            repeats = bool(mine & _nonces(policies(await asker.get(seen(page).path))))
        return _proof(page, enforced) if repeats else None


def _nonces(enforced: Sequence[Policy]) -> set[str]:
    decided = (policy.deciding(SCRIPT_ELEMENTS) for policy in enforced)
    return {nonce for directive in decided if directive for nonce in directive.nonces}


def _proof(page: httpx.Response, enforced: Sequence[Policy]) -> Proof:
    """The page, asked for twice, gives its nonce twice."""
    if all(policy.meta for policy in enforced):
        start = r"(?is)content-security-policy.{0,4000}?nonce-"
        take = Take("nonce", "body", rf"{start}({_RUN}+)")
        same: BodyMatches | HeaderMatches = BodyMatches(rf"{start}{{nonce}}(?!{_RUN})")
    else:
        take = Take("nonce", "content-security-policy", rf"(?i)'nonce-({_RUN}+)")
        same = HeaderMatches("content-security-policy", rf"(?i)'nonce-{{nonce}}(?!{_RUN})")
    asked = again(page)
    return Proof((replace(asked, takes=(take,)), asked), (same,))

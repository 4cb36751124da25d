"""From what a check yields to what a report holds: routes, merging, and proof."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, replace

import httpx

from scanner.contract import Incomplete, Skip
from scanner.gate import Refused
from scanner.model import AtUrl, Finding, InFile, Location
from scanner.site.proving import prove
from scanner.site.site import Site
from scanner.text import counted, one_line

_TRIES = 3
"""How many places of one fingerprint are asked before it counts as not confirmed."""

_GIVES_UP = 3
"""So many proofs in a row that could not be asked: the target is gone, the rest is not tried."""

_CANNOT_BE_ASKED = (Incomplete, Refused, Skip, httpx.TransportError)


@dataclass
class _Merged:
    """One finding as it is told, every place of it by its text, and the finding at the first
    of these places in their order, which comes from run to run whatever was crawled first."""

    finding: Finding
    places: dict[str, Location]
    first: Finding


class Settled:
    """The findings of one check so far, each fingerprint once, in the order they came."""

    def __init__(self) -> None:
        self._found: dict[str, _Merged] = {}
        self._refuted: Counter[tuple[str, str]] = Counter()
        self._unasked: dict[str, str] = {}
        self._failures_in_a_row = 0

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every finding; its further places are in order, whichever was seen first."""
        return tuple(_told(merged) for merged in self._found.values())

    @property
    def unconfirmed(self) -> int:
        """Suspicions that did not hold when they were asked again."""
        return sum(1 for fingerprint, rule in self._refuted if not self._has(fingerprint, rule))

    @property
    def unasked(self) -> str:
        """How many suspicions could not be asked again, and why not; empty when all were."""
        if not self._unasked:
            return ""
        first = next(iter(self._unasked.values()))
        number = counted(len(self._unasked), "suspicion")
        return f"{number} could not be asked again, the first: {first}"

    def add(self, finding: Finding) -> None:
        """Take a finding as it is, or as further places of one that is known."""
        self._add(finding.fingerprint, finding)

    def _add(self, fingerprint: str, finding: Finding) -> None:
        known = self._found.get(fingerprint)
        places = {str(place): place for place in reversed(finding.places)}
        if known is None:
            self._found[fingerprint] = _Merged(finding, places, finding)
        elif finding.rule.severity > known.finding.rule.severity:
            # What is worse is what is told, with its own message, proof and place.
            self._found[fingerprint] = _Merged(finding, known.places | places, finding)
        else:
            for text, place in places.items():
                known.places.setdefault(text, place)
            same = finding.rule.id == known.finding.rule.id
            if same and str(finding.where) < str(known.first.where):
                known.first = finding

    async def settle(self, finding: Finding, subject: object) -> None:
        """Merge `finding`, and believe a live one only when its proof, run again, holds."""
        if isinstance(finding.where, InFile):
            self.add(finding)
            return
        if not isinstance(subject, Site):
            raise TypeError(f"{finding.rule.id} was found on a URL by a check of files")
        finding = _located(finding, subject)
        fingerprint = finding.fingerprint
        known = self._found.get(fingerprint)
        if known is not None and finding.rule.severity <= known.finding.rule.severity:
            self._add(fingerprint, finding)
            return
        if self._refuted[fingerprint, finding.rule.id] >= _TRIES:
            return
        try:
            proven = await self._proven(finding, subject)
        except _CANNOT_BE_ASKED as why:
            self._unasked.setdefault(fingerprint, f"{finding.where}: {one_line(str(why))}")
            self._failures_in_a_row += 1
            return
        self._failures_in_a_row = 0
        if proven is None:
            self._refuted[fingerprint, finding.rule.id] += 1
        else:
            self._unasked.pop(fingerprint, None)
            self._add(fingerprint, proven)

    async def tell_the_first(self, site: Site) -> None:
        """Prove each finding at the first of its places in their order, where it was proved at
        another, so that the same place is told from run to run."""
        for merged in self._found.values():
            if merged.first.where == merged.finding.where:
                continue
            with suppress(*_CANNOT_BE_ASKED):
                merged.finding = await self._proven(merged.first, site) or merged.finding

    def _has(self, fingerprint: str, rule: str) -> bool:
        merged = self._found.get(fingerprint)
        return merged is not None and merged.finding.rule.id == rule

    async def _proven(self, finding: Finding, site: Site) -> Finding | None:
        proof = finding.proof
        if proof is None:
            raise Incomplete(f"{finding.rule.id} came without a proof: {finding.message}")
        if proof.once:
            return finding
        if self._failures_in_a_row >= _GIVES_UP:
            raise Incomplete("the target does not answer any more")
        result = await prove(site.acting_as(""), proof)
        if not result.holds:
            return None
        return replace(finding, evidence=result.evidence, curl=result.curl, confidence="confirmed")


def _told(merged: _Merged) -> Finding:
    further = sorted(merged.places.keys() - {str(merged.finding.where)})
    return replace(merged.finding, also=tuple(merged.places[text] for text in further))


def _located(finding: Finding, site: Site) -> Finding:
    """The finding with its route templates, which need the whole crawl to be known."""
    where, *also = (
        replace(place, route=site.deployment.template(place.url))
        if isinstance(place, AtUrl) and not place.route
        else place
        for place in finding.places
    )
    return replace(finding, where=where, also=tuple(also))

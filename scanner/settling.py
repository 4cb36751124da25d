"""From what a check yields to what a report holds: routes, merging, and proof."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from scanner.contract import Incomplete
from scanner.model import AtUrl, Finding, InFile
from scanner.site.proving import prove
from scanner.site.site import Site

_TRIES = 3
"""How many places of one fingerprint are asked before it counts as not confirmed."""


@dataclass
class Settled:
    """The findings of one check so far, each fingerprint once, in the order they came."""

    found: dict[str, Finding] = field(default_factory=dict)
    refuted: Counter[str] = field(default_factory=Counter)
    unasked: list[str] = field(default_factory=list)

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(self.found.values())

    @property
    def unconfirmed(self) -> int:
        """Suspicions that did not hold when they were asked again."""
        return sum(1 for fingerprint in self.refuted if fingerprint not in self.found)

    def add(self, finding: Finding) -> bool:
        """Take a finding as it is. Returns False when it became a further place of another."""
        fingerprint = finding.fingerprint
        known = self.found.get(fingerprint)
        if known is None:
            self.found[fingerprint] = finding
            return True
        places = {str(place) for place in known.places}
        fresh = tuple(place for place in finding.places if str(place) not in places)
        rule = max(known.rule, finding.rule, key=lambda rule: rule.severity)
        self.found[fingerprint] = replace(known, rule=rule, also=(*known.also, *fresh))
        return False

    async def settle(self, finding: Finding, subject: object) -> None:
        """Merge `finding`, and believe a live one only when its proof, run again, holds.

        Raises Incomplete and httpx's transport errors when the proof could not be tried.
        """
        if isinstance(finding.where, InFile):
            self.add(finding)
            return
        assert isinstance(subject, Site)  # noqa: S101  (only live checks find on URLs)
        finding = await _located(finding, subject)
        fingerprint = finding.fingerprint
        if fingerprint in self.found:
            self.add(finding)
        elif self.refuted[fingerprint] < _TRIES:
            proven = await self._proven(finding, subject)
            if proven is None:
                self.refuted[fingerprint] += 1
            else:
                self.add(proven)

    async def _proven(self, finding: Finding, site: Site) -> Finding | None:
        proof = finding.proof
        if proof is None:
            raise Incomplete(f"{finding.rule.id} came without a proof: {finding.message}")
        if proof.once:
            return finding
        result = await prove(site.acting_as(""), proof)
        if not result.holds:
            return None
        return replace(finding, evidence=result.evidence, curl=result.curl, confidence="confirmed")


async def _located(finding: Finding, site: Site) -> Finding:
    """The finding with its route templates, which need the whole crawl to be known."""
    where, *also = (
        replace(place, route=site.deployment.template(place.url))
        if isinstance(place, AtUrl) and not place.route
        else place
        for place in finding.places
    )
    return replace(finding, where=where, also=tuple(also))

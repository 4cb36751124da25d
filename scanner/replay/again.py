"""A recorded proof, run once more through the gate."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import httpx
from selectolax.lexbor import SelectolaxError

from scanner.address import is_loopback
from scanner.contract import Check, Incomplete, Skip
from scanner.gate import Refused
from scanner.masking import Masker
from scanner.model import Exchange, Probes
from scanner.plan import addresses_of, granted
from scanner.proof import LogIn, Proof, Request
from scanner.replay.aim import aim
from scanner.replay.recorded import recorded
from scanner.replay.soundness import needed
from scanner.scope import LEVELS
from scanner.site.deployment import deploy
from scanner.site.proving import Proven, prove
from scanner.site.site import Site
from scanner.targets import Target, TargetsFile, secrets_of
from scanner.text import one_line, printable

Outcome = Literal["gone", "holds", "untried"]
_EXIT_CODES: dict[Outcome, int] = {"gone": 0, "holds": 1, "untried": 3}
_SAYS_NOTHING = frozenset({429, 502, 503, 504})
"""A service that is busy or away: a flaw that does not show then is not mended."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of it. `reason` and `mend` are for one that could not be tried, or is gone."""

    outcome: Outcome
    rule: str
    message: str
    url: str
    reason: str = ""
    mend: str = ""
    evidence: tuple[Exchange, ...] = ()
    curl: str = ""

    @property
    def exit_code(self) -> int:
        return _EXIT_CODES[self.outcome]

    def __str__(self) -> str:
        what = one_line(f"{self.rule} at {self.url}")
        if self.outcome == "holds":
            lines = [f"It still holds: {what}", one_line(self.message), printable(self.curl)]
        elif self.outcome == "gone":
            lines = [f"It is gone: {what}", one_line(self.reason)]
        else:
            mend = f"To mend it: {one_line(self.mend)}" if self.mend else ""
            lines = [f"It could not be tried: {one_line(self.reason, 600)}", mend]
        return "\n".join(line for line in lines if line)


async def replay(
    report: Path,
    fingerprint: str,
    *,
    checks: Iterable[Check[Any]] = (),
    file: TargetsFile | None = None,
    target: str | None = None,
    today: datetime.date | None = None,
) -> Replayed:
    """Try the finding of `report` whose fingerprint begins with `fingerprint` once more.

    `checks` say how much each sends; a proof of none of them counts as active. Credentials and
    scope come from `file`; without it only loopback is asked. `target` is what `--target` names.
    Raises BadReport and BadTargets for wrong usage.
    """
    found = recorded(report, fingerprint)
    masker = Masker(secrets_of(file) if file else ())
    url = found.url
    try:
        if found.proof is None:
            raise Incomplete(found.unprovable)
        chosen = aim(found, file, target)
        url = chosen.url
        level = needed(found.proof, _declared(found.rule, checks))
        proven = await _tried(found.proof, chosen, level, masker, file, today)
    except Incomplete as why:
        outcome: Outcome = "untried"
        said = Replayed(outcome, found.rule, found.message, url, str(why), why.mend)
    else:
        outcome = "holds" if proven.holds else "gone"
        evidence, curl = proven.evidence, proven.curl
        said = Replayed(outcome, found.rule, found.message, url, proven.against, "", evidence, curl)
    return replace(
        said,
        message=masker.text(said.message),
        reason=masker.text(said.reason),
        evidence=masker.everywhere(said.evidence),
        curl=masker.text(said.curl),
    )


def _declared(rule: str, checks: Iterable[Check[Any]]) -> Probes | None:
    return next((c.probes for c in checks if rule == c.id or rule.startswith(f"{c.id}/")), None)


async def _tried(
    proof: Proof,
    target: Target,
    level: Probes,
    masker: Masker,
    file: TargetsFile | None,
    today: datetime.date | None,
) -> Proven:
    """What came of `proof`. Raises Incomplete when it cannot be said."""
    addresses = await addresses_of(target)
    if file is None and not all(is_loopback(found) for found in addresses.values()):
        raise Incomplete(
            f"{target.url} leads away from this machine, and nothing was sent",
            "name the targets file that has it with --config",
        )
    profile, allowed = granted(target, addresses, today or datetime.date.today())
    if LEVELS[level] > LEVELS[allowed]:
        raise Incomplete(
            f"it sends {level} probes, and only {allowed} ones may be sent (profile {profile})",
            "let the target's profile and authorization allow it",
        )
    known = {host: found for host, found in addresses.items() if found}
    async with deploy(target, allowed, masker, known) as deployment:
        return await _prove(deployment.site("replay", level), proof)


async def _prove(site: Site, proof: Proof) -> Proven:
    try:
        _look_before(site, proof)
        proven = await prove(site, proof)
    except (Refused, Skip) as why:
        raise Incomplete(f"it was not sent: {why}", "see the scope and the identities") from None
    except httpx.TransportError as error:
        reason = str(error) or type(error).__name__
        raise Incomplete(reason, "start the target, or correct its url") from None
    except (ValueError, re.error, SelectolaxError) as error:
        raise Incomplete(f"the proof cannot be run: {error}") from None
    away = {one.status for one in proven.evidence} & _SAYS_NOTHING
    if away and not proven.holds:
        raise Incomplete(f"the target answered {min(away)}, which says nothing", "try again later")
    return proven


def _look_before(site: Site, proof: Proof) -> None:
    """Ask the gate for every step before the first is sent: a report that leads elsewhere half
    way through sends nothing at all."""
    for step in proof.steps:
        asker = site.acting_as(step.identity if isinstance(step, Request | LogIn) else "")
        if isinstance(step, Request) and (why := asker.refusal(step.method, step.target)):
            raise Refused(why)

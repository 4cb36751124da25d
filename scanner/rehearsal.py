"""Every login of a target tried once, told step by step, before a scan depends on it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from scanner.contract import Incomplete
from scanner.masking import Masker
from scanner.site.deployment import deploy
from scanner.targets import Target


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """One identity at one login: what was asked and answered, and why it failed if it did."""

    identity: str
    login: str
    steps: tuple[str, ...]
    failure: str = ""
    mend: str = ""


async def rehearse(target: Target, masker: Masker) -> AsyncIterator[Rehearsed]:
    """Log every identity of `target` in at every login that fits it, one after the other.

    Nothing else is sent. Raises Incomplete when the target cannot be opened.
    """
    async with deploy(target, "passive", masker) as deployment:
        for name in deployment.sessions.names:
            try:
                ways = deployment.sessions.ways(name)
            except Incomplete as why:
                yield Rehearsed(name, "", (), masker.text(str(why)), why.mend)
                continue
            for login, caller in ways.items():
                failure, mend = "", ""
                try:
                    await deployment.sessions.enter(caller)
                except Incomplete as why:
                    # The usual advice is to run this very command.
                    failure, mend = str(why), "" if "wallwalk login" in why.mend else why.mend
                steps = tuple(masker.text(step) for step in caller.steps)
                yield Rehearsed(name, login, steps, masker.text(failure), mend)

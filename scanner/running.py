"""One check on one subject, ended in one outcome, whatever happens in it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import httpx

from scanner.contract import Check, Incomplete, Skip, Yields
from scanner.gate import Refused
from scanner.model import CheckRun, Note, Outcome
from scanner.settling import Settled
from scanner.site.site import Site
from scanner.stop import Stop
from scanner.text import counted, one_line


@dataclass(frozen=True)
class Ending:
    outcome: Outcome
    reason: str = ""
    mend: str = ""


async def run_check(check: Check[Any], name: str, subject: Any, stop: Stop) -> CheckRun:
    """Run `check` on `subject`, which reports call `name`.

    What it found before it failed, was stopped or could not go on is kept.
    """
    clock = time.monotonic()
    settled, notes = Settled(), list[str]()
    site = subject if isinstance(subject, Site) else None
    ending = await _ending(check, subject, stop, settled, notes)
    if settled.findings and ending.outcome is not Outcome.INCOMPLETE:
        ending = Ending(Outcome.FAILED)
    if settled.unconfirmed:
        notes.append(f"{counted(settled.unconfirmed, 'suspicion')} did not hold when asked again")
    return CheckRun(
        check=check.id,
        title=check.rule.title,
        subject=name,
        live=site is not None,
        outcome=ending.outcome,
        findings=settled.findings,
        reason=one_line(ending.reason, 600),
        mend=ending.mend,
        notes=tuple(notes),
        requests=site.deployment.gate.sent[check.id] if site else 0,
        seconds=round(time.monotonic() - clock, 3),
    )


async def _ending(
    check: Check[Any], subject: Any, stop: Stop, settled: Settled, notes: list[str]
) -> Ending:
    try:
        await stop.or_done(_collect(check, subject, settled, notes))
        if isinstance(subject, Site) and (short := subject.deployment.shortfall(check.id)):
            return Ending(Outcome.INCOMPLETE, *short)
    except Skip as why:
        return Ending(Outcome.NOT_APPLICABLE, str(why))
    except Incomplete as incomplete:
        return Ending(Outcome.INCOMPLETE, str(incomplete), incomplete.mend)
    except Refused as why:
        mend = "widen the target's scope, or accept it in accepted_incomplete"
        return Ending(Outcome.INCOMPLETE, f"a request was not let out: {why}", mend)
    except httpx.TransportError as error:
        return Ending(Outcome.INCOMPLETE, str(error) or type(error).__name__)
    except Exception as error:  # a broken check must not take the others down
        reason = f"the check broke: {type(error).__name__}: {error}"
        return Ending(Outcome.INCOMPLETE, reason, "this is a defect of the check: report it")
    return Ending(Outcome.PASSED)


async def _collect(check: Check[Any], subject: Any, settled: Settled, notes: list[str]) -> None:
    yields = check.run(subject)
    if isinstance(yields, AsyncIterator):
        async with aclosing(yields) as items:  # type: ignore[type-var]
            async for item in items:
                await _take(item, subject, settled, notes)
        return
    drained: list[Yields] = []
    try:
        await asyncio.to_thread(_drain, yields, drained)
    finally:
        for item in drained:
            await _take(item, subject, settled, notes)


def _drain(yields: Iterator[Yields], into: list[Yields]) -> None:
    for item in yields:
        into.append(item)


async def _take(item: Yields, subject: Any, settled: Settled, notes: list[str]) -> None:
    if isinstance(item, Note):
        notes.append(one_line(item.text))
    else:
        await settled.settle(item, subject)

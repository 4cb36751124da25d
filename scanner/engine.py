"""Runs a plan: every planned check on every subject ends in exactly one outcome."""

from __future__ import annotations

import asyncio
import datetime
import inspect
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from typing import Any

from scanner.contract import Check, Incomplete
from scanner.events import CheckFinished, CheckStarted, Event, Said, ScanStarted
from scanner.masking import Masker
from scanner.model import CheckRun, Outcome, Report, TargetFacts
from scanner.plan import SOURCE, Plan, SitePlan, SourcePlan
from scanner.running import run_check
from scanner.site.deployment import Deployment, NoHandshake, deploy
from scanner.start import started
from scanner.stop import Stop
from scanner.targets import secrets_of
from scanner.text import counted, one_line
from scanner.verdict import judged

Listener = Callable[[Event], None]
_TARGETS_AT_ONCE = 4
_THREADS_AT_ONCE = 4


@dataclass(frozen=True)
class Scan:
    """One scan under way: its plan, who listens, what must be masked, when to stop."""

    plan: Plan
    listen: Listener
    stop: Stop
    masker: Masker
    facts: dict[str, TargetFacts] = field(default_factory=dict)

    async def run(self, check: Check[Any], name: str, subject: Any) -> CheckRun:
        self.listen(CheckStarted(check.id, name))
        return self.heard(await run_check(check, name, subject, self.stop))

    def heard(self, run: CheckRun) -> CheckRun:
        if self.plan.source:
            self.masker.add(self.plan.source.source.secrets)
        run = self.masker.everywhere(run)
        self.listen(CheckFinished(run))
        return run


async def scan(plan: Plan, listen: Listener, stop: Stop) -> Report:
    """Run `plan` and return its report, also when `stop` ends it early.

    Whatever a check does, it takes no other check down; the report has one outcome for each
    pair of check and subject, and every text in it is masked.
    """
    began, clock = datetime.datetime.now(datetime.UTC), time.monotonic()
    here = Scan(plan, listen, stop, Masker(secrets_of(plan.options.file)))
    listen(ScanStarted(plan.count))
    if (limit := plan.options.max_time) is not None:
        reason = f"the time limit of {limit:g} s (--max-time) ran out"
        asyncio.get_running_loop().call_later(limit, stop.now, reason, False, "raise --max-time")
    turn = asyncio.Semaphore(_TARGETS_AT_ONCE)
    jobs = [_scan_site(here, site, turn) for site in plan.sites]
    if plan.source:
        jobs.append(_scan_source(here, plan.source))
    runs = [run for batch in await asyncio.gather(*jobs) for run in batch]
    runs += [here.heard(run) for run in plan.settled]
    report = Report(
        version=version("wallwalk"),
        started=began.isoformat(timespec="seconds").replace("+00:00", "Z"),
        seconds=round(time.monotonic() - clock, 3),
        runs=tuple(runs),
        not_planned=plan.not_planned,
        targets=tuple(here.facts[site.target.name] for site in plan.sites),
        source=str(plan.options.root) if plan.source else "",
        source_notes=tuple(plan.source.source.notes) if plan.source else (),
        partial=plan.options.narrowed,
        notes=plan.options.notes,
        interrupted=stop.interrupted,
        fail_on=plan.options.fail_on,
        allow_incomplete=plan.options.allow_incomplete,
    )
    return here.masker.everywhere(judged(report, plan))


async def _scan_source(here: Scan, plan: SourcePlan) -> list[CheckRun]:
    """All checks of files: few at once in threads, since one interpreter computes one at a time
    and live checks measure how long answers take."""
    turn = asyncio.Semaphore(_THREADS_AT_ONCE)

    async def run(check: Check[Any]) -> CheckRun:
        if inspect.isasyncgenfunction(check.run):
            return await here.run(check, SOURCE, plan.source)
        async with turn:
            return await here.run(check, SOURCE, plan.source)

    return list(await asyncio.gather(*(run(check) for check in plan.checks)))


async def _scan_site(here: Scan, plan: SitePlan, turn: asyncio.Semaphore) -> list[CheckRun]:
    """All checks of one target: crawl, passive ones, active ones, then those alone."""
    name, checks = plan.target.name, plan.checks
    here.facts[name] = _facts(plan, here)
    runs = [here.heard(_barred(check, name)) for check in plan.barred]
    if not checks:
        return runs
    async with AsyncExitStack() as stack:
        try:
            deployment = await _opened(here, plan, stack, turn)
            await here.stop.or_done(_arrive(here, plan, deployment))
        except NoHandshake as why:
            # What needs no page can still look, and say what is wrong with the handshake.
            runs += [here.heard(_unreached(check, name, why)) for check in checks if check.crawled]
            checks = tuple(check for check in checks if not check.crawled)
        except Exception as error:  # what is odd about one target must not take the others down
            reason = error if isinstance(error, Incomplete) else _unforeseen(error)
            return runs + [here.heard(_unreached(check, name, reason)) for check in checks]
        for stage in _stages(checks):
            jobs = (here.run(c, name, deployment.site(c.id, c.probes)) for c in stage)
            runs += await asyncio.gather(*jobs)
    return runs


async def _opened(
    here: Scan, plan: SitePlan, stack: AsyncExitStack, turn: asyncio.Semaphore
) -> Deployment:
    """The target, started where that is asked for, until `stack` ends."""
    await here.stop.or_done(stack.enter_async_context(turn))
    await _start(here, plan, stack)
    opening = deploy(plan.target, plan.level, here.masker, plan.addresses)
    deployment = await here.stop.or_done(stack.enter_async_context(opening))
    stack.callback(_tell, here, plan.target.name, deployment)
    return deployment


def _unforeseen(error: Exception) -> Incomplete:
    said = f"the target could not be opened: {type(error).__name__}: {one_line(str(error))}"
    return Incomplete(said, "this is a defect of wallwalk: report it")


def _tell(here: Scan, name: str, deployment: Deployment) -> None:
    """Keep what reports say of the target, also when the scan ends before its checks do."""
    facts = here.facts[name]
    here.facts[name] = replace(
        facts,
        requests=deployment.gate.total,
        reached=deployment.gate.answered > 0,
        notes=(*facts.notes, *deployment.notes),
    )


async def _start(here: Scan, plan: SitePlan, stack: AsyncExitStack) -> None:
    if plan.target.start is None:
        return
    if here.plan.options.start:
        await here.stop.or_done(stack.enter_async_context(started(plan.target)))
    else:
        here.listen(Said(plan.target.name, "has a start command, which only --start runs"))


async def _arrive(here: Scan, plan: SitePlan, deployment: Deployment) -> None:
    """Reach the target, and crawl it where a check wants to know its surface."""
    await deployment.reach()
    if any(check.crawled for check in plan.checks):
        await deployment.explore()
        pages = sum(surface.size for surface in deployment.surfaces.values())
        here.listen(Said(plan.target.name, f"crawled {counted(pages, 'page')}"))


def _stages(checks: Iterable[Check[Any]]) -> Iterator[list[Check[Any]]]:
    together = [check for check in checks if not check.alone]
    for passive in (True, False):
        if stage := [check for check in together if (check.probes == "passive") is passive]:
            yield stage
    for check in checks:
        if check.alone:
            yield [check]


def _barred(check: Check[Any], target: str) -> CheckRun:
    reason = f"{check.probes} probes off loopback need the target's authorization"
    mend = "add authorization (by, ticket, until) to the target, or scan with --profile pr"
    return _undone(check, target, reason, mend)


def _unreached(check: Check[Any], target: str, why: Incomplete) -> CheckRun:
    return _undone(check, target, str(why), why.mend)


def _undone(check: Check[Any], target: str, reason: str, mend: str) -> CheckRun:
    title = check.rule.title
    return CheckRun(check.id, title, target, True, Outcome.INCOMPLETE, reason=reason, mend=mend)


def _facts(plan: SitePlan, here: Scan) -> TargetFacts:
    target, consent = plan.target, plan.target.authorization
    notes = []
    if target.verify is False:
        notes.append("TLS certificates were not verified (verify: false)")
    if target.start and not here.plan.options.start:
        notes.append("its start command was not run (--start)")
    said = f"{consent.by}, {consent.ticket}, until {consent.until}" if consent else ""
    return TargetFacts(
        name=target.name,
        url=target.url,
        profile=plan.profile,
        authorization=said,
        declared_in=here.plan.options.file_name,
        line=target.line or 1,
        reached=False,
        notes=tuple(notes),
    )

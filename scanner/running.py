"""One check on one subject, ended in one outcome, whatever happens in it."""

from __future__ import annotations

import asyncio
import inspect
import threading
import time
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from scanner.contract import Check, Incomplete, Skip
from scanner.gate import Refused
from scanner.model import CheckRun, Finding, InFile, Note, Outcome
from scanner.settling import Settled
from scanner.site.site import Site
from scanner.stop import Stop
from scanner.text import counted, one_line
from scanner.threads import in_thread

_LONGEST_MESSAGE = 2_000
_MOST_NOTES = 100
_BREATH = 100


class Broke(Exception):
    """A check did what no check may do; the message says what."""


@dataclass(frozen=True)
class Ending:
    outcome: Outcome
    reason: str = ""
    mend: str = ""


@dataclass
class Taken:
    """What has come of a check so far."""

    settled: Settled = field(default_factory=Settled)
    remarks: list[str] = field(default_factory=list)
    further_remarks: int = 0

    def note(self, item: Any) -> None:
        """Take a remark. Raises Broke for what is none."""
        if not isinstance(item, Note):
            what = type(item).__name__
            raise Broke(f"it yielded a {what}, which is neither a finding nor a note")
        if len(self.remarks) < _MOST_NOTES:
            self.remarks.append(one_line(item.text))
        else:
            self.further_remarks += 1

    @property
    def notes(self) -> tuple[str, ...]:
        """The check's remarks, and those of the engine about its findings."""
        notes = list(self.remarks)
        if self.further_remarks:
            notes.append(f"{counted(self.further_remarks, 'remark')} more like these")
        if self.settled.unconfirmed:
            suspicions = counted(self.settled.unconfirmed, "suspicion")
            notes.append(f"{suspicions} did not hold when asked again")
        return tuple(notes)


async def run_check(check: Check[Any], name: str, subject: Any, stop: Stop) -> CheckRun:
    """Run `check` on `subject`, which reports call `name`.

    What it found before it failed, was stopped or could not go on is kept.
    """
    clock = time.monotonic()
    taken = Taken()
    site = subject if isinstance(subject, Site) else None
    ending = await _ending(check, subject, stop, taken)
    findings = taken.settled.findings
    if taken.settled.unasked:
        known = ending.reason if ending.outcome is Outcome.INCOMPLETE else ""
        reason = "; ".join(filter(None, (known, taken.settled.unasked)))
        ending = Ending(Outcome.INCOMPLETE, reason, ending.mend)
    elif findings and ending.outcome is not Outcome.INCOMPLETE:
        ending = Ending(Outcome.FAILED)
    return CheckRun(
        check=check.id,
        title=check.rule.title,
        subject=name,
        live=site is not None,
        outcome=ending.outcome,
        findings=findings,
        reason=one_line(ending.reason, 600),
        mend=one_line(ending.mend, 600),
        notes=taken.notes,
        requests=site.deployment.gate.sent[check.id] if site else 0,
        seconds=round(time.monotonic() - clock, 3),
    )


async def _ending(check: Check[Any], subject: Any, stop: Stop, taken: Taken) -> Ending:
    ending = Ending(Outcome.PASSED)
    try:
        await stop.or_done(_collect(check, subject, taken))
    except Skip as why:
        ending = Ending(Outcome.NOT_APPLICABLE, _told(why))
    except Incomplete as incomplete:
        return Ending(Outcome.INCOMPLETE, _told(incomplete), str(incomplete.mend))
    except Refused as why:
        mend = "widen the target's scope, or accept it in accepted_incomplete"
        return Ending(Outcome.INCOMPLETE, f"a request was not let out: {_told(why)}", mend)
    except httpx.TransportError as error:
        return Ending(Outcome.INCOMPLETE, _told(error) or type(error).__name__)
    except Exception as error:  # a broken check must not take the others down
        what = f"{type(error).__name__}: " if not isinstance(error, Broke) else ""
        reason = f"the check broke: {what}{_told(error)}"
        return Ending(Outcome.INCOMPLETE, reason, "this is a defect of the check: report it")
    if isinstance(subject, Site) and (short := subject.deployment.shortfall(check.id)):
        return Ending(Outcome.INCOMPLETE, *short)
    return ending


def _told(error: Exception) -> str:
    """What an exception says; one that cannot even do that says so."""
    try:
        return str(error)
    except Exception:
        return "(its message cannot be read)"


async def _collect(check: Check[Any], subject: Any, taken: Taken) -> None:
    """Run the check's generator, an asynchronous one on the loop, any other in a thread."""
    try:
        if inspect.isasyncgenfunction(check.run):
            await _read(check.run(subject), subject, taken)
        else:
            await _drain(check, subject, taken)
        if isinstance(subject, Site):
            await taken.settled.tell_the_first(subject)
    except (Exception, asyncio.CancelledError):
        raise
    except BaseException as error:
        # SystemExit and its like end the loop and with it the scan. They are the check's own
        # doing: a signal reaches us through `Stop`.
        raise Broke(f"it raised {type(error).__name__}") from error


async def _read(items: AsyncIterator[Any], subject: Any, taken: Taken) -> None:
    count = 0
    try:
        async for item in items:
            await _take(item, subject, taken)
            count += 1
            if count % _BREATH == 0:
                await asyncio.sleep(0)  # a generator that awaits nothing must not hold the loop
    finally:
        if inspect.isasyncgen(items):
            await items.aclose()


async def _drain(check: Check[Any], subject: Any, taken: Taken) -> None:
    """Take what `check` yields in a thread, until the scan is stopped; a live finding of it is
    settled at the end, on the loop."""
    lock, live, stopped = threading.Lock(), list[Any](), threading.Event()

    def work() -> AsyncIterator[Any] | None:
        yields: Any = check.run(subject)
        if isinstance(yields, AsyncIterator):
            return yields
        if inspect.iscoroutine(yields):
            yields.close()
        if not isinstance(yields, Iterable):
            raise Broke(f"it gave a {type(yields).__name__} instead of yielding findings")
        for item in yields:
            with lock:
                if stopped.is_set():
                    break
                if isinstance(item, Finding) and isinstance(item.where, InFile):
                    taken.settled.add(_cut(item))
                elif isinstance(item, Finding):
                    live.append(item)
                else:
                    taken.note(item)
        return None

    try:
        items = await in_thread(work)
        if items is not None:
            await _read(items, subject, taken)
    except asyncio.CancelledError:
        with lock:
            stopped.set()
        raise
    finally:
        if not stopped.is_set():
            for item in live:
                await _take(item, subject, taken)


async def _take(item: Any, subject: Any, taken: Taken) -> None:
    if isinstance(item, Finding):
        await taken.settled.settle(_cut(item), subject)
    else:
        taken.note(item)


def _cut(finding: Finding) -> Finding:
    if len(finding.message) <= _LONGEST_MESSAGE:
        return finding
    return replace(finding, message=f"{finding.message[: _LONGEST_MESSAGE - 1]}…")

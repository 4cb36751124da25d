"""What the terminal shows: progress while the scan works, and the summary after it.

Every text goes out as a plain string or `Text`, never as rich markup: messages hold `[`.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import TextIO

from rich.console import Console
from rich.padding import Padding
from rich.status import Status
from rich.text import Text

from reports.overview import (
    by_outcome,
    by_rule,
    by_severity,
    duration,
    gaps,
    reasons,
    requests,
    verdict,
)
from scanner.events import CheckFinished, CheckStarted, Event, Said, ScanStarted
from scanner.model import AtUrl, CheckRun, Finding, Outcome, Report, Severity
from scanner.text import counted, one_line, printable

MOST_PLACES = 5
"""Findings of one rule that the summary names unless it is verbose."""

_COLOURS = {
    Severity.CRITICAL: "bold white on red",
    Severity.HIGH: "bold red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
}
_TONES = {"good": "bold green", "bad": "bold red", "open": "bold yellow"}
_LONGEST = 2_000


def terminal(stream: TextIO) -> Console:
    """A console on `stream`; NO_COLOR, FORCE_COLOR and TERM=dumb are rich's to honour.

    What the stream's encoding cannot say is spelled out instead of ending the scan.
    """
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
    return _Terminal(file=stream, markup=False, highlight=False, emoji=False)


class _Terminal(Console):
    def on_broken_pipe(self) -> None:
        """Say no more: rich would end the process, and the scan with it."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())


class Progress:
    """Listens to the engine; use it as a context manager around the scan.

    On a terminal it keeps one line that says what is being done; elsewhere it writes a line
    now and then, which is what a CI log is read for. With `shown=False` it says nothing.
    """

    def __init__(self, console: Console, *, shown: bool = True) -> None:
        self._console = console
        self._shown = shown
        self._planned = self._done = self._findings = self._incomplete = 0
        self._running: dict[tuple[str, str], None] = {}
        self._status: Status | None = None
        if shown and console.file.isatty() and not console.is_dumb_terminal:
            self._status = Status(Text("starting"), console=console, spinner="dots")

    def __enter__(self) -> Progress:
        if self._status:
            self._status.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._status:
            self._status.stop()

    def __call__(self, event: Event) -> None:
        """Take in one event of the engine."""
        if self._shown:
            with suppress(OSError):  # a terminal that has gone must not end the scan
                self._take(event)

    def _take(self, event: Event) -> None:
        match event:
            case ScanStarted():
                self._planned = event.planned
                self._line(f"{counted(event.planned, 'check')} planned")
            case CheckStarted():
                self._running[event.check, event.subject] = None
            case CheckFinished():
                self._finished(event.run)
            case Said():
                self._line(f"{event.subject}: {event.text}")
        if self._status:
            self._status.update(self._now())

    def _finished(self, run: CheckRun) -> None:
        self._running.pop((run.check, run.subject), None)
        self._done += 1
        self._findings += sum(not finding.suppressed for finding in run.findings)
        if run.outcome is Outcome.INCOMPLETE:
            self._incomplete += not run.accepted
            self._line(f"{run.check} on {run.subject}: incomplete: {run.reason}")
        step = max(self._planned // 10, 1)
        if not self._status and (self._done % step == 0 or self._done == self._planned):
            self._line(self._counts())

    def _counts(self) -> str:
        known = f" of {self._planned}" if self._planned else ""
        gaps = f", {self._incomplete} incomplete" if self._incomplete else ""
        return f"{self._done}{known} checks done, {counted(self._findings, 'finding')}{gaps}"

    def _now(self) -> Text:
        check, subject = next(iter(self._running), ("", ""))
        doing = f" · {check} on {subject}" if check else ""
        room = max(self._console.width - 4, 10)
        text = Text(one_line(f"{self._counts()}{doing}"), no_wrap=True, overflow="ellipsis")
        text.truncate(room, overflow="ellipsis")
        return text

    def _line(self, text: str) -> None:
        self._console.print(Text(one_line(text)), soft_wrap=True)


def summary(report: Report, console: Console, *, verbose: bool = False) -> None:
    """Print what came of the scan: first what was not checked, last the verdict."""
    page = _Page(console)
    page.line(_headline(report))
    for note in report.notes:
        page.line(note, "yellow")
    _gaps(page, "COULD NOT BE CHECKED", report.incomplete, "bold yellow")
    _findings(page, report.findings, verbose)
    _gaps(page, "Not checked, and accepted in the targets file", report.accepted, "")
    _rest(page, report, verbose)
    told = verdict(report)
    page.gap()
    said = Text(f"{told.word}: ", style=_TONES[told.tone])
    said.append(f"{told.sentence} (exit {report.exit_code})", style="")
    page.text(said)


class _Page:
    """Lines on a console: wrapped to it when it is a terminal, whole in a pipe."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def line(self, text: str, style: str = "", indent: int = 0) -> None:
        self.text(Text(_harmless(text), style=style), indent)

    def text(self, text: Text, indent: int = 0) -> None:
        if self._console.file.isatty():
            self._console.print(Padding(text, (0, 0, 0, indent), expand=False), overflow="fold")
        else:
            self._console.print(Text(" " * indent).append(text), soft_wrap=True)

    def whole(self, text: str, style: str = "", indent: int = 0) -> None:
        """One line that is to be copied: never wrapped by us."""
        self._console.print(
            Text(" " * indent + printable(text, keep=""), style=style),
            soft_wrap=True,
            overflow="ignore",
        )

    def gap(self) -> None:
        self._console.print()


def _harmless(text: str) -> str:
    flat = printable(" ".join(text.split()), keep="")
    return flat if len(flat) <= _LONGEST else f"{flat[:_LONGEST]}…"


def _headline(report: Report) -> str:
    subjects = [f"source {report.source}"] if report.source else []
    subjects += [f"{target.name} ({target.url})" for target in report.targets]
    return f"wallwalk {report.version}: {', '.join(subjects) or 'nothing'}"


def _gaps(page: _Page, title: str, runs: Sequence[CheckRun], style: str) -> None:
    if not runs:
        return
    page.gap()
    page.line(f"{title}: {len(runs)}", style)
    for gap in gaps(runs):
        page.line(f"{', '.join(gap.checks)} on {gap.subject}", "bold", indent=2)
        page.line(gap.reason or "no reason was given", indent=4)
        if gap.mend:
            page.line(f"to mend it: {gap.mend}", "cyan", indent=4)
        if gap.accepted:
            page.line(f"accepted: {gap.accepted}", "dim", indent=4)


def _findings(page: _Page, findings: Sequence[Finding], verbose: bool) -> None:
    page.gap()
    if not findings:
        page.line("No findings.")
        return
    counts = ", ".join(f"{n} {s.word}" for s, n in by_severity(findings).items() if n)
    page.line(f"{counted(len(findings), 'finding')}: {counts}", "bold")
    for _, members in by_rule(findings):
        rule = members[0].rule
        heading = Text(f"{rule.severity.word.upper()}", style=_COLOURS[rule.severity])
        heading.append(f" {_harmless(rule.title)}", style="bold")
        heading.append(f" ({rule.id})", style="dim")
        page.gap()
        page.text(heading)
        shown = members if verbose else members[:MOST_PLACES]
        for finding in shown:
            _finding(page, finding, verbose)
        if len(shown) < len(members):
            page.line(f"and {len(members) - len(shown)} more; -v or a report shows them", "dim", 2)


def _finding(page: _Page, finding: Finding, verbose: bool) -> None:
    more = f" and {counted(len(finding.also), 'more place')}" if finding.also else ""
    page.line(f"{finding.where}{more}", "bold", indent=2)
    page.line(finding.message, indent=4)
    if not verbose:
        return
    for place in finding.also:
        page.line(str(place), indent=4)
    if isinstance(finding.where, AtUrl) and finding.curl:
        page.whole(f"$ {finding.curl}", "cyan", indent=4)
    page.line(f"fingerprint {finding.fingerprint}", "dim", indent=4)


def _rest(page: _Page, report: Report, verbose: bool) -> None:
    page.gap()
    page.line(f"Checks: {_joined(by_outcome(report.runs).items())}")
    if report.not_planned:
        grouped = reasons(report.not_planned)
        why = "; ".join(f"{counted(len(them), 'check')} ({reason})" for reason, them in grouped)
        page.line(f"Not planned: {why}")
    if report.partial:
        page.line(f"Only a part was scanned: {'; '.join(report.partial)}", "yellow")
    if report.suppressed:
        page.line(f"Suppressed: {counted(len(report.suppressed), 'finding')}")
    for finding in report.suppressed if verbose else ():
        page.line(f"{finding.rule.id} {finding.where}: {finding.suppressed}", "dim", indent=2)
    if verbose:
        _notes(page, report)
    for target in report.targets:
        allowed = f", allowed by {target.authorization}" if target.authorization else ""
        page.line(f"{target.name}: profile {target.profile}{allowed}", "dim")
    page.line(f"{duration(report.seconds)}, {counted(requests(report), 'request')}", "dim")


def _notes(page: _Page, report: Report) -> None:
    for note in report.source_notes:
        page.line(f"source: {note}", "dim")
    for target in report.targets:
        for note in target.notes:
            page.line(f"{target.name}: {note}", "dim")
    for run in report.runs:
        for note in run.notes:
            page.line(f"{run.check} on {run.subject}: {note}", "dim")


def _joined(counts: Iterable[tuple[Outcome, int]]) -> str:
    said = [f"{number} {outcome.value.replace('-', ' ')}" for outcome, number in counts if number]
    return ", ".join(said) or "none"

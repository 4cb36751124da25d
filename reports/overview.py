"""What every writer says first: the verdict, the gaps, the counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from scanner.model import CheckRun, Finding, NotPlanned, Outcome, Report, Severity
from scanner.text import counted

SEVERITIES = tuple(sorted(Severity, reverse=True))
Tone = Literal["good", "bad", "open"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`word` is what a tired person reads, `sentence` what it means; `tone` its colour."""

    word: str
    sentence: str
    tone: Tone

    def __str__(self) -> str:
        return f"{self.word}: {self.sentence}"


def verdict(report: Report) -> Verdict:
    """What the exit code means, in words that promise no more than was looked at."""
    gating = _gating(report)
    gaps = counted(len(report.incomplete), "planned check")
    match report.exit_code:
        case 130:
            seen = f" So far: {gating}." if gating else ""
            return Verdict("INTERRUPTED", f"the scan was stopped before its end.{seen}", "open")
        case 2:
            return Verdict("NOTHING TO DO", "nothing was planned, so nothing was checked.", "open")
        case 3:
            also = f" And it is not safe to deploy: {gating}." if gating else ""
            says = f"{gaps} could not be done, so this scan says nothing about that."
            return Verdict("INCOMPLETE", says + also, "open")
        case 1:
            allowed = _allowed(report, gaps)
            return Verdict("NOT SAFE TO DEPLOY", f"{gating}.{allowed}", "bad")
        case _:
            return _nothing_gates(report, gaps)


def _gating(report: Report) -> str:
    number = len(report.gating)
    if not number or report.fail_on is None:
        return ""
    if report.fail_on is Severity.CRITICAL:
        return counted(number, "critical finding")
    return f"{counted(number, 'finding')} at or over {report.fail_on.word}"


def _allowed(report: Report, gaps: str) -> str:
    return f" {gaps} could not be done; --allow-incomplete lets that pass." * bool(
        report.incomplete
    )


def _nothing_gates(report: Report, gaps: str) -> Verdict:
    found = len(report.findings)
    if report.fail_on is None:
        first = f"{_graded(report)}; with --fail-on never none of them fails the scan."
    elif report.fail_on is Severity.LOW or not found:
        first = "no findings."
    else:
        first = f"no findings at or over {report.fail_on.word}; {found} below that."
    if report.incomplete:
        return Verdict("PASSED WITH GAPS", first + _allowed(report, gaps), "open")
    rest = " Everything planned was checked."
    if report.accepted:
        gap = counted(len(report.accepted), "accepted gap")
        rest = f" Everything else planned was checked; {gap} in the targets file."
    if report.fail_on is None and found:
        return Verdict("DONE", first + rest, "open")
    return Verdict("OK", first + rest, "good")


def _graded(report: Report) -> str:
    """`53 findings, of them 6 critical and 9 high`."""
    grave = [
        f"{number} {severity.word}"
        for severity, number in by_severity(report.findings).items()
        if number and severity >= Severity.HIGH
    ]
    said = counted(len(report.findings), "finding")
    return f"{said}, of them {' and '.join(grave)}" if grave else said


def by_severity(findings: Iterable[Finding]) -> dict[Severity, int]:
    """How many findings of each severity, the gravest first; zeros too."""
    counts = Counter(f.rule.severity for f in findings)
    return {severity: counts[severity] for severity in SEVERITIES}


def by_outcome(runs: Iterable[CheckRun]) -> dict[Outcome, int]:
    counts = Counter(run.outcome for run in runs)
    return {outcome: counts[outcome] for outcome in Outcome}


@dataclass(frozen=True, slots=True)
class Gap:
    """Checks of one subject that could not be done for one reason."""

    checks: tuple[str, ...]
    subject: str
    reason: str
    mend: str
    accepted: str


def gaps(runs: Iterable[CheckRun]) -> list[Gap]:
    """What was not checked, each reason once: a target that is down is one gap, not twenty."""
    found: dict[tuple[str, str, str, str], list[str]] = {}
    for run in runs:
        key = (run.subject, run.reason, run.mend, run.accepted)
        found.setdefault(key, []).append(run.check)
    return [Gap(tuple(checks), *key) for key, checks in found.items()]


def families(report: Report) -> Iterator[tuple[str, list[CheckRun]]]:
    """The runs by family: source rooms first, then targets, each in the order of their names."""
    ordered = sorted(report.runs, key=lambda run: (run.live, run.family, run.check))
    for family, runs in groupby(ordered, key=lambda run: run.family):
        yield family, list(runs)


def gravest_first(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(
        findings, key=lambda f: (-f.rule.severity, f.rule.id, str(f.where), f.fingerprint)
    )


def by_rule(findings: Iterable[Finding]) -> Iterator[tuple[str, list[Finding]]]:
    """The findings by rule id, the gravest rules first."""
    for rule, members in groupby(gravest_first(findings), key=lambda f: f.rule.id):
        yield rule, list(members)


def reasons(not_planned: Iterable[NotPlanned]) -> list[tuple[str, list[NotPlanned]]]:
    """What was not planned by its reason, the commonest first."""
    grouped: dict[str, list[NotPlanned]] = {}
    for one in not_planned:
        grouped.setdefault(one.reason, []).append(one)
    return sorted(grouped.items(), key=lambda item: (-len(item[1]), item[0]))


def requests(report: Report) -> int:
    """Requests of the whole scan: the targets' own counts, which include crawl and logins."""
    return sum(target.requests for target in report.targets)


def duration(seconds: float) -> str:
    """`0.8 s`, `42 s`, `3 min 5 s`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60} s"

"""What the HTML report shows, ready for its template."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count

from markupsafe import Markup

from reports.overview import (
    Verdict,
    by_outcome,
    by_rule,
    by_severity,
    families,
    reasons,
    requests,
    verdict,
)
from reports.page import prose
from reports.page.deciding import deciding
from scanner.model import AtUrl, CheckRun, Finding, InFile, NotPlanned, Outcome, Report, Rule

MOST_FINDINGS = 5_000
MOST_PLACES = 200
LONGEST_MESSAGE = 6_000
EVIDENCE_BUDGET = 5_000_000
"""Characters of requests and answers in one page; a browser stays quick below that."""

_FEW = 3
"""Exchanges that are shown at once."""

_OUTCOME_ORDER = ("incomplete", "failed", "passed", "not-applicable")


@dataclass(frozen=True, slots=True)
class Talk:
    """One exchange as shown; `number` is its place among all of the finding."""

    number: int
    request: str
    response: str
    note: str


@dataclass(frozen=True, slots=True)
class Item:
    """One finding as shown: `verb` and `place` say where, `facts` what else is known.

    `decides` says what the answers had to show, `once` why they were asked for only once; of
    many exchanges `talks` are those to look at first, `rest` the others.
    """

    anchor: str
    verb: str
    place: str
    message: str
    room: str
    subject: str
    severity: str
    snippet: str
    line: int
    places: tuple[str, ...]
    more_places: int
    facts: tuple[tuple[str, str], ...]
    curl: str
    decides: tuple[str, ...]
    once: str
    exchanges: int
    talks: tuple[Talk, ...]
    rest: tuple[Talk, ...]
    evidence_left_out: bool


@dataclass(frozen=True, slots=True)
class Group:
    """The findings of one rule, and its docs."""

    rule: Rule
    anchor: str
    help: Markup
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Room:
    """A room's findings by severity; `remark` says when a zero does not mean that all is well."""

    name: str
    counts: tuple[int, ...]
    remark: str


@dataclass(slots=True)
class _Budget:
    left: int
    anchors: Iterator[int] = field(default_factory=lambda: count(1))


@dataclass(frozen=True, slots=True)
class View:
    """The whole page."""

    report: Report
    verdict: Verdict
    when: str
    severities: tuple[tuple[str, int, int], ...]
    outcomes: tuple[tuple[str, int], ...]
    rooms: tuple[Room, ...]
    groups: tuple[Group, ...]
    subjects: tuple[str, ...]
    left_out: int
    checks: tuple[CheckRun, ...]
    not_planned: tuple[tuple[str, tuple[NotPlanned, ...]], ...]
    requests: int


def view(report: Report) -> View:
    """Everything the template needs, cut to what a browser opens quickly."""
    owner = {id(f): run for run in report.runs for f in run.findings}
    shown_findings = report.findings[:MOST_FINDINGS]
    budget = _Budget(EVIDENCE_BUDGET)
    groups = tuple(
        Group(
            members[0].rule,
            f"rule-{number}",
            _help(members[0].rule),
            tuple(_item(f, owner[id(f)], budget) for f in members),
        )
        for number, (_, members) in enumerate(by_rule(shown_findings), 1)
    )
    return View(
        report=report,
        verdict=verdict(report),
        when=_when(report.started),
        severities=_bar(report.findings),
        outcomes=tuple((o.value, n) for o, n in by_outcome(report.runs).items()),
        rooms=tuple(_rooms(report.runs)),
        groups=groups,
        subjects=tuple(sorted({item.subject for group in groups for item in group.items})),
        left_out=len(report.findings) - len(shown_findings),
        checks=tuple(sorted(_all_runs(report), key=_by_outcome_then_name)),
        not_planned=tuple((why, tuple(them)) for why, them in reasons(report.not_planned)),
        requests=requests(report),
    )


def _all_runs(report: Report) -> Iterator[CheckRun]:
    for _, runs in families(report):
        yield from runs


def _by_outcome_then_name(run: CheckRun) -> tuple[int, str, str]:
    return _OUTCOME_ORDER.index(run.outcome.value), run.check, run.subject


def _when(started: str) -> str:
    moment = datetime.fromisoformat(started)
    return f"{moment.day} {moment:%B %Y, %H:%M} {moment.tzname() or ''}".rstrip()


def _bar(findings: Iterable[Finding]) -> tuple[tuple[str, int, int], ...]:
    """Each severity with its count and how many lie before it, for a stacked bar."""
    said, before = [], 0
    for severity, number in by_severity(findings).items():
        said.append((severity.word, number, before))
        before += number
    return tuple(said)


def _rooms(runs: Iterable[CheckRun]) -> list[Room]:
    """Each room with its findings by severity, the worst rooms first."""
    inside: dict[str, list[CheckRun]] = {}
    for run in runs:
        inside.setdefault(run.room, []).append(run)
    rooms = [_room(name, them) for name, them in inside.items()]
    return sorted(rooms, key=lambda room: (*(-n for n in room.counts), room.name))


def _room(name: str, runs: list[CheckRun]) -> Room:
    outcomes = {run.outcome for run in runs}
    remark = "not applicable" if outcomes == {Outcome.NOT_APPLICABLE} else ""
    if Outcome.INCOMPLETE in outcomes:
        remark = "incomplete"
    found = [f for run in runs for f in run.findings if not f.suppressed]
    return Room(name, tuple(by_severity(found).values()), remark)


def _help(rule: Rule) -> Markup:
    return prose.html(rule.help or rule.title)


def _item(finding: Finding, run: CheckRun, budget: _Budget) -> Item:
    where = finding.where
    verb, place = ("", str(where)) if isinstance(where, InFile) else (where.method, where.url)
    size = sum(
        min(len(t), LONGEST_MESSAGE) for e in finding.evidence for t in (e.request, e.response)
    )
    fits = size <= budget.left
    budget.left -= size if fits else 0
    talks = _talks(finding) if fits else []
    first = _first(finding)
    return Item(
        anchor=f"f{next(budget.anchors)}-{finding.fingerprint[:8]}",
        verb=verb,
        place=place,
        message=finding.message,
        room=run.room,
        subject=run.subject,
        severity=finding.rule.severity.word,
        snippet=where.snippet[:LONGEST_MESSAGE] if isinstance(where, InFile) else "",
        line=where.line if isinstance(where, InFile) else 0,
        places=tuple(str(p) for p in finding.also[:MOST_PLACES]),
        more_places=max(len(finding.also) - MOST_PLACES, 0),
        facts=tuple(_facts(finding, run)),
        curl=finding.curl,
        decides=tuple(deciding(finding.proof)) if finding.proof and _asked_twice(finding) else (),
        once=finding.proof.once if finding.proof else "",
        exchanges=len(finding.evidence),
        talks=tuple(talk for talk in talks if talk.number in first),
        rest=tuple(talk for talk in talks if talk.number not in first),
        evidence_left_out=bool(finding.evidence) and not fits,
    )


def _asked_twice(finding: Finding) -> bool:
    """Whether the evidence is that of the proof, step by step."""
    proof = finding.proof
    return proof is not None and not proof.once and len(proof.steps) == len(finding.evidence)


def _talks(finding: Finding) -> list[Talk]:
    return [
        Talk(number, _cut(e.request), _cut(e.response), e.note)
        for number, e in enumerate(finding.evidence, 1)
    ]


def _first(finding: Finding) -> Collection[int]:
    """The numbers of the exchanges to look at first: all of a few, else what the curl line
    repeats."""
    count = len(finding.evidence)
    if count <= _FEW or not _asked_twice(finding) or finding.proof is None:
        return range(1, min(count, _FEW) + 1)
    return (finding.proof.shows % count + 1,)


def _facts(finding: Finding, run: CheckRun) -> Iterator[tuple[str, str]]:
    where = finding.where
    if isinstance(where, AtUrl):
        yield "Target", where.target
        if where.parameter:
            yield "Parameter", f"{where.parameter} ({where.parameter_in})"
        if where.identities:
            yield "As", ", ".join(where.identities)
    if finding.about:
        yield "About", finding.about
    if finding.confidence:
        yield "Confidence", finding.confidence
    yield "Found by", run.check
    yield "Fingerprint", finding.fingerprint


def _cut(text: str) -> str:
    lines = text.replace("\r\n", "\n").rstrip("\n")
    if len(lines) <= LONGEST_MESSAGE:
        return lines
    return f"{lines[:LONGEST_MESSAGE]}\n… {len(lines) - LONGEST_MESSAGE} more characters"

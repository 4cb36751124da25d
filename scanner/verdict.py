"""What the user's own words do to a report: selection, suppressions, accepted incompletes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from scanner.model import CheckRun, Finding, InFile, Location, Outcome, Report, Rule
from scanner.plan import Plan
from scanner.selection import has_prefix
from scanner.source import Source
from scanner.targets import AcceptedIncomplete, Suppression, matches


def judged(report: Report, plan: Plan) -> Report:
    """`report` with what was selected away taken out, what is suppressed marked, and what is
    accepted noted. An expired entry no longer holds; it and an unused one are named.
    """
    options = plan.options
    today = options.today
    valid = [s for s in options.file.suppressions if s.until >= today]
    accepted = [a for a in options.file.accepted_incomplete if a.until >= today]
    used: set[int] = set()
    notes = [
        f"the suppression of {s.check} ended on {s.until} and no longer holds"
        for s in options.file.suppressions
        if s.until < today
    ] + [
        f"the accepted incomplete {a.check} ended on {a.until} and no longer holds"
        for a in options.file.accepted_incomplete
        if a.until < today
    ]
    source = plan.source.source if plan.source else None
    runs = []
    for run in report.runs:
        kept = [f for f in run.findings if options.selection.keeps(run.check, f)]
        marked = tuple(_marked(f, run.check, valid, source, used) for f in kept)
        runs.append(_settled(replace(run, findings=marked), accepted, used))
    whole = not report.partial
    entries: tuple[Suppression | AcceptedIncomplete, ...] = (*valid, *accepted)
    for entry in entries:
        if id(entry) not in used and whole and not report.interrupted:
            kind = "suppression of" if isinstance(entry, Suppression) else "accepted incomplete"
            notes.append(f"the {kind} {entry.check} was not needed: take it out")
    return replace(
        report, runs=tuple(runs), rules=_rules(plan, runs), notes=(*report.notes, *notes)
    )


def _settled(run: CheckRun, accepted: Sequence[AcceptedIncomplete], used: set[int]) -> CheckRun:
    """The run with the outcome that its remaining findings give, and its acceptance."""
    if run.outcome is Outcome.FAILED and not [f for f in run.findings if not f.suppressed]:
        run = replace(run, outcome=Outcome.PASSED)
    if run.outcome is Outcome.INCOMPLETE:
        for entry in accepted:
            if has_prefix(run.check, entry.check):
                used.add(id(entry))
                return replace(run, accepted=f"{entry.reason} (until {entry.until})")
    return run


def _marked(
    finding: Finding,
    check: str,
    suppressions: Sequence[Suppression],
    source: Source | None,
    used: set[int],
) -> Finding:
    for entry in suppressions:
        if not any(has_prefix(id, entry.check) for id in (check, finding.rule.id)):
            continue
        if entry.path is None or all(matches(entry.path, _path(p)) for p in finding.places):
            used.add(id(entry))
            reason = f"{entry.reason} (until {entry.until})"
            return replace(finding, suppressed=reason, suppressed_in="targets file")
    if source:
        ids = (check, finding.rule.id, finding.rule.identity)
        reasons = [
            (source.ignored(place, ids) or "") if isinstance(place, InFile) else ""
            for place in finding.places
        ]
        if all(reasons):
            return replace(finding, suppressed=reasons[0], suppressed_in="source")
    return finding


def _path(place: Location) -> str:
    return f"/{place.path}" if isinstance(place, InFile) else urlsplit(place.url).path or "/"


def _rules(plan: Plan, runs: Iterable[CheckRun]) -> tuple[Rule, ...]:
    """The rules of every check that ran and of every finding, each id once, in order."""
    ran = {run.check for run in runs}
    rules = {rule.id: rule for c in plan.checks if c.id in ran for rule in c.rules}
    rules |= {f.rule.id: f.rule for run in runs for f in run.findings}
    return tuple(rules[id] for id in sorted(rules))

"""What the user's own words do to a report: selection, suppressions, accepted incompletes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from urllib.parse import quote, urlsplit

from scanner.model import CheckRun, Finding, InFile, Location, Outcome, Report, Rule
from scanner.plan import Plan
from scanner.selection import concerns, has_prefix
from scanner.source import Source
from scanner.targets import AcceptedIncomplete, Suppression, matches

Entry = Suppression | AcceptedIncomplete
_NAMED = 20


def judged(report: Report, plan: Plan) -> Report:
    """`report` with what was selected away taken out, what is suppressed marked, and what is
    accepted noted. An expired entry no longer holds; it and an unused one are named, and so
    are comments in the source that would ignore something and do not hold.
    """
    options = plan.options
    entries: tuple[Entry, ...] = (
        *options.file.suppressions,
        *options.file.accepted_incomplete,
    )
    expired = [entry for entry in entries if entry.until < options.today]
    suppressions = [s for s in options.file.suppressions if s.until >= options.today]
    accepted = [a for a in options.file.accepted_incomplete if a.until >= options.today]
    used: set[int] = set()
    source = plan.source.source if plan.source else None
    unreached = {target.name for target in report.targets if not target.reached}
    runs = []
    for run in report.runs:
        kept = [f for f in run.findings if options.selection.keeps(run.check, f)]
        marked = tuple(_marked(f, run.check, suppressions, source, used) for f in kept)
        run = _settled(replace(run, findings=marked), accepted, used)
        if run.live and run.subject in unreached:
            # Who accepts a gap in one check has not accepted that nothing was scanned at all.
            run = replace(run, accepted="")
        runs.append(run)
    notes = [
        f"the {_called(entry)} ended on {entry.until} and no longer holds" for entry in expired
    ]
    for entry in entries:
        if entry not in expired and id(entry) not in used and not report.interrupted:
            notes += _idle(entry, plan, report)
    notes += _idle_comments(source)
    rules = _rules(plan, runs)
    return replace(
        report,
        runs=tuple(runs),
        rules=rules,
        engines=_engines(rules),
        notes=(*report.notes, *notes),
    )


def _called(entry: Entry) -> str:
    kind = "suppression of" if isinstance(entry, Suppression) else "accepted incomplete"
    return f"{kind} {entry.check}"


def _idle(entry: Entry, plan: Plan, report: Report) -> Iterator[str]:
    """What to say of an entry that nothing needed: not a word where what it is about did not
    run, or not wholly, because then it may be needed all the same.
    """
    concerned = {check.id for check in plan.checks if concerns(check, entry.check)}
    concerned |= {run.check for run in report.runs if has_prefix(run.check, entry.check)}
    ran = [run for run in report.runs if run.check in concerned]
    left_out = any(one.check in concerned for one in report.not_planned)
    if not concerned:
        yield f"the {_called(entry)} names no check and no rule that there is: take it out"
        return
    whole = all(run.outcome is not Outcome.INCOMPLETE for run in ran)
    if ran and whole and not left_out and not report.partial:
        yield f"the {_called(entry)} was not needed: take it out"


def _idle_comments(source: Source | None) -> Iterator[str]:
    idle = list(source.idle_ignores()) if source else []
    for place in idle[:_NAMED]:
        yield f"{place}: `wallwalk: ignore` does not hold, it needs [a rule] and a reason"
    if len(idle) > _NAMED:
        yield f"{len(idle) - _NAMED} more such comments do not hold"


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
        covered = [entry.path is None or matches(entry.path, _path(p)) for p in finding.places]
        if any(covered):
            used.add(id(entry))
        if all(covered):
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
    """A place as the paths of the targets file are written: encoded, with its query."""
    if isinstance(place, InFile):
        return f"/{quote(place.path)}"
    parts = urlsplit(place.url)
    return f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"


def _rules(plan: Plan, runs: Iterable[CheckRun]) -> tuple[Rule, ...]:
    """The rules of every check that ran and of every finding, each id once, in order."""
    ran = {run.check for run in runs}
    rules = {rule.id: rule for c in plan.checks if c.id in ran for rule in c.rules}
    rules |= {f.rule.id: f.rule for run in runs for f in run.findings}
    return tuple(rules[id] for id in sorted(rules))


def _engines(rules: Iterable[Rule]) -> tuple[tuple[str, str], ...]:
    """The tools behind `rules` with their versions; empty for one that is not installed."""
    return tuple((name, _version(name)) for name in sorted({r.engine for r in rules if r.engine}))


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return ""

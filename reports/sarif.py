"""SARIF 2.1.0 as GitHub code scanning reads it: one run per source family and live target.

A file takes 20 runs, 25,000 results a run and 10 MB gzipped (GitHub, "SARIF support for code
scanning"); `split` deals with the first, `render` cuts evidence and then results for the
others and says so in the run.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sarif_om as sarif

from reports.outside import shown, unlinked
from reports.overview import families, gravest_first, verdict
from reports.sarif_data import plain
from reports.sarif_results import result
from reports.sarif_rules import driver, engines, notification, taxonomies
from scanner.model import CheckRun, NotPlanned, Outcome, Report, Rule
from scanner.text import counted

FILE = "results.sarif"
MOST_RUNS = 20
MOST_RULES = 25_000
LARGEST_FILE = 9_500_000
"""Bytes gzipped; GitHub's own limit is 10 MB."""

_SLICE = 1_000_000
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


@dataclass(frozen=True, slots=True)
class _Room:
    """How much of each run is written: results, and characters of an evidence's body."""

    results: int
    body: int


_LESS_AND_LESS = (
    _Room(25_000, 8_000),
    _Room(25_000, 1_000),
    _Room(25_000, 0),
    _Room(5_000, 0),
    _Room(1_000, 0),
    _Room(100, 0),
)


def split(report: Report) -> tuple[Report, ...]:
    """The report as those of its files, each with at most 20 families."""
    names = [family for family, _ in families(report)]
    parts = []
    for start in range(0, max(len(names), 1), MOST_RUNS):
        here = set(names[start : start + MOST_RUNS])
        parts.append(replace(report, runs=tuple(r for r in report.runs if r.family in here)))
    return tuple(parts) if len(parts) > 1 else (report,)


def render(report: Report) -> str:
    """The report as one SARIF file.

    Raises ValueError for more than 20 families: those want `split` first.
    """
    runs = list(families(report))
    if len(runs) > MOST_RUNS:
        raise ValueError(f"{len(runs)} runs do not fit into one SARIF file; split the report")
    text = ""
    for room in _LESS_AND_LESS:
        log = _text(sarif.SarifLog(schema_uri=_SCHEMA, version="2.1.0", runs=[]))
        start, end = log.split('"runs":[]')
        texts = ("".join(_run(report, family, members, room)) for family, members in runs)
        text = f'{start}"runs":[{",".join(texts)}]{end}\n'
        if len(text) <= LARGEST_FILE or _gzipped(text) <= LARGEST_FILE:
            break
    return text


def _text(value: Any) -> str:
    return json.dumps(plain(value), separators=(",", ":"))


def _gzipped(text: str) -> int:
    """The size of `text` as a gzip file, without a second copy of it in memory."""
    squeeze, size = zlib.compressobj(6, zlib.DEFLATED, 31), 0
    for start in range(0, len(text), _SLICE):
        size += len(squeeze.compress(text[start : start + _SLICE].encode()))
    return size + len(squeeze.flush())


def _run(report: Report, family: str, runs: list[CheckRun], room: _Room) -> Iterator[str]:
    """The text of one run, result by result: as objects, those of a large site take ten times
    the memory of their text.
    """
    rules, rooms = _rules(report, runs)
    index = {rule.id: position for position, rule in enumerate(rules)}
    findings = gravest_first(f for run in runs for f in run.findings)
    kept = [f for f in findings if f.rule.id in index][: room.results]
    targets = {target.name: target for target in report.targets}
    cut = _cuts(len(findings) - len(kept), room)
    run = sarif.Run(
        tool=sarif.Tool(
            driver=driver(report, rules, rooms), extensions=engines(report, rules) or None
        ),
        automation_details=sarif.RunAutomationDetails(id=f"wallwalk/{family}/"),
        column_kind="unicodeCodePoints",
        taxonomies=taxonomies(rules) or None,
        invocations=[_invocation(report, runs, index, cut)],
        results=[],
        properties=_properties(report, family, runs, cut),
    )
    start, end = _text(run).split('"results":[]')
    yield f'{start}"results":['
    for number, finding in enumerate(kept):
        one = _text(result(finding, index[finding.rule.id], targets, room.body))
        yield f",{one}" if number else one
    yield f"]{end}"


def _rules(report: Report, runs: list[CheckRun]) -> tuple[list[Rule], dict[str, str]]:
    """The rules of one SARIF run, by id, and the room that each belongs to.

    Those of the checks that ran are listed whether used or not; those of tools and advisories
    only when used.
    """
    found = {f.rule.id: (f.rule, run.room) for run in runs for f in run.findings}
    checks = {run.check for run in runs}
    for rule in report.rules:
        owner = next((c for c in _prefixes(rule.id) if c in checks), "")
        if owner:
            found[rule.id] = (rule, owner.partition("/")[0])
    ordered = sorted(found)[:MOST_RULES]
    return [found[id][0] for id in ordered], {id: found[id][1] for id in ordered}


def _prefixes(id: str) -> Iterable[str]:
    parts = id.split("/")
    return ("/".join(parts[:length]) for length in range(len(parts), 0, -1))


def _invocation(report: Report, runs: list[CheckRun], index: dict[str, int], cut: list[str]) -> Any:
    open_ended = [run for run in runs if run.outcome is Outcome.INCOMPLETE]
    notes = [_unfinished(run, index) for run in open_ended]
    if report.interrupted:
        notes.append(notification("interrupted", "The scan was stopped before its end.", "error"))
    notes += [notification("cut", text, "warning") for text in cut]
    notes += [notification("remark", unlinked(text), "note") for text in report.notes if text]
    done = not report.interrupted and all(run.accepted for run in open_ended)
    return sarif.Invocation(
        execution_successful=done,
        exit_code=report.exit_code,
        exit_code_description=str(verdict(report)),
        start_time_utc=report.started,
        end_time_utc=_later(report.started, report.seconds),
        tool_execution_notifications=notes,
    )


def _unfinished(run: CheckRun, index: dict[str, int]) -> Any:
    mend = f" (to mend it: {run.mend})" if run.mend else ""
    text = unlinked(f"{run.check} on {run.subject}: {run.reason}{mend}")
    rule = None
    if run.check in index:
        rule = sarif.ReportingDescriptorReference(id=run.check, index=index[run.check])
    if run.accepted:
        text += unlinked(f" (accepted: {run.accepted})")
        return notification("accepted-incomplete", text, "warning", rule)
    return notification("incomplete", text, "error", rule)


def _cuts(results: int, room: _Room) -> list[str]:
    said = []
    if room.body < _LESS_AND_LESS[0].body:
        left = f"cut to {room.body} characters" if room.body else "left out"
        said.append(f"The bodies of requests and answers were {left} to fit into 10 MB.")
    if results:
        said.append(f"{counted(results, 'result')} of lesser severity did not fit.")
    return said


def _properties(
    report: Report, family: str, runs: list[CheckRun], cut: list[str]
) -> dict[str, Any]:
    here = [target for target in report.targets if family == f"live/{target.name}"]
    kept: dict[str, Any] = {
        "outcomes": [_outcome(run) for run in runs],
        "notPlanned": [
            {"check": one.check, "subject": one.subject, "reason": shown(one.reason)}
            for one in report.not_planned
            if _belongs(one, family)
        ],
    }
    if report.partial:
        kept |= {"partial": True, "partialBecause": [shown(why) for why in report.partial]}
    if cut:
        kept["cut"] = cut
    for target in here:
        kept["target"] = {
            "name": target.name,
            "url": shown(target.url),
            "profile": target.profile,
            "authorization": shown(target.authorization),
            "requests": target.requests,
            "notes": [shown(note) for note in target.notes],
        }
    return kept


def _outcome(run: CheckRun) -> dict[str, Any]:
    said: dict[str, Any] = {
        "check": run.check,
        "subject": run.subject,
        "outcome": run.outcome.value,
        "reason": shown(run.reason),
        "mend": shown(run.mend),
        "accepted": shown(run.accepted),
        "notes": [shown(note) for note in run.notes],
        "findings": len(run.findings),
        "requests": run.requests,
    }
    return {key: value for key, value in said.items() if value not in ("", [], 0)}


def _belongs(one: NotPlanned, family: str) -> bool:
    return family == (f"live/{one.subject}" if one.live else one.check.partition("/")[0])


def _later(started: str, seconds: float) -> str:
    """`started` (RFC 3339) and so many seconds on."""
    end = datetime.fromisoformat(started) + timedelta(seconds=seconds)
    return end.isoformat(timespec="seconds").replace("+00:00", "Z")

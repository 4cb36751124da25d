"""Everything a scan said, as JSON for programs.

One object:

- `format`: `wallwalk-results/1`. The number changes when a key changes its meaning or goes;
  new keys may come at any time.
- `version`, `started` (RFC 3339), `seconds`, `exit_code`, `verdict` (word and sentence),
  `interrupted`, `fail_on` (a severity or null), `allow_incomplete`, `source`, `source_notes`,
  `partial`, `notes`.
- `targets`: `name`, `url`, `profile`, `authorization`, `declared_in`, `line`, `requests`,
  `reached` (whether it answered at all), `notes`.
- `engines`: `name`, `version`.
- `outcomes`: each planned check on each subject: `check`, `title`, `subject`, `live`, `family`,
  `outcome` (passed, failed, not-applicable, incomplete), `reason`, `mend`, `accepted`, `notes`,
  `requests`, `seconds`, `fingerprints` of its findings.
- `not_planned`: `check`, `subject`, `live`, `reason`.
- `rules`: `id`, `identity`, `title`, `severity`, `cwe`, `owasp`, `controls`, `score`, `engine`,
  `help` (Markdown).
- `findings`, the gravest first, suppressed ones too: `fingerprint` (`wallwalk/v1`), `rule`,
  `severity`, `check`, `subject`, `message`, `about`, `where`, `also`, `confidence`, `curl`,
  `proof` (as scanner.proof.to_data writes it, or null), `evidence` (`request`, `response`,
  `status`, `note`), `suppressed` (null, or `reason` and `in`).
- A place (`where`, `also`) is `{"kind": "file", path, line, column, end_line, snippet}` or
  `{"kind": "url", target, method, url, route, answer_kind, parameter, parameter_in, identities}`.

Texts are as they came, but for lone surrogates, which are no JSON: the file is for programs.
Everything outside ASCII and every control character is written as an escape.
"""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from reports.outside import sound
from reports.overview import gravest_first, verdict
from scanner.model import CheckRun, Finding, InFile, Location, Report, Rule
from scanner.proof import to_data

FILE = "results.json"
FORMAT = "wallwalk-results/1"


def render(report: Report) -> str:
    """The report as one JSON object (see above)."""
    owner = {id(f): run for run in report.runs for f in run.findings}
    told = verdict(report)
    data = {
        "format": FORMAT,
        "version": report.version,
        "started": report.started,
        "seconds": report.seconds,
        "exit_code": report.exit_code,
        "verdict": {"word": told.word, "sentence": told.sentence},
        "interrupted": report.interrupted,
        "fail_on": report.fail_on.word if report.fail_on else None,
        "allow_incomplete": report.allow_incomplete,
        "source": report.source,
        "source_notes": report.source_notes,
        "partial": report.partial,
        "notes": report.notes,
        "targets": [_fields(target) for target in report.targets],
        "engines": [{"name": name, "version": version} for name, version in report.engines],
        "outcomes": [_outcome(run) for run in report.runs],
        "not_planned": [_fields(one) for one in report.not_planned],
        "rules": [_rule(rule) for rule in report.rules],
        "findings": [
            _finding(finding, owner[id(finding)])
            for finding in gravest_first((*report.findings, *report.suppressed))
        ],
    }
    return json.dumps(_sound(data), separators=(",", ":")) + "\n"


def _finding(finding: Finding, run: CheckRun) -> dict[str, Any]:
    suppressed = None
    if finding.suppressed:
        suppressed = {"reason": finding.suppressed, "in": finding.suppressed_in}
    return {
        "fingerprint": finding.fingerprint,
        "rule": finding.rule.id,
        "severity": finding.rule.severity.word,
        "check": run.check,
        "subject": run.subject,
        "message": finding.message,
        "about": finding.about,
        "where": _place(finding.where),
        "also": [_place(place) for place in finding.also],
        "confidence": finding.confidence,
        "curl": finding.curl,
        "proof": to_data(finding.proof) if finding.proof else None,
        "evidence": [_fields(exchange) for exchange in finding.evidence],
        "suppressed": suppressed,
    }


def _outcome(run: CheckRun) -> dict[str, Any]:
    data = _fields(run, without=("findings",))
    return data | {
        "outcome": run.outcome.value,
        "family": run.family,
        "fingerprints": [finding.fingerprint for finding in run.findings],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    data = _fields(rule, without=("base",))
    return data | {"severity": rule.severity.word, "identity": rule.identity}


def _place(place: Location) -> dict[str, Any]:
    if isinstance(place, InFile):
        return {"kind": "file", **_fields(place, without=("occurrence", "line_hash"))}
    data = _fields(place, without=("kind",))
    return {"kind": "url", **data, "answer_kind": place.kind}


def _fields(value: Any, without: tuple[str, ...] = ()) -> dict[str, Any]:
    names = (field.name for field in dataclasses.fields(value))
    return {name: getattr(value, name) for name in names if name not in without}


def _sound(data: Any) -> Any:
    if isinstance(data, str):
        return sound(data)
    if isinstance(data, (list, tuple)):
        return [_sound(item) for item in data]
    if isinstance(data, dict):
        return {key: _sound(value) for key, value in data.items()}
    return data

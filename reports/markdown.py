"""A GitHub job summary. GitHub drops one over 1 MiB whole, so this stays under 900 KiB.

Text from outside is written as numeric entities, which Markdown never reads as structure
(CommonMark 6.2). GitHub looks for mentions, issues and addresses in what was rendered, so
those are broken by a zero-width space; places stand in `<code>`, where it does not look.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from reports.outside import shown
from reports.overview import (
    by_outcome,
    by_rule,
    by_severity,
    duration,
    families,
    gaps,
    reasons,
    requests,
    verdict,
)
from scanner.model import AtUrl, CheckRun, Finding, NotPlanned, Outcome, Report
from scanner.text import counted

FILE = "summary.md"
LARGEST = 900 * 1024
"""Bytes of the whole text."""

MOST_OF_A_RULE = 20

_ROOM_FOR_END = 4_096
_LONGEST = 1_000
_SIGNS = re.compile(r"[^\w\s.,;/?%'\"]|_|^\d+\.|(?<=www)\.", re.ASCII | re.IGNORECASE)
_GAP = "&#8203;"
_MARKS = {"good": "✅", "bad": "❌", "open": "⚠️"}


def render(report: Report) -> str:
    """The report as GitHub-flavoured Markdown, cut with a note where it grows too long."""
    kept: list[str] = []
    size = 0
    blocks = _blocks(report)
    for block in blocks:
        size += len(block.encode()) + 1
        if size > LARGEST - _ROOM_FOR_END:
            left = counted(1 + sum(1 for _ in blocks), "part")
            kept.append(f"\n**Cut here:** {left} of this summary did not fit.")
            break
        kept.append(block)
    return "\n".join(kept) + "\n"


def words(outside: str, limit: int = _LONGEST) -> str:
    """`outside` on one line as nothing but words: no markup, link, image, mention or HTML."""
    flat = " ".join(shown(outside).split())
    if len(flat) > limit:
        flat = f"{flat[: limit - 1]}…"
    return _SIGNS.sub(_entities, flat)


def code(outside: str, limit: int = _LONGEST) -> str:
    """`outside` as `words`, set as code."""
    return f"<code>{words(outside, limit).replace(_GAP, '') or ' '}</code>"


def _entities(sign: re.Match[str]) -> str:
    text = sign.group()
    spelled = "".join(c if c.isalnum() else f"&#{ord(c)};" for c in text)
    if text in "@#":
        return spelled + _GAP
    if text == "." or (text == ":" and sign.string[sign.end() : sign.end() + 2] == "//"):
        return _GAP + spelled
    return spelled


def _blocks(report: Report) -> Iterator[str]:
    """The summary in pieces, what matters most first; a cut falls between two of them."""
    told = verdict(report)
    yield f"## {_MARKS[told.tone]} wallwalk: {told.word}\n\n{words(told.sentence)}\n"
    for note in report.notes:
        yield f"> {words(note)}\n"
    if report.partial:
        yield f"> Only a part was scanned: {words('; '.join(report.partial))}\n"
    yield from _gaps("Not checked", report.incomplete)
    yield from _findings(report)
    yield from _gaps("Not checked, and accepted in the targets file", report.accepted)
    yield from _checks(report)
    yield from _not_planned(report.not_planned)
    yield from _suppressed(report.suppressed)
    yield from _scope(report)


def _gaps(title: str, runs: Sequence[CheckRun]) -> Iterator[str]:
    if not runs:
        return
    yield f"### {title}: {len(runs)}\n"
    for gap in gaps(runs):
        mend = f" To mend it: {words(gap.mend)}." if gap.mend else ""
        accepted = f" Accepted: {words(gap.accepted)}." if gap.accepted else ""
        reason = words(gap.reason) or "no reason was given"
        checks = ", ".join(code(check) for check in gap.checks)
        yield f"- {checks} on {code(gap.subject)}: {reason}.{mend}{accepted}"
    yield ""


def _findings(report: Report) -> Iterator[str]:
    counts = by_severity(report.findings)
    yield f"### Findings: {len(report.findings)}\n"
    if not report.findings:
        yield "None in what was checked.\n"
        return
    yield f"| {' | '.join(severity.word for severity in counts)} |\n{'| --: ' * len(counts)}|"
    yield f"| {' | '.join(str(number) for number in counts.values())} |\n"
    for _, members in by_rule(report.findings):
        rule = members[0].rule
        yield f"#### {rule.severity.word}: {words(rule.title)} ({code(rule.id)})\n"
        for finding in members[:MOST_OF_A_RULE]:
            yield _finding(finding)
        if len(members) > MOST_OF_A_RULE:
            yield f"- and {len(members) - MOST_OF_A_RULE} more in the full reports"
        yield ""


def _finding(finding: Finding) -> str:
    more = f" and {counted(len(finding.also), 'more place')}" if finding.also else ""
    line = f"- {code(str(finding.where))}{more}<br>{words(finding.message)}"
    if isinstance(finding.where, AtUrl) and _copies_well(finding.curl):
        line += f"<br>{code(finding.curl)}"
    return line


def _copies_well(curl: str) -> bool:
    """Whether a browser hands the line out as it is: no runs of spaces, nothing cut."""
    return 0 < len(curl) <= _LONGEST and " ".join(shown(curl).split()) == curl


def _checks(report: Report) -> Iterator[str]:
    said = ", ".join(
        f"{number} {outcome.value.replace('-', ' ')}"
        for outcome, number in by_outcome(report.runs).items()
        if number
    )
    yield f"### Checks: {said or 'none'}\n"
    rows = [_row(run) for _, runs in families(report) for run in runs]
    if rows:
        yield "<details><summary>Every planned check</summary>\n"
        yield "| outcome | check | on | findings | remarks |\n| --- | --- | --- | --: | --- |"
        yield from rows
        yield "\n</details>\n"


def _row(run: CheckRun) -> str:
    outcome = run.outcome.value
    marked = f"**{outcome}**" if run.outcome is Outcome.INCOMPLETE else outcome
    remarks = "; ".join(filter(None, (run.reason, *run.notes)))
    found = len(run.findings) or ""
    return f"| {marked} | {code(run.check)} | {code(run.subject)} | {found} | {words(remarks)} |"


def _not_planned(planned: Sequence[NotPlanned]) -> Iterator[str]:
    if planned:
        yield f"### Not planned: {counted(len(planned), 'check')}\n"
        for why, them in reasons(planned):
            yield f"- {words(why)}: {len(them)}"
        yield ""


def _suppressed(findings: Sequence[Finding]) -> Iterator[str]:
    if findings:
        yield f"### Suppressed: {counted(len(findings), 'finding')}\n"
        for finding in findings:
            where = code(str(finding.where))
            yield f"- {code(finding.rule.id)} {where}: {words(finding.suppressed)}"
        yield ""


def _scope(report: Report) -> Iterator[str]:
    yield "### Scope\n"
    if report.source:
        yield f"- source {code(report.source)}"
    for target in report.targets:
        allowed = f", allowed by {words(target.authorization)}" if target.authorization else ""
        named = f"{words(target.name)} {code(target.url)}"
        yield f"- {named}: profile {words(target.profile)}{allowed}, {target.requests} requests"
    took = f"{duration(report.seconds)}, {counted(requests(report), 'request')}"
    yield f"\n{took}; wallwalk {words(report.version)}; exit code {report.exit_code}"

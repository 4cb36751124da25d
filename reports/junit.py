"""JUnit XML: one test suite per family, one test case per check and subject.

Findings are failures, what could not be done is an error, and what did not apply or was not
planned is skipped, each with its reason. There is no standard; this keeps to what the Jenkins
schema and GitLab, Azure and GitHub readers have in common.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from reports.outside import shown
from reports.overview import families, gravest_first, verdict
from scanner.model import CheckRun, Finding, NotPlanned, Outcome, Report
from scanner.text import counted

FILE = "junit.xml"

_LONGEST = 2_000
_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to write, not even as a reference (section 2.2)."""


def render(report: Report) -> str:
    """The report as XML; a suppressed finding is no failure and is named in `system-out`."""
    root = Element("testsuites", name="wallwalk", time=f"{report.seconds:.3f}")
    left_out = _by_family(report.not_planned)
    ran = dict(families(report))
    for family in [*ran, *sorted(left_out.keys() - ran.keys())]:
        _suite(root, report, family, ran.get(family, []), left_out[family])
    if report.exit_code in {2, 130}:
        _scan_itself(root, report)
    _total(root, root.findall("testsuite"))
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _by_family(not_planned: Iterable[NotPlanned]) -> defaultdict[str, list[NotPlanned]]:
    grouped: defaultdict[str, list[NotPlanned]] = defaultdict(list)
    for one in not_planned:
        room = one.check.partition("/")[0]
        grouped[f"live/{one.subject}" if one.live else room].append(one)
    return grouped


def _suite(
    root: Element,
    report: Report,
    family: str,
    runs: list[CheckRun],
    not_planned: list[NotPlanned],
) -> None:
    cases = [case for run in runs for case in _cases(run)]
    cases += [_left_out(one) for one in not_planned]
    suite = SubElement(root, "testsuite", name=_sound(family), timestamp=_local(report.started))
    suite.set("time", f"{sum(run.seconds for run in runs):.3f}")
    suite.set("tests", str(len(cases)))
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(sum(case.find(tag) is not None for case in cases)))
    properties = SubElement(suite, "properties")
    for name, value in (("verdict", verdict(report)), ("exit_code", report.exit_code)):
        SubElement(properties, "property", name=name, value=_sound(str(value)))
    suite.extend(cases)


def _scan_itself(root: Element, report: Report) -> None:
    """A suite of its own for a scan that was stopped or had nothing to do: without it, what is
    missing would look like success."""
    suite = SubElement(root, "testsuite", name="wallwalk", time="0.000")
    for attribute, number in (("tests", 1), ("failures", 0), ("errors", 1), ("skipped", 0)):
        suite.set(attribute, str(number))
    case = SubElement(suite, "testcase", classname="wallwalk", name="scan", time="0.000")
    _said(case, "error", f"exit-{report.exit_code}", str(verdict(report)))


def _total(root: Element, suites: list[Element]) -> None:
    for attribute in ("tests", "failures", "errors", "skipped"):
        root.set(attribute, str(sum(int(suite.get(attribute, "0")) for suite in suites)))


def _cases(run: CheckRun) -> Iterator[Element]:
    """The run as one case; findings of a run that could not be finished are one of their own,
    because readers take a case with two results for the first or the last of them."""
    case = _named(run.check, run.subject)
    case.set("time", f"{run.seconds:.3f}")
    found = gravest_first(f for f in run.findings if not f.suppressed)
    reason = run.reason or "no reason was given"
    mend = f"To mend it: {run.mend}" if run.mend else ""
    match run.outcome:
        case Outcome.INCOMPLETE if run.accepted:
            _said(case, "skipped", "accepted", f"{reason} (accepted: {run.accepted})", mend)
        case Outcome.INCOMPLETE:
            _said(case, "error", "incomplete", reason, mend)
        case Outcome.NOT_APPLICABLE:
            _said(case, "skipped", "not-applicable", reason)
    if found and len(case):
        yield _failed(_named(f"{run.check} (findings)", run.subject), found)
    elif found:
        _failed(case, found)
    quiet = [f"suppressed: {f.rule.id} {f.where}: {f.suppressed}" for f in _suppressed(run)]
    if run.notes or quiet:
        SubElement(case, "system-out").text = _sound("\n".join((*run.notes, *quiet)))
    yield case


def _failed(case: Element, found: list[Finding]) -> Element:
    gravest = found[0].rule.severity.word
    text = f"{counted(len(found), 'finding')}, the gravest {gravest}"
    _said(case, "failure", gravest, text, "\n\n".join(map(_finding, found)))
    return case


def _suppressed(run: CheckRun) -> list[Finding]:
    return [finding for finding in run.findings if finding.suppressed]


def _left_out(one: NotPlanned) -> Element:
    case = _named(one.check, one.subject)
    _said(case, "skipped", "not-planned", f"not planned: {one.reason}")
    return case


def _named(check: str, subject: str) -> Element:
    return Element("testcase", classname=_sound(subject), name=_sound(check), time="0.000")


def _said(case: Element, tag: str, kind: str, text: str, more: str = "") -> None:
    one = SubElement(case, tag, type=kind, message=_sound(" ".join(text.split())))
    if more:
        one.text = _sound(more)


def _finding(finding: Finding) -> str:
    rule = finding.rule
    lines = [f"{rule.severity.word} {rule.id}: {rule.title}", str(finding.where), finding.message]
    if finding.also:
        lines.append(f"and {counted(len(finding.also), 'more place')}")
    if finding.curl:
        lines.append(finding.curl)
    return "\n".join(line[:_LONGEST] for line in lines)


def _sound(text: str) -> str:
    """`text` as XML can hold it and a log can print it."""
    return _NOT_XML.sub("\ufffd", shown(text))


def _local(started: str) -> str:
    """The time without its zone, which is how JUnit's schema has it."""
    return re.sub(r"(\.\d+)?(Z|[+-]\d\d:\d\d)$", "", started)

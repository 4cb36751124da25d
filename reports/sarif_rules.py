"""Rules, engines and the CWE taxonomy as SARIF components."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sarif_om as sarif

from reports.outside import shown
from reports.sarif_data import message
from scanner.model import Report, Rule, Severity

LEVEL = {
    Severity.LOW: "note",
    Severity.MEDIUM: "warning",
    Severity.HIGH: "error",
    Severity.CRITICAL: "error",
}
SCORE = {Severity.LOW: 2.0, Severity.MEDIUM: 5.5, Severity.HIGH: 8.0, Severity.CRITICAL: 9.5}

MOST_TAGS = 10
LONGEST_DESCRIPTION = 1024
LONGEST_NAME = 255

NOTIFICATIONS = {
    "incomplete": (
        "A planned check could not be done",
        "There was something to look at, and it could not be looked at, wholly or in part. "
        "Nothing may be concluded for it. The message says why, and what mends it.",
    ),
    "accepted-incomplete": (
        "A known gap",
        "A planned check could not be done, and the targets file accepts that with a reason "
        "and an end.",
    ),
    "interrupted": (
        "The scan was stopped",
        "The scan ended before all that was planned had been checked.",
    ),
    "cut": (
        "The report was cut",
        "Code scanning takes 10 MB and 25,000 results; what did not fit was left out here and "
        "is in results.json.",
    ),
    "remark": ("A remark", "Something that the person who reads the report should know."),
}


def driver(report: Report, rules: Iterable[Rule], rooms: Mapping[str, str]) -> Any:
    """The tool itself with its `rules`; `rooms` says which room found each rule's results."""
    described = [_rule(rule, rooms.get(rule.id, "")) for rule in rules]
    with_cwe = any(rule.cwe for rule in rules)
    return sarif.ToolComponent(
        name="wallwalk",
        organization="wallwalk",
        semantic_version=report.version,
        version=report.version,
        rules=described,
        notifications=[_notification(id) for id in NOTIFICATIONS],
        supported_taxonomies=[sarif.ToolComponentReference(name="CWE", index=0)]
        if with_cwe
        else None,
    )


def engines(report: Report, rules: Iterable[Rule]) -> list[Any]:
    """The engines of `rules`, as extensions of the tool."""
    versions = dict(report.engines)
    return [
        sarif.ToolComponent(name=name, version=versions.get(name) or None)
        for name in sorted({rule.engine for rule in rules if rule.engine})
    ]


def taxonomies(rules: Iterable[Rule]) -> list[Any]:
    """CWE, with the entries that `rules` name."""
    numbers = sorted({rule.cwe for rule in rules if rule.cwe})
    if not numbers:
        return []
    taxa = [
        sarif.ReportingDescriptor(
            id=f"CWE-{number}",
            help_uri=f"https://cwe.mitre.org/data/definitions/{number}.html",
        )
        for number in numbers
    ]
    return [
        sarif.ToolComponent(
            name="CWE",
            organization="MITRE",
            short_description=_both("The MITRE Common Weakness Enumeration"),
            information_uri="https://cwe.mitre.org/",
            taxa=taxa,
        )
    ]


def notification(id: str, text: str, level: str, rule: Any = None) -> Any:
    """One `toolExecutionNotification` of the kind `id`; `rule` refers to the check's rule."""
    return sarif.Notification(
        message=message(text),
        level=level,
        descriptor=sarif.ReportingDescriptorReference(
            id=id, index=list(NOTIFICATIONS).index(id), tool_component=None
        ),
        associated_rule=rule,
    )


def _rule(rule: Rule, room: str) -> Any:
    title = shown(rule.title).strip()[:LONGEST_DESCRIPTION] or rule.id
    help = shown(rule.help).strip() or title
    extras = {"controls": list(rule.controls), "engine": rule.engine}
    return sarif.ReportingDescriptor(
        id=rule.id,
        name=rule.id[:LONGEST_NAME],
        short_description=_both(title),
        full_description=_both(_lead(help, title)),
        help=_both(help),
        default_configuration=sarif.ReportingConfiguration(level=LEVEL[rule.severity]),
        relationships=[_is_a(rule.cwe)] if rule.cwe else None,
        properties={
            "tags": _tags(rule, room),
            "security-severity": security_severity(rule),
            "severity": rule.severity.word,
            **{key: value for key, value in extras.items() if value},
        },
    )


def security_severity(rule: Rule) -> str:
    """GitHub's number for the rule: the advisory's CVSS score, else its severity's."""
    score = SCORE[rule.severity] if rule.score is None else rule.score
    return f"{min(max(score, 0.1), 10.0):.1f}"


def _tags(rule: Rule, room: str) -> list[str]:
    cwe = [f"external/cwe/cwe-{rule.cwe:03}"] if rule.cwe else []
    return list(dict.fromkeys(filter(None, ["security", *cwe, room, *rule.owasp])))[:MOST_TAGS]


def _is_a(cwe: int) -> Any:
    target = sarif.ReportingDescriptorReference(
        id=f"CWE-{cwe}", tool_component=sarif.ToolComponentReference(name="CWE", index=0)
    )
    return sarif.ReportingDescriptorRelationship(target=target, kinds=["superset"])


def _lead(help: str, title: str) -> str:
    """The first paragraph of a rule's help, or its title where a heading comes first."""
    first = help.partition("\n\n")[0]
    return title if first.startswith("#") else " ".join(first.split())[:LONGEST_DESCRIPTION]


def _notification(id: str) -> Any:
    title, help = NOTIFICATIONS[id]
    return sarif.ReportingDescriptor(
        id=id,
        name=id,
        short_description=_both(title),
        full_description=_both(help),
        help=_both(help),
    )


def _both(text: str) -> Any:
    return sarif.MultiformatMessageString(text=text, markdown=text)

"""`wallwalk checks`: what is looked for, and one check explained."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from scanner.cli.say import complain, printing, say

if TYPE_CHECKING:
    from scanner.contract import Check


@click.command(short_help="List the checks, or explain one.")
@click.argument("pattern", default="")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
def command(pattern: str, form: str) -> int:
    """List the checks, or explain those that PATTERN names: an id (headers/csp), a room
    (headers), or a pattern (*/secret-*).
    """
    from scanner.contract import discover

    discovered = discover("checks")
    for name, reason in discovered.broken:
        complain(f"the plug-in {name} could not be imported: {reason}")
    chosen = [check for check in discovered.checks if _matches(check, pattern)]
    if not chosen:
        raise click.UsageError(f"no check is called {pattern!r}; see `wallwalk checks`")
    if form == "json":
        say(json.dumps([_data(check) for check in chosen], indent=2))
    elif pattern and len(chosen) == 1:
        _explain(chosen[0])
    else:
        _list(chosen)
    return 0


def _matches(check: Check[Any], pattern: str) -> bool:
    from fnmatch import fnmatchcase

    from scanner.selection import has_prefix

    wanted = pattern.strip("/")
    rules = [rule.id for rule in check.rules]
    return (
        not wanted
        or has_prefix(check.id, wanted)
        or wanted in rules
        or fnmatchcase(check.id, wanted)
        or any(has_prefix(wanted, prefix) for prefix in check.emits)
    )


def _data(check: Check[Any]) -> dict[str, Any]:
    return {
        "id": check.id,
        "looksAt": _looks_at(check),
        "probes": check.probes if _looks_at(check) == "target" else None,
        "reads": list(check.reads),
        "rules": [
            {
                "id": rule.id,
                "title": rule.title,
                "severity": rule.severity.word,
                "cwe": rule.cwe,
                "owasp": list(rule.owasp),
                "controls": list(rule.controls),
            }
            for rule in check.rules
        ],
        "help": check.rule.help,
    }


def _looks_at(check: Check[Any]) -> str:
    from scanner.source import Source

    return "source" if check.subject is Source else "target"


def _list(checks: list[Check[Any]]) -> None:
    width = max(len(check.id) for check in checks)
    for check in checks:
        severity = max(rule.severity for rule in check.rules).word
        kind = "source" if _looks_at(check) == "source" else check.probes
        say(f"{check.id:{width}}  {severity:8}  {kind:7}  {check.rule.title}")


def _explain(check: Check[Any]) -> None:
    from rich.markdown import Markdown

    from reports.console import terminal

    rules = "".join(f"- `{r.id}` · {r.severity.word} · {r.title}\n" for r in check.rules)
    sends = "looks at files" if _looks_at(check) == "source" else f"sends {check.probes} probes"
    rule = check.rule
    marks = [f"CWE-{rule.cwe}", *rule.owasp, *rule.controls]
    head = f"# {check.id}\n\n{rules}\n{sends} · {' · '.join(marks)}\n\n"
    with printing():
        terminal(sys.stdout).print(Markdown(f"{head}{rule.help}", hyperlinks=False))

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from checks.code._bandit_runs import Runs, run_bandit
from checks.code._passwords import QUOTES_A_PASSWORD, without_passwords
from scanner import Finding, Incomplete, Note, Rule, Severity, Skip, Source, check
from scanner.source import SourceFile, named

# The level at which bandit usually reports a rule; those in neither list are medium. A rule
# that is found at another level is another rule to us, because severity belongs to the rule.
_HIGH = (
    "B103 B201 B202 B304 B312 B321 B324 B401 B402 B411 B412 B413 B415 B501 B502 B505 B507 B602 "
    "B605 B609 B613 B701"
)
_LOW = "B101 B105 B106 B107 B110 B112 B311 B403 B404 B405 B406 B407 B408 B409 B504 B603 B606 B607"


@check(
    id="code/bandit",
    title="Bandit: risky calls in Python code",
    severity=Severity.MEDIUM,
    cwe=710,
    owasp=("ASVS-5.0.0-15.1.1", "A05:2025"),
    emits=("bandit",),
    engine="bandit",
)
async def bandit(source: Source) -> AsyncIterator[Finding | Note]:
    """
    Runs Bandit over every Python file and passes on what it reports, each of its rules as
    `bandit/<rule>`. `# nosec` comments hold and are counted; a `.bandit` file of the scanned
    tree does not. Asserts (B101) are not reported in tests.

    ## Why it matters
    Bandit knows the Python calls that turn a value into a shell command, a query, an object or
    a weak key. Where such a value comes from outside, its sender decides what runs.

    ## How to fix it
    Replace the call with the form that takes data as data: an argument list in place of a shell
    line, parameters in place of a composed query, `yaml.safe_load` in place of `yaml.load`. A
    line that you have judged and that stays gets `# nosec B602` with the reason beside it.

    ## References
    - https://bandit.readthedocs.io/en/latest/
    """
    files = list(source.files("*.py", "*.pyw"))
    unfit = [
        left.path
        for left in source.left_out("*.py", "*.pyw")
        if left.why != "leads out of the tree"
    ]
    if not files and not unfit:
        raise Skip("no Python files")
    runs = await run_bandit(source, files)
    nosec = 0
    for file in files:
        said = runs.said.get(file.path)
        if said is None:
            continue
        nosec += said.nosec
        shown = without_passwords(file, said.issues)
        for issue in sorted(said.issues, key=_position):
            if issue["test_id"] != "B101" or not source.is_test(file.path):
                yield _finding(shown, issue)
    if nosec:
        yield Note(f"left out by `# nosec`: {nosec}")
    _complain(runs, unfit)


def _position(issue: dict[str, Any]) -> tuple[int, int, str]:
    return issue["line_number"], issue["col_offset"], issue["test_id"]


def _finding(file: SourceFile, issue: dict[str, Any]) -> Finding:
    message = issue["issue_text"]
    if issue["test_id"] in QUOTES_A_PASSWORD:
        message = message.partition(":")[0]
    where = file.at(issue["line_number"], issue["col_offset"] + 1, max(issue["line_range"]))
    return Finding(_rule(issue), message, where, confidence=issue["issue_confidence"].lower())


def _rule(issue: dict[str, Any]) -> Rule:
    name = f"bandit/{issue['test_id']}"
    usual = _usual(issue["test_id"])
    severity = Severity.__members__.get(issue["issue_severity"], usual)
    # Bandit calls all its lists of calls and imports "blacklist"; the page's anchor is better.
    topic = issue["more_info"].partition("#")[2].partition("-")[2] or issue["test_name"]
    return Rule(
        id=name if severity is usual else f"{name}/{severity.word}",
        title=f"Bandit {issue['test_id']}: {topic.replace('_', ' ').replace('-', ' ')}",
        severity=severity,
        cwe=issue["issue_cwe"].get("id"),
        owasp=bandit.rule.owasp,
        help=f"{bandit.rule.help.partition('## References')[0]}## References\n"
        f"- {issue['more_info']}",
        base=name,
        engine="bandit",
    )


def _usual(test: str) -> Severity:
    if test in _HIGH.split():
        return Severity.HIGH
    return Severity.LOW if test in _LOW.split() else Severity.MEDIUM


def _complain(runs: Runs, unfit: list[str]) -> None:
    unread = sorted([*unfit, *(path for path, said in runs.said.items() if said.error)])
    if runs.failed:
        raise runs.failed[0]
    if unread:
        raise Incomplete(
            f"bandit could not read {len(unread)} files: {named(unread, 10)}"
            if len(unread) > 1
            else f"bandit could not read {named(unread)}",
            mend="Mend them, or leave them out with `source: {exclude: […]}` in the targets file; "
            "syntax newer than the Python that wallwalk runs on needs a newer Python.",
        )

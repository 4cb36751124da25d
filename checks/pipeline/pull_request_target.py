from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from scanner import Finding, Severity, Source, check
from scanner.source.workflow import Step, Text, workflows

TRUSTED = {"pull_request_target", "workflow_run", "issue_comment"}
"""Events of strangers that run with the repository's secrets and a token that may write."""

HEAD = re.compile(
    r"github\.head_ref|\bpull/"
    r"|github\.event\.pull_request\.head\.(?:sha|ref|label|repo\.(?:full_name|name|clone_url))"
    r"|github\.event\.pull_request\.merge_commit_sha"
    r"|github\.event\.workflow_run\.(?:head_sha|head_branch|head_commit\.id)"
    r"|github\.event\.workflow_run\.head_repository\.full_name",
    re.IGNORECASE,
)
FETCHED = re.compile(
    r"\bgh\s+(?:pr|co)\s+checkout\b|\bgit\s+fetch\b[^\n]{0,200}\bpull/[^\n/]{0,100}/(?:head|merge)"
)
VARIABLE = re.compile(r"\benv\.([\w-]+)", re.IGNORECASE)
# Conditions with which the job never runs what a stranger sent.
GUARD = re.compile(
    r"github\.event_name\s*==\s*'(?:pull_request|push|workflow_dispatch|schedule)'"
    r"|github\.event_name\s*!=\s*'(?:pull_request_target|workflow_run|issue_comment)'"
    r"|head\.repo\.full_name\s*==\s*github\.repository\b"
    r"|head_repository\.full_name\s*==\s*github\.repository\b"
    r"|head\.repo\.fork\s*==\s*false|!\s*github\.event\.pull_request\.head\.repo\.fork"
    r"|github\.event\.workflow_run\.event\s*(?:==\s*'(?:push|schedule|workflow_dispatch)'"
    r"|!=\s*'pull_request')",
    re.IGNORECASE,
)


@check(
    id="pipeline/pull-request-target",
    title="Code of a stranger's pull request in a trusted workflow",
    severity=Severity.HIGH,
    cwe=829,
    owasp=("ASVS-5.0.0-15.2.4", "A08:2021", "A08:2025"),
    controls=("WW-CI-004",),
)
def pull_request_target(source: Source) -> Iterator[Finding]:
    """
    Looks for workflows on `pull_request_target`, `workflow_run` or `issue_comment` that check
    out the head of a pull request. Jobs whose condition keeps forks out are left alone.

    ## Why it matters
    These events run with the repository's secrets and a token that may write, whoever opened
    the pull request. Whatever is then built or tested (a Makefile, a `postinstall`, a test) is
    the stranger's program, and it can read and use both.

    ## How to fix it
    Build on `pull_request`, which has neither. Where the result must be commented on, hand it
    over as an artifact to a second workflow that never checks out the pull request:

    ```yaml
    on: pull_request
    permissions: {contents: read}
    ```

    ## References
    - [GitHub: untrusted code checkout](https://docs.github.com/en/actions/reference/security/secure-use#mitigating-the-risks-of-untrusted-code-checkout)
    - [OWASP CI/CD security, CICD-SEC-4](https://owasp.org/www-project-top-10-ci-cd-security-risks/CICD-SEC-04-Poisoned-Pipeline-Execution)
    - [CWE-829](https://cwe.mitre.org/data/definitions/829.html)
    """
    for file, workflow in workflows(source):
        events = sorted(workflow.triggers & TRUSTED)
        if not events:
            continue
        for job in workflow.jobs:
            for step in job.steps:
                place = _head(step, workflow.variables(job, step))
                if place is not None and not _guarded(job.condition, step.condition):
                    yield pull_request_target.in_file(
                        file.at(*place),
                        f"On {' and '.join(events)} this checks out what a stranger has sent.",
                    )


def _guarded(*conditions: Text | None) -> bool:
    """Whether every way through a condition goes by a guard: one beside `||` does not count."""
    return any(
        condition is not None and all(GUARD.search(part) for part in condition.text.split("||"))
        for condition in conditions
    )


def _head(step: Step, variables: Mapping[str, str]) -> tuple[int, int] | None:
    """Where a step gets a pull request's own commit."""
    if step.uses is not None and step.uses.text.lower().startswith("actions/checkout"):
        for given in (step.input("ref"), step.input("repository")):
            if given is not None and HEAD.search(_spelled_out(given.text, variables)):
                return given.line, given.column
    if step.run is not None and (found := FETCHED.search(step.run.text)):
        return step.run.place(found.start())
    return None


def _spelled_out(text: str, variables: Mapping[str, str]) -> str:
    return VARIABLE.sub(lambda name: variables.get(name[1].lower(), ""), text)

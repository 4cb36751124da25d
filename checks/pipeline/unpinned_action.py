from __future__ import annotations

import re
from collections.abc import Iterator

from scanner import Also, Finding, Severity, Source, check
from scanner.source.workflow import Text, Workflow, workflows
from scanner.text import one_line

PINNED = re.compile(r"[^@]+@(?:[0-9a-f]{40}|[0-9a-f]{64})", re.IGNORECASE)
PINNED_IMAGE = re.compile(r"docker://.+@sha256:[0-9a-f]{64}", re.IGNORECASE)
OFFICIAL = re.compile(r"(?:actions|github)/", re.IGNORECASE)


@check(
    id="pipeline/unpinned-action",
    title="Action that is not pinned to a commit",
    severity=Severity.MEDIUM,
    cwe=829,
    owasp=("ASVS-5.0.0-15.2.4", "A08:2021", "A03:2025"),
    controls=("WW-CI-005",),
    also=(Also("official", "GitHub's own action not pinned to a commit", Severity.LOW),),
)
def unpinned_action(source: Source) -> Iterator[Finding]:
    """
    Looks for actions, reusable workflows and images under `uses` that are named by a tag or a
    branch. Those of the repository itself (`./…`) are left alone.

    ## Why it matters
    A tag can be moved. Whoever takes over the action's repository moves it to code of theirs,
    and every workflow that names it runs that code with its token and secrets. It has happened,
    to actions with tens of thousands of users.

    ## How to fix it
    Name the whole commit, with the version as a comment; Dependabot keeps both up to date:

    ```yaml
    - uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0
    ```

    Name an image by its digest: `docker://alpine@sha256:…`.

    ## References
    - [GitHub: using third-party actions](https://docs.github.com/en/actions/reference/security/secure-use#using-third-party-actions)
    - [OWASP CI/CD security, CICD-SEC-3](https://owasp.org/www-project-top-10-ci-cd-security-risks/CICD-SEC-03-Dependency-Chain-Abuse)
    - [CWE-829](https://cwe.mitre.org/data/definitions/829.html)
    """
    for file, workflow in workflows(source):
        for uses in dict.fromkeys(_used(workflow)):
            if not _is_pinned(uses.text.strip()):
                yield unpinned_action.in_file(
                    file.at(uses.line, uses.column),
                    f"{one_line(uses.text, 100)} is whatever its owner makes it.",
                    rule="official" if OFFICIAL.match(uses.text) else "",
                )


def _used(workflow: Workflow) -> Iterator[Text]:
    for job in workflow.jobs:
        if job.uses is not None:
            yield job.uses
        for step in job.steps:
            if step.uses is not None:
                yield step.uses


def _is_pinned(uses: str) -> bool:
    if uses.startswith("docker://"):
        return PINNED_IMAGE.fullmatch(uses) is not None
    return uses.startswith(("./", "../")) or PINNED.fullmatch(uses) is not None

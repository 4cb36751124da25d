from __future__ import annotations

from collections.abc import Iterator

from scanner import Also, Finding, Severity, Source, check
from scanner.source.workflow import Workflow, workflows


@check(
    id="pipeline/broad-permissions",
    title="Workflow token that may write everything",
    severity=Severity.MEDIUM,
    cwe=250,
    owasp=("ASVS-5.0.0-13.2.2", "A01:2021", "A01:2025"),
    controls=("WW-CI-007",),
    also=(Also("default", "Workflow without permissions for its token", Severity.LOW),),
)
def broad_permissions(source: Source) -> Iterator[Finding]:
    """
    Looks for `permissions: write-all`, and for jobs that have no permissions of their own in a
    workflow that sets none either.

    ## Why it matters
    The token can then do what the repository's settings grant by default; in older repositories
    and organisations that is writing everything. One bad dependency in the job is enough to
    change the source, the releases and the workflows.

    ## How to fix it
    Take everything from the workflow, and give each job what it needs:

    ```yaml
    permissions: {}
    jobs:
      test:
        permissions:
          contents: read
    ```

    ## References
    - [GitHub: permissions](https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#permissions)
    - [GitHub: GITHUB_TOKEN](https://docs.github.com/en/actions/concepts/security/github_token)
    - [CWE-250](https://cwe.mitre.org/data/definitions/250.html)
    """
    for file, workflow in workflows(source):
        for permissions in (workflow.permissions, *(job.permissions for job in workflow.jobs)):
            everything = permissions.everything if permissions else None
            if everything is not None and everything.text == "write-all":
                yield broad_permissions.in_file(
                    file.at(everything.line, everything.column), "The token may write everything."
                )
        bare = [job for job in workflow.jobs if job.permissions is None]
        if bare and workflow.permissions is None and not _asks_its_caller(workflow):
            names = "A job" if len(bare) == 1 else f"The first of {len(bare)} jobs"
            yield broad_permissions.in_file(
                file.at(bare[0].line, bare[0].column),
                f"{names} without permissions: the token gets the repository's default.",
                rule="default",
            )


def _asks_its_caller(workflow: Workflow) -> bool:
    """Actions and reusable workflows have the token of who calls them."""
    return workflow.is_action or workflow.triggers == {"workflow_call"}

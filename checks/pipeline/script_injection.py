from __future__ import annotations

from collections.abc import Iterator

from checks.pipeline._untrusted import EXPRESSION, INPUT, is_from_outside, resolved
from scanner import Also, Finding, Severity, Source, check
from scanner.source.workflow import Text, Workflow, workflows
from scanner.text import one_line

CHOSEN = {"boolean", "number", "choice", "environment"}
"""Types of inputs whose values GitHub itself holds to what the workflow allows."""


@check(
    id="pipeline/script-injection",
    title="Text from outside put into a script",
    severity=Severity.HIGH,
    cwe=94,
    owasp=("ASVS-5.0.0-1.2.5", "A03:2021", "A05:2025"),
    controls=("WW-CI-004",),
    also=(Also("input", "Input of a workflow or action put into a script", Severity.MEDIUM),),
)
def script_injection(source: Source) -> Iterator[Finding]:
    """
    Looks for `${{ … }}` in `run` and in scripts of actions/github-script that gives text which
    outsiders write: titles, bodies, branch names, commit messages. Inputs of workflows and
    actions are reported apart, unless their type allows no free text.

    ## Why it matters
    GitHub puts the text into the script before any shell sees it. A branch or an issue whose
    title ends the quotation runs commands, with the workflow's token and its secrets.

    ## How to fix it
    Hand the text over in a variable, and quote that:

    ```yaml
    - run: echo "$TITLE"
      env:
        TITLE: ${{ github.event.issue.title }}
    ```

    In github-script, read `context.payload` or `process.env`.

    ## References
    - [GitHub: script injections](https://docs.github.com/en/actions/concepts/security/script-injections)
    - [OWASP CI/CD security, CICD-SEC-4](https://owasp.org/www-project-top-10-ci-cd-security-risks/CICD-SEC-04-Poisoned-Pipeline-Execution)
    - [CWE-94](https://cwe.mitre.org/data/definitions/94.html)
    """
    for file, workflow in workflows(source):
        free = _free_inputs(workflow)
        seen: set[tuple[int, int]] = set()
        for script, environment in _scripts(workflow):
            for expression in EXPRESSION.finditer(script.text):
                names = list(resolved(expression[1], environment))
                outside = [name for name in names if is_from_outside(name)]
                inputs = [name for name in names if _is_free(name, free)]
                place = script.place(expression.start())
                if not (outside or inputs) or place in seen:
                    continue
                seen.add(place)
                name = one_line((outside or inputs)[0], 80)
                yield script_injection.in_file(
                    file.at(*place),
                    f"{name} is pasted into this script, whatever it holds.",
                    rule="" if outside else "input",
                )


def _free_inputs(workflow: Workflow) -> set[str]:
    return {name.lower() for name, kind in workflow.inputs if kind not in CHOSEN}


def _is_free(reference: str, free: set[str]) -> bool:
    found = INPUT.fullmatch(reference)
    return found is not None and (found[1] in free if found[1] else bool(free))


def _scripts(workflow: Workflow) -> Iterator[tuple[Text, dict[str, str]]]:
    """Every script with the variables that expressions in it can name."""
    for job in workflow.jobs:
        for step in job.steps:
            script = step.run
            if step.uses is not None and step.uses.text.lower().startswith("actions/github-script"):
                script = step.input("script")
            if script is not None:
                yield script, workflow.variables(job, step)

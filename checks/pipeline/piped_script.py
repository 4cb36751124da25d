from __future__ import annotations

import re
from collections.abc import Iterator

from scanner import Finding, Severity, Source, check
from scanner.source.workflow import workflows

LOADER = r"(?:curl|wget)\b"
WRAPPED = r"(?:sudo\s+(?:-\S+\s+)*|env\s+(?:-\S+\s+)*|\w+=\S*\s+)*"
# A shell that is given a file reads its program there: what is piped is then only data.
SHELL = (
    r"(?:/\S*/)?(?:(?:ba|z|da|k|a)?sh|python[\d.]*|node|perl|ruby|pwsh)\b"
    r"(?=\s*(?:$|[;&|)\n\"'`>]|-(?:\s|$|-\s|(?!c\b|m\b|e\b|-?command)\S)))"
)
PIPED = re.compile(
    rf"{LOADER}[^;&\n]{{0,300}}\|\s*{WRAPPED}{SHELL}"
    rf"|\b(?:ba|z|da|k)?sh\s+(?:-\S+\s+)*<\(\s*{LOADER}"
    rf"|(?:\b(?:ba|z|da|k)?sh\s+-\w*c|\beval|\bsource|(?<=\s)\.)\s+[\"']?(?:\$\(|`|<\()\s*{LOADER}"
    r"|\b(?:irm|iwr|invoke-webrequest|invoke-restmethod)\b[^;\n]{0,300}\|\s*(?:iex|invoke-expression)\b"
    r"|\b(?:iex|invoke-expression)\b[^;\n]{0,300}\b(?:irm|iwr|invoke-webrequest|invoke-restmethod"
    r"|downloadstring)\b",
    re.IGNORECASE,
)
LOOPBACK = re.compile(r"https?://(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])\b", re.IGNORECASE)
# Text that is only shown: a quoted string, unless a shell runs it or it runs a command.
SHOWN = re.compile(r"(?<!-c )(?<!-lc )(?:'[^'\n]*'|\"(?:[^\"\\\n$`]|\\.|\$(?!\())*\")")
COMMENT = re.compile(r"(?m)(?:^|(?<=\s))#.*$")


@check(
    id="pipeline/piped-script",
    title="Script from the network run unseen",
    severity=Severity.MEDIUM,
    cwe=494,
    owasp=("ASVS-5.0.0-15.2.4", "A08:2021", "A08:2025"),
    controls=("WW-CI-004", "WW-CI-005"),
)
def piped_script(source: Source) -> Iterator[Finding]:
    """
    Looks for `curl … | sh` and its kin in the scripts of workflows and actions. What comes from
    this machine, or goes into a program as data, is left alone.

    ## Why it matters
    Whatever the server sends on that day runs with the job's token and secrets. Who controls
    the server, its name or the way to it, controls the build; nothing shows afterwards what ran.

    ## How to fix it
    Take the tool from a package manager or a pinned action, or say what is expected:

    ```yaml
    - run: |
        curl -fsSLo install.sh https://example.com/v1.2.3/install.sh
        echo "$SHA256  install.sh" | sha256sum --check
        sh install.sh
    ```

    ## References
    - [OWASP CI/CD security, CICD-SEC-3](https://owasp.org/www-project-top-10-ci-cd-security-risks/CICD-SEC-03-Dependency-Chain-Abuse)
    - [CWE-494](https://cwe.mitre.org/data/definitions/494.html)
    """
    for file, workflow in workflows(source):
        for job in workflow.jobs:
            for script in dict.fromkeys(step.run for step in job.steps):
                if script is None:
                    continue
                for found in PIPED.finditer(_commands(script.text)):
                    if not LOOPBACK.search(script.text, *found.span()):
                        yield piped_script.in_file(
                            file.at(*script.place(found.start())),
                            "This runs whatever the server sends.",
                        )


def _commands(script: str) -> str:
    """The script with comments and shown strings blanked, continued lines joined; every
    character that is left keeps its place."""
    joined = re.sub(r"\\\n", "  ", script)
    quiet = SHOWN.sub(lambda shown: "_" * len(shown[0]), joined)
    return COMMENT.sub(lambda comment: " " * len(comment[0]), quiet)

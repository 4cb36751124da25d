from __future__ import annotations

import re
from collections.abc import Iterator

from scanner import Finding, Severity, Source, check
from scanner.source.containers import dockerfiles
from scanner.source.dockerfile import Instruction

REMOTE = re.compile(r"(?:https?|ftp|git|ssh)://|git@[\w.-]+:", re.IGNORECASE)
COMMIT = re.compile(r".*(?:#|[?&](?:commit|checksum)=)(?:[0-9a-f]{40}|[0-9a-f]{64})(?:[:&].*)?")


@check(
    id="container/remote-add",
    title="File from the network built in unverified",
    severity=Severity.MEDIUM,
    cwe=494,
    owasp=("ASVS-5.0.0-15.2.4", "A08:2021", "A08:2025"),
)
def remote_add(source: Source) -> Iterator[Finding]:
    """
    Looks for `ADD` of an address without `--checksum`; a git address may name a commit by its
    whole hash instead.

    ## Why it matters
    Whatever the server sends on the day of the build ends up in the image. Who controls the
    server, its name or the way to it, controls what runs.

    ## How to fix it
    Say what is expected, so that the build fails when something else comes:

    ```dockerfile
    ADD --checksum=sha256:… https://example.com/tool.tar.gz /opt/
    ```

    ## References
    - [Dockerfile reference: ADD --checksum](https://docs.docker.com/reference/dockerfile/#add---checksum)
    - [CWE-494](https://cwe.mitre.org/data/definitions/494.html)
    """
    for file, dockerfile in dockerfiles(source):
        for stage in dockerfile.stages:
            for outer in stage.instructions:
                instruction = outer.trigger or outer
                if instruction.name != "ADD" or instruction.flag("checksum"):
                    continue
                for text, line, column in _sources(instruction):
                    address = stage.resolve(text).text
                    if REMOTE.match(address) and not COMMIT.fullmatch(address):
                        yield remote_add.in_file(
                            file.at(line, column),
                            "ADD takes this from the network without a checksum.",
                        )


def _sources(instruction: Instruction) -> Iterator[tuple[str, int, int]]:
    """What is added, and where it is written; the last word is where it goes."""
    items = instruction.exec_form
    if items is None:
        for word in instruction.words[:-1]:
            yield word.text, word.line, word.column
        return
    for item in items[:-1]:
        word = next((w for w in instruction.words if item in w.text), instruction.words[0])
        yield item, word.line, word.column

from __future__ import annotations

from collections.abc import Iterator

from scanner import Finding, Severity, Source, check
from scanner.source.containers import dockerfiles


@check(
    id="container/unpinned-base",
    title="Base image without a version",
    severity=Severity.MEDIUM,
    cwe=1104,
    owasp=("ASVS-5.0.0-15.2.3", "A06:2021", "A03:2025"),
    controls=("WW-CTR-006",),
)
def unpinned_base(source: Source) -> Iterator[Finding]:
    """
    Looks for `FROM` with no tag, or with the tag `latest`, and no digest. Earlier stages,
    `scratch` and tags that a build argument gives are left alone.

    ## Why it matters
    Every build may get another image: one that breaks, one with new flaws, or one that somebody
    put there who took the repository over. Nobody can say afterwards what was built from.

    ## How to fix it
    Name a version and, for builds that repeat, its digest, and let a bot move it:

    ```dockerfile
    FROM python:3.13-slim@sha256:…
    ```

    ## References
    - [Docker: pin base image versions](https://docs.docker.com/build/building/best-practices/#pin-base-image-versions)
    - [CWE-1104](https://cwe.mitre.org/data/definitions/1104.html)
    """
    for file, dockerfile in dockerfiles(source):
        for stage in dockerfile.stages:
            name, _, tag = stage.image.rpartition("/")[2].partition(":")
            named_by_argument = "$" in name or "$" in tag
            if stage.parent or "@" in stage.image or named_by_argument or stage.image == "scratch":
                continue
            if tag in ("", "latest"):
                word = stage.start.words[0]
                what = "the tag latest" if tag else "no tag"
                yield unpinned_base.in_file(
                    file.at(word.line, word.column), f"The base image {stage.image} has {what}."
                )

from __future__ import annotations

from collections.abc import Iterator

from scanner import Finding, Severity, Source, check
from scanner.source.containers import dockerfiles
from scanner.source.dockerfile import Dockerfile, Word

MOVING = frozenset(
    "latest stable edge nightly rolling current lts mainline main master dev alpine slim".split()
)
"""Words that say no version, even together (`lts-alpine`)."""


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
    Looks for `FROM`, and `COPY --from` of an image, with no tag or with one that names no
    version, such as `latest`, and no digest. Earlier stages, `scratch` and tags that a build
    argument gives are left alone.

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
        for image, word in _images(dockerfile):
            name, _, tag = image.rpartition("/")[2].partition(":")
            named_by_argument = "$" in name or "$" in tag
            if "@" in image or named_by_argument or image == "scratch":
                continue
            if not tag or MOVING.issuperset(tag.lower().split("-")):
                what = f"the tag {tag}, which is no version" if tag else "no tag"
                yield unpinned_base.in_file(
                    file.at(word.line, word.column), f"The image {image} has {what}."
                )


def _images(dockerfile: Dockerfile) -> Iterator[tuple[str, Word]]:
    """What the Dockerfile takes from a registry, and where it says so."""
    names = {stage.name.lower() for stage in dockerfile.stages}
    for stage in dockerfile.stages:
        if stage.parent is None:
            yield stage.image, stage.start.words[0]
        for instruction in stage.instructions:
            copied = instruction.flag("from") if instruction.name == "COPY" else None
            is_stage = copied is None or copied.lower() in names or copied.isdecimal()
            if copied and not is_stage and instruction.words:
                yield stage.resolve(copied).text, instruction.words[0]

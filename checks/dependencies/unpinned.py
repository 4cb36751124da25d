from __future__ import annotations

from collections.abc import Iterator

from checks.dependencies._locks import lock_above
from checks.dependencies._requirements import GLOBS, read_requirements
from scanner import Finding, Incomplete, Severity, Skip, Source, check
from scanner.source import named


@check(
    id="dependencies/unpinned",
    title="Python requirement without an exact version",
    severity=Severity.LOW,
    cwe=1357,
    owasp=("ASVS-5.0.0-15.2.4", "A08:2021", "A03:2025"),
    controls=("WW-DEP-002",),
)
def unpinned(source: Source) -> Iterator[Finding]:
    """
    Looks for requirements that leave the version open, in requirements files that no lock file
    or constraints file fixes. Ranges in pyproject.toml are left alone, because a library has to
    state them.

    ## Why it matters
    What is installed then depends on the day. A release that somebody has taken over reaches
    the next deployment unseen, and nobody can look up advisories for a version that is not known.

    ## How to fix it
    Pin each requirement (`flask==3.1.2`), best with hashes and with everything that it brings
    along: `pip-compile --generate-hashes`, `uv pip compile` or a lock file do that for you.

    ## References
    - https://pip.pypa.io/en/stable/topics/repeatable-installs/
    """
    found = read_requirements(source)
    broken = [left.path for left in source.left_out(*GLOBS)] + found.broken
    if next(source.files(*GLOBS), None) is None and not broken:
        raise Skip("no requirements files")
    for one in sorted(found.loose, key=lambda one: (one.file.path, one.line)):
        if not one.hashed and not lock_above(source, one.file.path):
            message = f"{one.text} leaves the version of {one.name} open."
            yield unpinned.in_file(one.file.at(one.line), message)
    if broken:
        raise Incomplete(f"could not be read: {named(broken, 5)}", mend="mend or exclude the file")

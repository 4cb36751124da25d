from __future__ import annotations

from collections.abc import AsyncIterator

from checks.dependencies import _locks, _requirements
from checks.dependencies._audit import Advisory, Answers, audit
from checks.dependencies._found import Found, Pin
from checks.dependencies._locks import read_locks
from checks.dependencies._pyproject import read_pyprojects
from checks.dependencies._requirements import read_requirements
from scanner import Finding, Incomplete, Note, Rule, Severity, Skip, Source, check
from scanner.source import named
from scanner.text import counted

_GLOBS = (*_requirements.GLOBS, *_locks.GLOBS, "pyproject.toml")
_SERVICE = "choose a service that answers: `source: {advisories: {service: osv, url: …}}`"


@check(
    id="dependencies/python",
    title="Python dependency with a known vulnerability",
    severity=Severity.HIGH,
    cwe=1395,
    owasp=("ASVS-5.0.0-15.2.1", "A06:2021", "A03:2025"),
    controls=("WW-DEP-001",),
    needs_internet=lambda source: source.advisories.on_internet,
    emits=("advisory",),
    engine="pip-audit",
)
async def python(source: Source) -> AsyncIterator[Finding | Note]:
    """
    Looks up every Python package that the project pins in the published advisories. It reads
    requirements and constraints files, pyproject.toml, poetry.lock, uv.lock, pdm.lock,
    pylock.toml and Pipfile.lock itself; nothing is installed or built. Only names and versions
    leave the machine.

    ## Why it matters
    A published advisory comes with a published way in, and whoever looks for victims tries it
    on everybody. The packages that your packages bring along count as well.

    ## How to fix it
    Move to one of the versions that the finding names, and lock it. Where there is none yet,
    see in the advisory whether your code reaches the flaw, and suppress the finding with the
    reason and an end.

    ## References
    - https://osv.dev/
    - https://github.com/advisories
    """
    found = Found()
    for read in (read_requirements, read_pyprojects, read_locks):
        found.add(read(source))
    broken = [left.path for left in source.left_out(*_GLOBS)] + found.broken
    if found.loose:
        names = named(sorted({one.name for one in found.loose}), 5)
        yield Note(f"not looked up, because no version is pinned: {names}")
    if found.local:
        yield Note(f"not looked up, because it is local: {named(found.local)}")
    if not (found.pins or found.beyond or broken):
        raise Skip(
            "no Python dependency is pinned to a version"
            if found.loose
            else "no Python requirements, pyproject or lock file with dependencies"
        )
    answers = Answers()
    if found.pins:
        if source.advisories.service == "store":
            raise Incomplete("the offline advisory store is not built yet", mend=_SERVICE)
        answers = await audit(source, found.pins)
    for pin in _once(found.pins):
        for advisory in answers.known.get((pin.name, pin.version), ()):
            yield _finding(pin, advisory)
    _complain(answers, found.beyond, broken)


def _once(pins: list[Pin]) -> list[Pin]:
    """Each package and version once a file, in the order of the files."""
    first: dict[tuple[str, str, str], Pin] = {}
    for pin in sorted(pins, key=lambda pin: (pin.file.path, pin.line)):
        first.setdefault((pin.file.path, pin.name, pin.version), pin)
    return list(first.values())


def _finding(pin: Pin, advisory: Advisory) -> Finding:
    also = f" ({', '.join(advisory.aliases)})" if advisory.aliases else ""
    fixed = (
        f"Fixed in {' and '.join(advisory.fixed)}." if advisory.fixed else "No fix is published."
    )
    message = f"{pin.name} {pin.version} is affected by {advisory.id}{also}. {fixed}"
    if advisory.summary not in ("", "N/A"):
        message += f" {advisory.summary}"
    rule = Rule(
        id=f"advisory/{advisory.id}",
        title=f"Known vulnerability in {pin.name}: {advisory.id}",
        severity=Severity.HIGH,
        cwe=python.rule.cwe,
        owasp=python.rule.owasp,
        controls=python.rule.controls,
        help=python.rule.help,
        engine="pip-audit",
    )
    return Finding(rule, message, pin.file.at(pin.line))


def _complain(answers: Answers, beyond: list[str], broken: list[str]) -> None:
    reasons, mends = [], []
    if answers.failed:
        reasons.append(str(answers.failed[0]))
        mends.append(answers.failed[0].mend or _SERVICE)
    if answers.missing:
        what = counted(len(answers.missing), "package")
        reasons.append(
            f"the advisory service did not answer for {what}: {named(answers.missing, 5)}"
        )
        mends.append(f"accept private packages in accepted_incomplete, or {_SERVICE}")
    if beyond:
        reasons.append(f"no advisory covers what is fetched from elsewhere: {named(beyond, 5)}")
        mends.append("pin a published version, or accept it in accepted_incomplete")
    if broken:
        reasons.append(f"could not be read: {named(broken, 5)}")
        mends.append("mend or exclude the file")
    if reasons:
        raise Incomplete("; ".join(reasons), mend="; ".join(mends))

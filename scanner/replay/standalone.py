"""A recorded proof, written as a test that stands alone."""

from __future__ import annotations

import dataclasses
import re
import shlex
from collections.abc import Iterator
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from pprint import pformat
from typing import get_args

from scanner import proof as language
from scanner.contract import Incomplete
from scanner.proof import Certificate, Expectation, Forged, Hole, LogIn, Proof, Request, Step
from scanner.replay.aim import aim
from scanner.replay.alone import Place, variable_of
from scanner.replay.carried import Carried, carried
from scanner.replay.recorded import BadReport, Recorded, recorded
from scanner.scope import Origin
from scanner.site.comparison import names_of
from scanner.targets import Secret, Target, TargetsFile
from scanner.text import one_line

_USUAL = "Authorization: Bearer {token}"
_VARIABLE = re.compile(r"([\w-]{1,100}: ?[^\r\n\0]{0,200}?)\$WALLWALK_[A-Z0-9_]+_TOKEN([^\r\n\0]*)")
_CREDENTIALS = {"authorization", "cookie", "proxy-authorization", "x-api-key", "x-auth-token"}

_TEST = '''\
"""One finding of wallwalk, as a test that stands alone: it fails while the flaw is there, and
passes when it is gone. Written by `wallwalk replay --pytest`.

It needs {packages}.{credentials}
"""
# ruff: noqa
# mypy: ignore-errors

from __future__ import annotations

{imports}


{code}


FINDING = {finding}
PLACE = {place}
PROOF = {proof}


def test_the_flaw_is_gone() -> None:
    against = failing(PROOF, PLACE)

    assert against, FINDING
'''


def as_test(
    report: Path, fingerprint: str, *, file: TargetsFile | None = None, target: str | None = None
) -> str:
    """The text of a pytest file for the finding of `report`; nothing is sent.

    It is run where `replay` would send the proof. Everything from outside stands in it as a
    literal. Raises BadReport and BadTargets for wrong usage, and for a proof that needs a scan.
    """
    found = recorded(report, fingerprint)
    if found.proof is None:
        raise BadReport(f"it can't be written as a test: {found.unprovable}")
    try:
        chosen = aim(found, file, target)
    except Incomplete as why:
        raise BadReport(f"{why}; {why.mend}") from None
    place = _place(found, chosen)
    _refuse(found.proof, place.url)
    code = _carried(found.proof)
    return _TEST.format(
        packages=_listed(sorted({"pytest", *code.packages})),
        credentials=_credentials(found.proof),
        imports="\n".join(code.imports),
        code=code.code,
        finding=repr(one_line(f"{found.rule}: {found.message}")),
        place=pformat(place, width=96),
        proof=pformat(found.proof, width=96),
    )


def _place(found: Recorded, target: Target) -> Place:
    """Where the test asks. Headers that are credentials stay out of it."""
    headers = {
        name: value
        for name, value in target.headers.items()
        if not isinstance(value, Secret) and name.lower() not in _CREDENTIALS
    }
    return Place(
        url=str(Origin.of(target.url)),
        verify=target.verify,
        headers=headers,
        credential=_credential(found.curl),
        names=tuple(names_of(target)),
    )


def _credential(line: str) -> str:
    """The header that carries a token, from the report's own curl line."""
    try:
        words = shlex.split(line)
    except ValueError:
        return _USUAL
    for before, word in pairwise(words):
        if before == "-H" and (header := _VARIABLE.fullmatch(word)):
            return f"{header[1]}{{token}}{header[2]}"
    return _USUAL


def _refuse(proof: Proof, url: str) -> None:
    """Raise for what a test can't do by itself, and for a proof that leads elsewhere."""
    for step in proof.steps:
        if isinstance(step, Certificate | LogIn):
            what = "judges a certificate" if isinstance(step, Certificate) else "logs in"
            raise BadReport(f"it can't be written as a test: it {what}; `wallwalk replay` does")
        if isinstance(step, Request) and not step.target.startswith(("/", f"{url}/")):
            raise BadReport(f"it can't be written as a test: it asks {one_line(step.target)} too")


def _carried(proof: Proof) -> Carried:
    """What the proof is made of and what runs it, without what other proofs need."""
    made_of = {type(part).__name__ for part in _parts(proof)}
    known = {kind.__name__ for union in (Step, Hole, Expectation) for kind in get_args(union)}
    module = language.__name__
    roots = [(module, name) for name in sorted(made_of)]
    roots += [("scanner.replay.alone", name) for name in ("Place", "failing")]
    return carried(
        roots,
        without=known - made_of,
        instead={"weak_secrets": _secrets(proof)},
    )


def _parts(value: object) -> Iterator[object]:
    """Every dataclass in `value`, itself first."""
    if isinstance(value, tuple):
        for item in value:
            yield from _parts(item)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        yield value
        for field in dataclasses.fields(value):
            yield from _parts(getattr(value, field.name))


def _secrets(proof: Proof) -> str:
    """The list of weak secrets as a function: whole where the proof signs with one of them."""
    listed = ""
    if any(isinstance(hole, Forged) and hole.how == "weak-secret" for hole in proof.holes):
        listed = files("scanner.site").joinpath("weak_secrets.txt").read_text("utf-8")
    words = [line for line in listed.splitlines() if line and not line.startswith("# ")]
    return f"def weak_secrets():\n    return {pformat(('', *words), width=92, compact=True)}"


def _credentials(proof: Proof) -> str:
    identities = {one.identity for one in _parts(proof) if isinstance(one, Request | Forged)}
    names = sorted(variable_of(name) for name in identities - {""})
    return f" {_listed(names)} must hold a session's token or cookie." if names else ""


def _listed(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]

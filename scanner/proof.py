"""A proof is data: requests with holes, and what their answers must show.

The engine runs it again before it believes a finding; `replay`, the curl line and `--pytest`
are renderings of the same proof. The kinds of step, hole and expectation are a small closed
set, so that a report can carry a proof and a later wallwalk can read it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Any, Literal, get_args, get_type_hints


@dataclass(frozen=True, slots=True)
class Take:
    """A value taken from a step's answer, for the holes of later steps.

    `pattern` is a regular expression; its first group is the value. `source` is `body` or a
    header's name in lower case.
    """

    name: str
    source: str
    pattern: str


@dataclass(frozen=True, slots=True)
class Request:
    """One request. `target`, header values and `body` may have holes such as `{nonce}`.

    `target` is a path with its query on the target's own origin, or an absolute URL in scope.
    `identity` names whose session goes with it; empty is nobody. With `conceal` the evidence
    keeps the names of fields and a digest of the answer, never its values.
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    identity: str = ""
    takes: tuple[Take, ...] = ()
    conceal: bool = False


@dataclass(frozen=True, slots=True)
class LogIn:
    """A fresh login of `identity`; its answer is the last one to `method` and `target` (a path)
    that sets cookies. The credentials are those of the targets file and never stand here."""

    identity: str
    method: str
    target: str


@dataclass(frozen=True, slots=True)
class Hello:
    """One TLS ClientHello that offers exactly `version` (`SSLv3`, `TLSv1.0` … `TLSv1.3`)."""

    version: str


@dataclass(frozen=True, slots=True)
class Certificate:
    """One full TLS handshake, for the certificate that the target shows."""


_LONGEST_WORD = 10_000
_LONGEST_NUMBER = 18

Step = Request | LogIn | Hello | Certificate


@dataclass(frozen=True, slots=True)
class Word:
    """A hole: a fresh random word of lower-case letters each time the proof runs."""

    name: str
    length: int = 10

    def __post_init__(self) -> None:
        if not 1 <= self.length <= _LONGEST_WORD:
            raise ValueError(f"a word of {self.length} letters")


@dataclass(frozen=True, slots=True)
class Number:
    """A hole: a fresh random number of `digits` digits."""

    name: str
    digits: int = 4

    def __post_init__(self) -> None:
        if not 1 <= self.digits <= _LONGEST_NUMBER:
            raise ValueError(f"a number of {self.digits} digits")


@dataclass(frozen=True, slots=True)
class Product:
    """A hole that no request carries: the product of two `Number` holes, computed."""

    name: str
    left: str
    right: str


Forgery = Literal[
    "alg-none", "alg-None", "alg-NONE", "alg-nOnE", "weak-secret", "flipped", "genuine"
]


@dataclass(frozen=True, slots=True)
class Forged:
    """A hole: a token made from the one that `identity` holds.

    `alg-none` (in four spellings of none) drops its signature, `weak-secret` signs it again
    with the listed secret that verifies it (and with a changed claim), `flipped` spoils its
    signature; `genuine` leaves it as it is, for the control.
    """

    name: str
    identity: str
    how: Forgery


Hole = Word | Number | Product | Forged


@dataclass(frozen=True, slots=True)
class Status:
    """The answer's status is one of `codes`. `step` counts from 0; -1 is the last."""

    codes: tuple[int, ...]
    step: int = -1


@dataclass(frozen=True, slots=True)
class HeaderAbsent:
    name: str
    step: int = -1


@dataclass(frozen=True, slots=True)
class HeaderMatches:
    """At least one value of header `name` has a match of the regular expression `pattern`."""

    name: str
    pattern: str
    step: int = -1


@dataclass(frozen=True, slots=True)
class BodyContains:
    """`text` (holes allowed) occurs in the decoded body."""

    text: str
    step: int = -1


@dataclass(frozen=True, slots=True)
class BodyLacks:
    text: str
    step: int = -1


@dataclass(frozen=True, slots=True)
class BodyMatches:
    pattern: str
    step: int = -1


@dataclass(frozen=True, slots=True)
class HasElement:
    """The body, parsed as a browser parses it, has an element for the CSS `selector`.

    With `text`, the element's own text contains it (a script block's, for instance).
    """

    selector: str
    text: str = ""
    step: int = -1


@dataclass(frozen=True, slots=True)
class RunsScript:
    """A browser that shows the answer has `code` (holes allowed) as code in a script of it:
    a block, an event handler or a `javascript:` address, and no string or comment there."""

    code: str
    step: int = -1


@dataclass(frozen=True, slots=True)
class Like:
    """Has the status of the `baseline` answers and every line that is stable over them."""

    baseline: tuple[int, ...]
    step: int = -1


@dataclass(frozen=True, slots=True)
class Unlike:
    """Lacks the baseline's status or a line that is stable over the `baseline` answers."""

    baseline: tuple[int, ...]
    step: int = -1


@dataclass(frozen=True, slots=True)
class Shows:
    """Has the lines (four of five at least) that are stable over the `baseline` answers and
    that none of the `beyond` answers has: what only these show.
    """

    baseline: tuple[int, ...]
    beyond: tuple[int, ...]
    step: int = -1


@dataclass(frozen=True, slots=True)
class Apart:
    """All of the answers `these` share a status or a line that none of `those` has."""

    these: tuple[int, ...]
    those: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Accepted:
    """The server answered the hello with a ServerHello of the offered version."""

    step: int = -1


@dataclass(frozen=True, slots=True)
class Refused:
    """The server refused the hello: by an alert, by another version, by hanging up twice."""

    step: int = -1


@dataclass(frozen=True, slots=True)
class BadCertificate:
    """The certificate has this `fault`: `expired`, `not-yet-valid`, `wrong-name`, `untrusted`,
    `expires-soon`, `weak`.
    """

    fault: str
    step: int = -1


Expectation = (
    Status
    | HeaderAbsent
    | HeaderMatches
    | BodyContains
    | BodyLacks
    | BodyMatches
    | HasElement
    | RunsScript
    | Like
    | Unlike
    | Apart
    | Shows
    | Accepted
    | Refused
    | BadCertificate
)


@dataclass(frozen=True, slots=True)
class Proof:
    """Steps in order, what they must show, and the holes that are filled afresh each time.

    `once` says why the flaw cannot be shown a second time without harm (a burst that could
    lock an account); the engine then takes the check's own evidence for it. `shows` is the
    step that the curl line repeats.
    """

    steps: tuple[Step, ...]
    expect: tuple[Expectation, ...]
    holes: tuple[Hole, ...] = ()
    once: str = ""
    shows: int = -1

    def __post_init__(self) -> None:
        """Raises ValueError for a proof that would hold whatever the target answers, or that
        speaks of what it does not have."""
        if not self.steps:
            raise ValueError("a proof without a step")
        if not self.expect and not self.once:
            raise ValueError("a proof that expects nothing always holds")
        for expect in self.expect:
            for field in dataclasses.fields(expect):
                if field.name in _NEVER_EMPTY and not getattr(expect, field.name):
                    raise ValueError(f"{type(expect).__name__} has nothing to compare with")
                if field.name in _STEPS:
                    self._look_for(getattr(expect, field.name))
        self._look_for(self.shows)
        numbers = {hole.name for hole in self.holes if isinstance(hole, Number)}
        for hole in self.holes:
            if isinstance(hole, Product) and not {hole.left, hole.right} <= numbers:
                raise ValueError(f"the product {hole.name} is not of two numbers")

    def _look_for(self, steps: int | tuple[int, ...]) -> None:
        for step in (steps,) if isinstance(steps, int) else steps:
            if not -len(self.steps) <= step < len(self.steps):
                raise ValueError(f"a proof of {len(self.steps)} steps has no step {step}")


_NEVER_EMPTY = frozenset({"baseline", "these", "those"})
_STEPS = frozenset({"step", "beyond", *_NEVER_EMPTY})
_KINDS: Mapping[str, type] = {
    kind.__name__: kind for union in (Step, Hole, Expectation) for kind in get_args(union)
} | {"Take": Take, "Proof": Proof}


def to_data(value: Any) -> Any:
    """A proof (or a part of one) as plain JSON data, each object with its `kind`."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {f.name: to_data(getattr(value, f.name)) for f in dataclasses.fields(value)}
        return {"kind": type(value).__name__, **fields}
    if isinstance(value, tuple):
        return [to_data(item) for item in value]
    return value


def from_data(data: Any) -> Proof:
    """The proof that `to_data` wrote.

    Raises ValueError for anything else: a report is not trusted.
    """
    try:
        proof = _value(data)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(proof, Proof):
        raise ValueError("not a proof")
    return proof


def _value(data: Any) -> Any:
    if isinstance(data, list):
        return tuple(_value(item) for item in data)
    if not isinstance(data, dict):
        return data
    kind = _KINDS.get(str(data.get("kind")))
    if kind is None:
        raise ValueError(f"unknown kind of step or expectation: {data.get('kind')!r}")
    given = {key: _value(value) for key, value in data.items() if key != "kind"}
    hints = get_type_hints(kind)
    for key, value in given.items():
        if key not in hints or not _fits(value, hints[key]):
            raise ValueError(f"{kind.__name__}.{key} is not what it should be")
    try:
        return kind(**given)
    except TypeError as error:
        raise ValueError(str(error)) from None


def _fits(value: Any, hint: Any) -> bool:
    origin, args = getattr(hint, "__origin__", None), get_args(hint)
    if origin is tuple and args[-1:] == (Ellipsis,):
        return isinstance(value, tuple) and all(_fits(item, args[0]) for item in value)
    if origin is tuple:
        fits = isinstance(value, tuple) and len(value) == len(args)
        return fits and all(_fits(item, arm) for item, arm in zip(value, args, strict=True))
    if origin is Literal:
        return isinstance(value, str) and value in args
    if isinstance(hint, UnionType):
        return any(_fits(value, arm) for arm in args)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, hint)

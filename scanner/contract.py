"""The one interface of a check: rules and a function that yields findings."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from importlib.metadata import entry_points
from types import ModuleType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from scanner.model import AtUrl, Finding, InFile, Note, Probes, Rule, Severity
from scanner.proof import Expectation, Proof
from scanner.text import one_line

if TYPE_CHECKING:
    import httpx

_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*(?:/[a-z0-9]+(?:-[a-z0-9]+)*)+")

Subject = TypeVar("Subject")
Yields = Finding | Note
Findings = AsyncIterator[Yields] | Iterator[Yields]


class Skip(Exception):
    """Raised by a check that has nothing to look at here; the message says why."""


class Incomplete(Exception):
    """Raised where the work could not be done, or not all of it.

    The message is the reason for a person in a hurry; `mend` what they do about it.
    """

    def __init__(self, reason: str, mend: str = "") -> None:
        super().__init__(reason)
        self.mend = mend


@dataclass(frozen=True)
class Check(Generic[Subject]):
    """A check as a plain value: anyone can list it, only the engine runs it.

    `further` are rules under its id. `needs_internet` (a fact, or a question to the subject)
    says what `--offline` leaves out. `alone` checks run after all others and by themselves,
    because they fill limits or touch accounts. `reads` are the keys of the targets file that
    the check serves; `emits` the prefixes of a tool's rules that it passes on (`bandit`).
    With `crawled=False` a live check does without the crawl.
    """

    rule: Rule
    subject: type[Subject]
    run: Callable[[Subject], Findings]
    probes: Probes = "passive"
    further: tuple[Rule, ...] = ()
    needs_internet: bool | Callable[[Subject], bool] = False
    alone: bool = False
    reads: tuple[str, ...] = ()
    emits: tuple[str, ...] = ()
    crawled: bool = True

    @property
    def id(self) -> str:
        return self.rule.id

    @property
    def rules(self) -> tuple[Rule, ...]:
        return (self.rule, *self.further)

    def _rule(self, name: str) -> Rule:
        if not name:
            return self.rule
        return next(rule for rule in self.further if rule.id == f"{self.id}/{name}")

    def at(
        self,
        response: httpx.Response,
        message: str,
        *expect: Expectation,
        rule: str = "",
        about: str = "",
        parameter: str = "",
        parameter_in: str = "",
        identities: tuple[str, ...] = (),
        proof: Proof | None = None,
    ) -> Finding:
        """A finding seen in `response`, proved by `proof`, or by asking the same again and
        expecting `expect`.

        `rule` is the last part of a further rule's id; `about` names what exactly is wrong
        where findings are grouped by kind of answer and folder.
        """
        from scanner.site.answer import again, kind_of, seen

        if proof is None:
            if not expect:
                raise TypeError("a live finding needs an expectation or a proof")
            proof = Proof((again(response),), expect)
        sight = seen(response)
        where = AtUrl(
            target=sight.target,
            method=response.request.method,
            url=sight.url,
            kind=kind_of(response),
            parameter=parameter,
            parameter_in=parameter_in,
            identities=identities or ((sight.identity,) if sight.identity and not about else ()),
        )
        return Finding(self._rule(rule), message, where, about=about, proof=proof)

    def in_file(self, where: InFile, message: str, *, rule: str = "", about: str = "") -> Finding:
        """A finding on a line of a file; `where` comes from `SourceFile.at`."""
        return Finding(self._rule(rule), message, where, about=about)


@dataclass(frozen=True)
class Also:
    """A further rule of a check: `name` is what follows the check's id."""

    name: str
    title: str
    severity: Severity
    cwe: int | None = None
    variant: bool = False
    """Says the same as the check's own rule at another severity: fingerprints are shared."""


def check(
    *,
    id: str,
    title: str,
    severity: Severity,
    cwe: int,
    owasp: tuple[str, ...] = (),
    controls: tuple[str, ...] = (),
    probes: Probes = "passive",
    also: tuple[Also, ...] = (),
    needs_internet: bool | Callable[[Any], bool] = False,
    alone: bool = False,
    reads: tuple[str, ...] = (),
    emits: tuple[str, ...] = (),
    engine: str = "",
    crawled: bool = True,
) -> Callable[[Callable[[Subject], Findings]], Check[Subject]]:
    """Turn a generator function into a check.

    The function's one parameter says by its type what it looks at (`Site` or `Source`); its
    docstring is the help of its rules; `engine` is the tool that does the looking. Raises
    ValueError for an id that is not `room/check`, in small letters, digits and hyphens.
    """
    for name in (id, *(f"{id}/{one.name}" for one in also)):
        if not _ID.fullmatch(name):
            raise ValueError(f"{name!r} is no id of a check or rule; write room/what-is-wrong")

    def wrap(run: Callable[[Subject], Findings]) -> Check[Subject]:
        (parameter,) = inspect.signature(run, eval_str=True).parameters.values()
        help = inspect.getdoc(run) or ""
        rule = Rule(id, title, severity, cwe, owasp, controls, help, engine=engine)
        further = tuple(
            replace(
                rule,
                id=f"{id}/{one.name}",
                title=one.title,
                severity=one.severity,
                cwe=one.cwe or cwe,
                base=id if one.variant else "",
            )
            for one in also
        )
        return Check(
            rule=rule,
            subject=parameter.annotation,
            run=run,
            probes=probes,
            further=further,
            needs_internet=needs_internet,
            alone=alone,
            reads=reads,
            emits=emits,
            crawled=crawled,
        )

    return wrap


@dataclass(frozen=True)
class Discovered:
    """All checks, and the plug-ins that could not be imported, with the reason."""

    checks: tuple[Check[Any], ...]
    broken: tuple[tuple[str, str], ...] = ()


def discover(package: str) -> Discovered:
    """Every check of the rooms in `package` and of installed plug-ins, by walking them.

    A plug-in declares the entry point group `wallwalk.checks`, whose value is a package (or
    module) with checks in it. Raises ValueError when two checks have one id.
    """
    found: dict[str, Check[Any]] = {}
    broken: list[tuple[str, str]] = []
    _collect(importlib.import_module(package), found)
    for point in entry_points(group="wallwalk.checks"):
        theirs: dict[str, Check[Any]] = {}
        try:
            _collect(importlib.import_module(point.value.partition(":")[0]), theirs)
            if clash := [id for id in found.keys() & theirs if found[id] is not theirs[id]]:
                raise ValueError(f"the check {min(clash)} exists already")
        except (Exception, SystemExit) as error:  # is named, and must not end the scan
            broken.append((point.name, one_line(f"{type(error).__name__}: {error}")))
        else:
            found |= theirs
    return Discovered(tuple(found[id] for id in sorted(found)), tuple(broken))


def _collect(package: ModuleType, into: dict[str, Check[Any]]) -> None:
    names = [package.__name__]
    if hasattr(package, "__path__"):
        walked = pkgutil.walk_packages(
            package.__path__, f"{package.__name__}.", onerror=_raise_what_went_wrong
        )
        names += [module.name for module in walked]
    for name in names:
        for item in vars(importlib.import_module(name)).values():
            if isinstance(item, Check) and into.setdefault(item.id, item) is not item:
                raise ValueError(f"two checks are called {item.id}")


def _raise_what_went_wrong(name: str) -> None:
    error = sys.exc_info()[1]
    raise error if error else ImportError(name)

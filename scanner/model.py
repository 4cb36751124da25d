"""What a scan says: rules, findings, outcomes, and the report that holds them."""

from __future__ import annotations

import enum
import hashlib
from dataclasses import dataclass
from typing import Literal

from scanner.proof import Proof

Probes = Literal["passive", "active", "deep"]
"""What a live check sends. passive: GET, HEAD, OPTIONS, no payload; deep: slow, brute or risky."""


class Severity(enum.IntEnum):
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def word(self) -> str:
        return self.name.lower()


class Outcome(enum.Enum):
    """How one planned check ended on one subject. Only `PASSED` means that nothing is wrong."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not-applicable"
    INCOMPLETE = "incomplete"


@dataclass(frozen=True, slots=True)
class Rule:
    """What can be wrong. A check has one of its own and may declare more; a tool has many.

    `base` is the id that fingerprints use: a rule that says the same at another severity
    (`bandit/B602/low`) names the plain one, so that a finding keeps its identity.
    `score` is a CVSS base score, where an advisory has one; `engine` names the tool whose
    rule this is; `help` is Markdown with the headings "Why it matters" and "How to fix it".
    """

    id: str
    title: str
    severity: Severity
    cwe: int | None = None
    owasp: tuple[str, ...] = ()
    controls: tuple[str, ...] = ()
    help: str = ""
    base: str = ""
    engine: str = ""
    score: float | None = None

    @property
    def identity(self) -> str:
        return self.base or self.id


@dataclass(frozen=True, slots=True)
class InFile:
    """A place in a file: `path` relative to the git top level, POSIX, lines and columns from 1.

    `occurrence` says which of the file's lines with this text it is, so that a finding keeps
    its fingerprint when lines move; `line_hash` is GitHub's `primaryLocationLineHash`.
    """

    path: str
    line: int = 1
    column: int = 1
    end_line: int | None = None
    snippet: str = ""
    occurrence: int = 1
    line_hash: str = ""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class AtUrl:
    """A place on a live target.

    `route` is the path as a template (filled in by the engine from what the crawl learned),
    `kind` the kind of answer (html, json, error, redirect, static, download), `parameter_in`
    one of query, form, json, header, cookie, path; `identities` are those concerned.
    """

    target: str
    method: str
    url: str
    route: str = ""
    kind: str = ""
    parameter: str = ""
    parameter_in: str = ""
    identities: tuple[str, ...] = ()

    def __str__(self) -> str:
        named = f" [{self.parameter} in {self.parameter_in}]" if self.parameter else ""
        return f"{self.method} {self.url}{named}"


Location = InFile | AtUrl


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer as text, cut and masked, with what was looked at."""

    request: str
    response: str
    status: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    `about` is what exactly is wrong where findings are grouped by kind of answer and folder
    (a header's or a cookie's name); `also` holds the further places of a merged finding;
    `curl` is a line that sends the deciding request of `proof` again.
    """

    rule: Rule
    message: str
    where: Location
    about: str = ""
    also: tuple[Location, ...] = ()
    proof: Proof | None = None
    evidence: tuple[Exchange, ...] = ()
    curl: str = ""
    confidence: str = ""
    suppressed: str = ""
    suppressed_in: Literal["", "targets file", "source"] = ""

    @property
    def places(self) -> tuple[Location, ...]:
        return (self.where, *self.also)

    @property
    def fingerprint(self) -> str:
        """`wallwalk/v1`: the same from run to run, whichever URL was seen first."""
        where = self.where
        parts: tuple[str, ...]
        if isinstance(where, InFile):
            text = " ".join(where.snippet.split())
            parts = (where.path, text, str(where.occurrence), self.about)
        elif self.about:
            folder = where.route.rpartition("/")[0]
            parts = (where.target, where.kind, folder, self.about, *sorted(where.identities))
        else:
            parts = (
                where.target,
                where.method,
                where.route,
                where.parameter_in,
                where.parameter,
                *sorted(where.identities),
            )
        text = "\n".join((self.rule.identity, *parts))
        return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Note:
    """A remark a check makes beside its findings: what it counted, what it left alone."""

    text: str


@dataclass(frozen=True, slots=True)
class CheckRun:
    """What came of one check on one subject.

    `subject` is `source` or a target's name; `reason` says why it is not-applicable or
    incomplete and `mend` what a person does about it; `accepted` is the reason of an
    `accepted_incomplete` entry that covers it; `requests` counts what it sent.
    """

    check: str
    title: str
    subject: str
    live: bool
    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    reason: str = ""
    mend: str = ""
    accepted: str = ""
    notes: tuple[str, ...] = ()
    requests: int = 0
    seconds: float = 0.0

    @property
    def room(self) -> str:
        return self.check.partition("/")[0]

    @property
    def family(self) -> str:
        """The SARIF run it belongs to."""
        return f"live/{self.subject}" if self.live else self.room


@dataclass(frozen=True, slots=True)
class NotPlanned:
    """A check that this scan did not set out to run, and why. Listed, never gating."""

    check: str
    subject: str
    live: bool
    reason: str


@dataclass(frozen=True, slots=True)
class TargetFacts:
    """What reports say of a target: where it is, what was allowed, where it is declared.

    `reached` says that at least one of its `requests` was answered.
    """

    name: str
    url: str
    profile: str
    authorization: str = ""
    declared_in: str = ""
    line: int = 1
    requests: int = 0
    notes: tuple[str, ...] = ()
    reached: bool = True


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that a scan found and did not find. Writers render it and know no more.

    `rules` are those of all checks that ran and of all findings; `source` is the scanned
    folder as the user named it, or empty; `partial` names what narrowed the scan.
    """

    version: str
    started: str
    seconds: float
    runs: tuple[CheckRun, ...]
    not_planned: tuple[NotPlanned, ...] = ()
    targets: tuple[TargetFacts, ...] = ()
    source: str = ""
    source_notes: tuple[str, ...] = ()
    engines: tuple[tuple[str, str], ...] = ()
    rules: tuple[Rule, ...] = ()
    partial: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    interrupted: bool = False
    fail_on: Severity | None = Severity.HIGH
    allow_incomplete: bool = False

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every finding that is not suppressed, the gravest first."""
        found = [f for run in self.runs for f in run.findings if not f.suppressed]
        return tuple(sorted(found, key=lambda f: (-f.rule.severity, f.rule.id, str(f.where))))

    @property
    def suppressed(self) -> tuple[Finding, ...]:
        return tuple(f for run in self.runs for f in run.findings if f.suppressed)

    @property
    def incomplete(self) -> tuple[CheckRun, ...]:
        """What was planned, could not be done, and nobody has accepted."""
        return tuple(
            run for run in self.runs if run.outcome is Outcome.INCOMPLETE and not run.accepted
        )

    @property
    def accepted(self) -> tuple[CheckRun, ...]:
        return tuple(run for run in self.runs if run.outcome is Outcome.INCOMPLETE and run.accepted)

    @property
    def gating(self) -> tuple[Finding, ...]:
        """The findings at or over `fail_on`."""
        if self.fail_on is None:
            return ()
        return tuple(f for f in self.findings if f.rule.severity >= self.fail_on)

    @property
    def exit_code(self) -> int:
        """0, 1, 2, 3 or 130, as the contract has it: incomplete outranks findings."""
        if self.interrupted:
            return 130
        if not self.runs:
            return 2
        if self.incomplete and not self.allow_incomplete:
            return 3
        return 1 if self.gating else 0

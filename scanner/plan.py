"""What a scan sets out to do: which checks on which subjects, and what is left out and why."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from scanner.address import IPAddress, Unresolved, is_loopback, resolve
from scanner.contract import Check, Discovered
from scanner.model import CheckRun, NotPlanned, Outcome, Probes, Severity
from scanner.scope import LEVELS, Scope
from scanner.selection import Selection
from scanner.site.site import Site
from scanner.source import Advisories, Source
from scanner.targets import Target, TargetsFile, authorized, unbuilt_keys

Profile = Literal["pr", "staging", "deep"]
_ALLOWS: dict[Profile, Probes] = {"pr": "passive", "staging": "active", "deep": "deep"}

_NOT_SELECTED = "not selected"

SOURCE = "source"
"""The subject of checks that look at files."""

ENGINE_KEYS = frozenset(
    """
    source suppressions accepted_incomplete
    name url plain_url profile authorization verify proxy roots limits headers start
    scope.include scope.exclude scope.never scope.hosts scope.login_hosts
    discover.crawl discover.seeds
    identities.username identities.password identities.token identities.role
    identities.tenant identities.disposable
    logins.json logins.form logins.bearer logins.for logins.check
    """.split()
)
"""Keys of the targets file that the engine itself serves; checks declare theirs in `reads`."""


@dataclass(frozen=True)
class Options:
    """What the user asked for on the command line, beside the targets file."""

    root: Path | None
    file: TargetsFile
    targets: tuple[Target, ...]
    file_name: str = ""
    profile: Profile | None = None
    selection: Selection = field(default_factory=Selection)
    offline: bool = False
    changed_since: str = ""
    fail_on: Severity | None = Severity.HIGH
    allow_incomplete: bool = False
    max_time: float | None = None
    jobs: int | None = None
    cache: Path | None = None
    start: bool = False
    narrowed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    today: datetime.date = field(default_factory=datetime.date.today)


@dataclass(frozen=True)
class SourcePlan:
    source: Source
    checks: tuple[Check[Source], ...]


@dataclass(frozen=True)
class SitePlan:
    """`barred` checks were asked for, but more than passive probes need an authorization.

    `addresses` are those by which that was decided, so that nobody resolves the hosts again.
    """

    target: Target
    profile: Profile
    level: Probes
    checks: tuple[Check[Site], ...]
    barred: tuple[Check[Site], ...] = ()
    addresses: Mapping[str, tuple[IPAddress, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """`settled` are outcomes that are known before anything runs (keys not built, plug-ins)."""

    options: Options
    checks: tuple[Check[Any], ...]
    source: SourcePlan | None
    sites: tuple[SitePlan, ...]
    not_planned: tuple[NotPlanned, ...]
    settled: tuple[CheckRun, ...]

    @property
    def count(self) -> int:
        """How many outcomes there will be."""
        live = sum(len(site.checks) + len(site.barred) for site in self.sites)
        return live + (len(self.source.checks) if self.source else 0) + len(self.settled)


async def make_plan(options: Options, discovered: Discovered) -> Plan:
    """The plan for `options` over all `discovered` checks.

    Raises what `Source.open` raises for a path that cannot be read.
    """
    left_out: list[NotPlanned] = []
    checks = discovered.checks
    source = None
    if options.root is not None:
        source = _plan_source(options, [c for c in checks if c.subject is Source], left_out)
    live = [c for c in checks if c.subject is Site]
    sites = []
    for target, addresses in zip(
        options.targets, await asyncio.gather(*map(addresses_of, options.targets)), strict=True
    ):
        sites.append(_plan_site(options, target, addresses, live, left_out))
    unbuilt = list(_unbuilt(options, checks, left_out))
    return Plan(
        options=options,
        checks=checks,
        source=source,
        sites=tuple(sites),
        not_planned=tuple(left_out),
        settled=(*_broken_plugins(discovered), *_aimless(checks), *unbuilt),
    )


def _plan_source(
    options: Options, checks: list[Check[Source]], left_out: list[NotPlanned]
) -> SourcePlan:
    assert options.root is not None  # noqa: S101  (the caller asked)
    settings = options.file.source
    source = Source.open(
        options.root,
        exclude=settings.exclude,
        tests=settings.tests or (),
        advisories=Advisories(settings.advisories.service, settings.advisories.url or ""),
        cache=options.cache,
        jobs=options.jobs,
        changed_since=options.changed_since or None,
    )
    planned = []
    for check in checks:
        needs = check.needs_internet
        if not options.selection.plans(check):
            left_out.append(NotPlanned(check.id, SOURCE, False, _NOT_SELECTED))
        elif options.offline and (needs(source) if callable(needs) else needs):
            left_out.append(NotPlanned(check.id, SOURCE, False, "--offline: needs the internet"))
        else:
            planned.append(check)
    return SourcePlan(source, tuple(planned))


async def addresses_of(target: Target) -> dict[str, tuple[IPAddress, ...]]:
    """The addresses of every host that may be probed; none for a name that leads nowhere."""
    found: dict[str, tuple[IPAddress, ...]] = {}
    for origin in Scope.of(target, "passive").origins:
        try:
            found[origin.host] = await resolve(origin.host)
        except Unresolved:
            found[origin.host] = ()  # opening the target says so, for every planned check
    return found


def granted(
    target: Target,
    addresses: Mapping[str, tuple[IPAddress, ...]],
    today: datetime.date,
    asked: Profile | None = None,
) -> tuple[Profile, Probes]:
    """The profile of `target`, unless another is `asked` for, and the most that may be sent."""
    local = all(is_loopback(found) for found in addresses.values())
    profile = asked or target.profile or ("staging" if local else "pr")
    return profile, _ALLOWS[profile] if local or authorized(target, today) else "passive"


def _plan_site(
    options: Options,
    target: Target,
    addresses: Mapping[str, tuple[IPAddress, ...]],
    checks: list[Check[Site]],
    left_out: list[NotPlanned],
) -> SitePlan:
    profile, allowed = granted(target, addresses, options.today, options.profile)
    abroad = any(address.is_global for found in addresses.values() for address in found)
    planned, barred = [], []
    for check in checks:
        reason = _why_not(options, check, profile)
        if not reason and options.offline and abroad:
            reason = "--offline: the target is on the internet"
        if reason:
            left_out.append(NotPlanned(check.id, target.name, True, reason))
        elif LEVELS[check.probes] > LEVELS[allowed]:
            barred.append(check)
        else:
            planned.append(check)
    known = {host: found for host, found in addresses.items() if found}
    return SitePlan(target, profile, allowed, tuple(planned), tuple(barred), known)


def _why_not(options: Options, check: Check[Site], profile: Profile) -> str:
    if not options.selection.plans(check):
        return _NOT_SELECTED
    if options.offline and check.needs_internet:
        return "--offline: needs the internet"
    if LEVELS[check.probes] > LEVELS[_ALLOWS[profile]]:
        return f"sends {check.probes} probes, which the profile {profile} leaves out"
    return ""


def _aimless(checks: Iterable[Check[Any]]) -> Iterable[CheckRun]:
    """Checks of what no scan has: they must not be left out in silence."""
    for check in checks:
        if check.subject not in (Site, Source):
            what = getattr(check.subject, "__name__", check.subject)
            yield CheckRun(
                check=check.id,
                title=check.rule.title,
                subject=SOURCE,
                live=False,
                outcome=Outcome.INCOMPLETE,
                reason=f"it looks at {what}, and there is no such thing to look at",
                mend="this is a defect of the check: its parameter must be a Site or a Source",
            )


def _broken_plugins(discovered: Discovered) -> Iterable[CheckRun]:
    for name, reason in discovered.broken:
        yield CheckRun(
            check=f"plug-in/{name}",
            title=f"The plug-in {name}",
            subject=SOURCE,
            live=False,
            outcome=Outcome.INCOMPLETE,
            reason=f"the plug-in {name} could not be imported: {reason}",
            mend=f"mend or uninstall {name}",
        )


def _unbuilt(
    options: Options, checks: Iterable[Check[Any]], left_out: list[NotPlanned]
) -> Iterable[CheckRun]:
    served = ENGINE_KEYS | {key for check in checks for key in check.reads}
    chosen = {target.name for target in options.targets}
    for target, key, line in unbuilt_keys(options.file, served):
        if target and target not in chosen:
            continue
        id, subject = f"key/{key}", target or SOURCE
        if options.selection.select:
            left_out.append(NotPlanned(id, subject, bool(target), _NOT_SELECTED))
            continue
        yield CheckRun(
            check=id,
            title=f"The key {key} of the targets file",
            subject=subject,
            live=bool(target),
            outcome=Outcome.INCOMPLETE,
            reason=f"{options.file_name}:{line}: nothing serves {key} yet",
            mend="take the key out, or accept it in accepted_incomplete with a reason and an end",
        )

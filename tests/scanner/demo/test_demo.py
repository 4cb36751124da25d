"""The demo, scanned whole: each flaw of `flaws.py` is found at its place, and nothing else is."""

import asyncio
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from scanner.contract import discover
from scanner.demo.flaws import SITE_FLAWS, SOURCE_FLAWS, TWINS, InSource, OnSite
from scanner.demo.server import SOURCE, DemoServers, serve
from scanner.demo.targets import targets_yaml
from scanner.engine import scan
from scanner.model import AtUrl, Finding, InFile, Outcome, Report
from scanner.plan import Options, make_plan
from scanner.stop import Stop
from scanner.targets.load import parse


async def report_of(servers: DemoServers) -> Report:
    text, path = targets_yaml(servers).encode(), Path("targets.yaml")
    file = parse(text, path, env={})
    options = Options(
        root=SOURCE, file=file, targets=file.targets, file_name=str(path), offline=True
    )
    plan = await make_plan(options, discover("checks"))
    return await scan(plan, lambda event: None, Stop())


@pytest.fixture(scope="module")
def scanned() -> tuple[Report, DemoServers]:
    with serve() as servers:
        return asyncio.run(report_of(servers)), servers


def place(finding: Finding) -> tuple[str, str, str, str]:
    """Rule, file or target, line or method with route, and the input that it is in."""
    where = finding.where
    if isinstance(where, InFile):
        return finding.rule.id, Path(where.path).name, str(where.line), ""
    assert isinstance(where, AtUrl)
    at = f"{where.method} {where.route or urlsplit(where.url).path}"
    given = f"{where.parameter} in {where.parameter_in}" if where.parameter else ""
    return finding.rule.id, where.target, at, given


def expected_in_source(flaw: InSource) -> tuple[str, str, str, str]:
    lines = (SOURCE / flaw.file).read_text().splitlines()
    (line,) = (number for number, text in enumerate(lines, 1) if flaw.marker in text)
    return flaw.rule, Path(flaw.file).name, str(line), ""


def expected_on_site(flaw: OnSite) -> tuple[str, str, str, str]:
    return flaw.rule, flaw.target, flaw.at, flaw.input


def test_every_flaw_of_the_source_is_found_at_its_line_and_nothing_else(
    scanned: tuple[Report, DemoServers],
) -> None:
    report, _ = scanned

    found = Counter(place(f) for f in report.findings if isinstance(f.where, InFile))
    assert found == Counter(expected_in_source(flaw) for flaw in SOURCE_FLAWS)


def test_every_flaw_of_the_sites_is_found_at_its_place_and_nothing_else(
    scanned: tuple[Report, DemoServers],
) -> None:
    report, servers = scanned

    found = Counter(place(f) for f in report.findings if isinstance(f.where, AtUrl))
    there = (flaw for flaw in SITE_FLAWS if servers.old_tls or not flaw.needs_old_tls)
    assert found == Counter(expected_on_site(flaw) for flaw in there)


def test_everything_that_was_planned_was_checked(scanned: tuple[Report, DemoServers]) -> None:
    report, _ = scanned

    assert [(run.check, run.subject, run.reason) for run in report.incomplete] == []
    assert {run.outcome for run in report.runs} >= {Outcome.PASSED, Outcome.FAILED}
    assert report.not_planned == ()
    assert not report.suppressed
    assert {name: bool(version) for name, version in report.engines} == {
        "bandit": True,
        "pip-audit": True,
    }


def test_every_check_finds_something_in_the_demo() -> None:
    safe_by_default = {"tls/certificate"}

    ids = {check.id for check in discover("checks").checks}
    rules = [flaw.rule for flaw in (*SOURCE_FLAWS, *SITE_FLAWS)]
    tools = {"code/bandit": "bandit", "dependencies/python": "advisory"}
    silent = {i for i in ids if not any(r.startswith(tools.get(i, i)) for r in rules)}
    assert silent == safe_by_default


def test_every_check_has_a_twin_that_it_leaves_alone() -> None:
    ids = {check.id for check in discover("checks").checks}

    assert {twin.check for twin in TWINS} == ids

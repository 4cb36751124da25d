"""Installed packages take part: their checks and writers run as ours do, or are named."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from scanning import run_of, scanned

from scanner.contract import Discovered, discover
from scanner.model import Outcome

CHECK = '''
from scanner import Finding, Severity, check, Source

@check(id="house/shouting", title="Shouting", severity=Severity.HIGH, cwe=1, controls=())
def shouting(source: Source):
    """Looks for files that shout."""
    for file in source.files("*.txt"):
        yield shouting.in_file(file.at(1), f"{file.path} shouts")
'''
WRITER = """
def render(report):
    return "\\n".join(finding.message for finding in report.findings)

render.FILE = "house.list"
"""
SARIF = ("--format", "sarif", "--output", "-")


def package(points: dict[str, list[str]], modules: dict[str, str]) -> dict[str, str]:
    """The files of an installed package by path; `points` are its entry points by group."""
    about = "house-1.0.dist-info"
    lines = [line for group, named in points.items() for line in (f"[{group}]", *named)]
    return {
        **modules,
        f"{about}/METADATA": "Metadata-Version: 2.1\nName: house\nVersion: 1.0\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nTag: py3-none-any\n",
        f"{about}/entry_points.txt": "\n".join(lines),
        f"{about}/RECORD": "",
    }


def wallwalk(folder: Path, installed: Path, *words: str) -> subprocess.CompletedProcess[str]:
    project = folder / "project"
    project.mkdir(exist_ok=True)
    (project / "a.txt").write_text("HELLO\n")
    run = "import sys; sys.argv[0] = 'wallwalk'; from scanner.cli import main; main()"
    argv = [sys.executable, "-c", run, "scan", str(project), "--no-progress", *words]
    env = {**os.environ, "PYTHONPATH": str(installed)}
    return subprocess.run(argv, env=env, cwd=folder, capture_output=True, text=True, check=False)


def test_a_plug_in_that_pip_installed_takes_part(tmp_path: Path) -> None:
    files = package(
        {
            "wallwalk.checks": ["house = house.rooms"],
            "wallwalk.reports": ["house = house.lists:render"],
        },
        {
            "house/__init__.py": "",
            "house/rooms/__init__.py": "",
            "house/rooms/shouting.py": CHECK,
            "house/lists.py": WRITER,
        },
    )
    wheel = tmp_path / "house-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    words = "install --no-index --no-deps --disable-pip-version-check -q --target".split()
    argv = [sys.executable, "-I", "-m", "pip", *words, str(tmp_path / "installed"), str(wheel)]
    subprocess.run(argv, check=True, capture_output=True)

    done = wallwalk(
        tmp_path, tmp_path / "installed", "--select", "house", "--format", "sarif,house"
    )

    assert done.returncode == 1
    reports = tmp_path / "wallwalk-report"
    (run,) = json.loads((reports / "results.sarif").read_text())["runs"]
    assert run["automationDetails"]["id"] == "wallwalk/house/"
    (result,) = run["results"]
    assert (result["ruleId"], result["message"]["text"]) == ("house/shouting", "a.txt shouts")
    assert (reports / "house.list").read_text() == "a.txt shouts"


def test_a_scanned_repository_is_no_plug_in(tmp_path: Path) -> None:
    for path, text in package(
        {"wallwalk.checks": ["house = house"]}, {"house.py": "open('ran', 'w')"}
    ).items():
        file = tmp_path / "project" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    done = wallwalk(tmp_path, tmp_path / "none", "--select", "container", *SARIF)

    assert "plug-in" not in done.stdout
    assert not list(tmp_path.rglob("ran"))


@pytest.fixture
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Discovered]]:
    """What is discovered where a package `house` with these modules is installed."""

    def run(modules: dict[str, str], *points: str) -> Discovered:
        named = {"wallwalk.checks": list(points or ("house = house",))}
        for path, text in package(named, modules).items():
            (tmp_path / "site" / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "site" / path).write_text(text)
        monkeypatch.syspath_prepend(str(tmp_path / "site"))
        return discover("checks")

    yield run
    for name in [name for name in sys.modules if name.partition(".")[0] == "house"]:
        del sys.modules[name]


def test_its_checks_stand_among_ours_in_order(found: Any) -> None:
    ids = [check.id for check in found({"house.py": CHECK}).checks]

    assert "house/shouting" in ids
    assert "container/privileged" in ids
    assert ids == sorted(ids)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("import no_such_module_anywhere", "ModuleNotFoundError"),
        ("raise SystemExit('bye')", "SystemExit: bye"),
        ("raise ValueError('a\\nb' * 1000)", "ValueError: a b"),
        ("def", "SyntaxError"),
        (CHECK.replace("house/shouting", "No Id"), "ValueError: 'No Id' is no id"),
        (CHECK.replace("house/shouting", "shouting"), "ValueError: 'shouting' is no id"),
        (CHECK.replace("house/shouting", "code/bandit"), "the check code/bandit exists already"),
        (CHECK.replace("source: Source", "source: Sources"), "NameError"),
        (CHECK.replace("source: Source", ""), "ValueError"),
    ],
)
def test_one_that_cannot_be_imported_is_named_and_makes_the_scan_incomplete(
    text: str, reason: str, found: Any, tmp_path: Path
) -> None:
    discovered = found({"house.py": text})
    mine = [check for check in discovered.checks if check.id == "container/privileged"]

    report = scanned(Discovered(tuple(mine), discovered.broken), root=tmp_path)

    run = run_of(report, "plug-in/house")
    assert run.reason.startswith("the plug-in house could not be imported: ")
    assert reason in run.reason
    assert "\n" not in run.reason
    assert len(run.reason) < 400
    assert (run.mend, report.exit_code) == ("mend or uninstall house", 3)
    assert run_of(report, "container/privileged").outcome is Outcome.NOT_APPLICABLE


def test_a_module_deep_in_it_that_breaks_is_told_too(found: Any) -> None:
    deep = {"house/__init__.py": "", "house/a/__init__.py": CHECK, "house/a/b.py": "1 / 0"}

    discovered = found(deep)

    assert discovered.broken == (("house", "ZeroDivisionError: division by zero"),)
    assert all(not check.id.startswith("house/") for check in discovered.checks)


def test_two_names_for_one_package_are_one_plug_in(found: Any) -> None:
    discovered = found({"house.py": CHECK}, "one = house", "two = house:anything")

    assert discovered.broken == ()
    assert [check.id for check in discovered.checks].count("house/shouting") == 1


def test_two_checks_of_one_name_break_the_plug_in(found: Any) -> None:
    discovered = found({"house.py": f"{CHECK}\nfirst = shouting\n{CHECK}"})

    assert discovered.broken == (("house", "ValueError: two checks are called house/shouting"),)


def test_a_check_of_what_nobody_scans_is_named(found: Any, tmp_path: Path) -> None:
    discovered = found({"house.py": CHECK.replace("source: Source", "source: str")})
    mine = [check for check in discovered.checks if check.id == "house/shouting"]

    report = scanned(mine, root=tmp_path)

    assert "it looks at str" in run_of(report, "house/shouting").reason
    assert report.exit_code == 3

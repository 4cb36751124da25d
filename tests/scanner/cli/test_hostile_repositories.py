"""Whatever a scanned repository holds: nothing of it runs, and nothing of it switches anything off."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from command import FLAW, wallwalk

CANARY = "import pathlib\npathlib.Path({path!r}).touch()\n"
SHADOWS = (
    *("click.py", "httpx.py", "yaml.py", "json.py", "asyncio.py", "site.py", "bandit.py"),
    *("sitecustomize.py", "usercustomize.py", "conftest.py", "setup.py"),
    *("checks/__init__.py", "checks/code/bandit.py", "scanner/__init__.py", "scanner/cli.py"),
    *("reports/__init__.py", "reports/html.py", "bandit/__init__.py", "pip_audit/__init__.py"),
    *("bandit/__main__.py", "wallwalk/__init__.py", "wallwalk/__main__.py", "__main__.py"),
)


def git(folder: Path, *words: str) -> None:
    env = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull}
    named = ("-c", "user.name=Ann", "-c", "user.email=ann@example.com")
    subprocess.run(["git", *named, *words], cwd=folder, env=env, check=True, capture_output=True)


def results(tree: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((tree / "wallwalk-report" / "results.json").read_text())
    return data


def flawed(tree: Path) -> set[str]:
    """The files in which bandit found the flaw."""
    found = [f for f in results(tree)["findings"] if f["rule"] == "bandit/B602"]
    assert not any(f["suppressed"] for f in found)
    return {f["where"]["path"] for f in found}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main", ".")
    (folder / "app.py").write_text(FLAW)
    return folder


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """Where whatever runs leaves a file; the folder stays empty."""
    folder = tmp_path / "ran"
    folder.mkdir()
    return folder


def test_no_module_of_the_repository_is_imported(tree: Path, canary: Path) -> None:
    for name in SHADOWS:
        path = tree / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(CANARY.format(path=str(canary / name.replace("/", "-"))))
    (tree / "tree.pth").write_text(
        f"import pathlib; pathlib.Path({str(canary / 'pth')!r}).touch()\n"
    )

    done = wallwalk("scan", "--offline", "--format", "json,html,sarif,junit,markdown", cwd=tree)

    assert done.returncode == 1
    assert flawed(tree) == {"app.py"}
    assert list(canary.iterdir()) == []


@pytest.mark.parametrize("package", ["checks", "reports"])
def test_a_package_in_the_place_of_ours_is_refused_and_not_imported(
    tree: Path, canary: Path, package: str
) -> None:
    (tree / package).mkdir()
    (tree / package / "__init__.py").write_text(CANARY.format(path=str(canary / "ran")))

    done = wallwalk("scan", "--offline", cwd=tree, env={"PYTHONPATH": str(tree)})

    assert done.returncode == 2
    assert f"the package '{package}' in {tree / package} stands in the place" in done.stderr
    assert "unset PYTHONPATH" in done.stderr
    assert list(canary.iterdir()) == []


def test_no_setting_of_the_repository_switches_a_check_off(tree: Path) -> None:
    off = {
        ".bandit": "[bandit]\nskips: B602,B404\nexclude: /\ntargets: nothing\n",
        "bandit.yaml": "skips: [B602]\n",
        "pyproject.toml": '[tool.bandit]\nskips = ["B602"]\nexclude_dirs = ["."]\n',
        "setup.cfg": "[bandit]\nskips = B602\n",
        "tox.ini": "[bandit]\nskips = B602\n",
        "targets.yaml": "version: 1\nsource: {exclude: ['**']}\n",
        "wallwalk.toml": "ignore = ['code']\n",
        ".github/wallwalk.yaml": "version: 1\nsource: {exclude: ['**']}\n",
        ".env": "WALLWALK_IGNORE=code\nFORCE_COLOR=1\n",
    }
    for name, text in off.items():
        (tree / name).parent.mkdir(exist_ok=True)
        (tree / name).write_text(text)
    git(tree, "add", "-A")
    git(tree, "commit", "-q", "-m", "off")

    done = wallwalk("scan", "--offline", "--format", "json", cwd=tree)

    assert done.returncode == 1
    assert flawed(tree) == {"app.py"}


def test_an_ignore_in_the_source_that_gives_no_reason_does_not_count(tree: Path) -> None:
    lines = FLAW.splitlines()
    (tree / "app.py").write_text(f"{lines[0]}\n{lines[1]}  # wallwalk: ignore[bandit/B602]\n")

    done = wallwalk("scan", "--offline", "--format", "json", cwd=tree)

    assert done.returncode == 1
    assert flawed(tree) == {"app.py"}


def test_no_program_of_the_git_configuration_runs(tree: Path, canary: Path) -> None:
    program = canary.parent / "program"
    program.write_text(f"#!/bin/sh\ntouch {canary}/ran\ncat\n")
    program.chmod(0o755)
    git(tree, "add", "-A")
    git(tree, "commit", "-q", "-m", "first")
    (tree / ".gitattributes").write_text("* filter=evil diff=evil\n")
    for key in (
        *("core.fsmonitor", "core.pager", "core.sshCommand", "core.editor", "diff.external"),
        *("filter.evil.clean", "filter.evil.smudge", "filter.evil.process", "diff.evil.textconv"),
    ):
        git(tree, "config", key, str(program))
    (tree / "app.py").write_text(f"{FLAW}x = 1\n")

    whole = wallwalk("scan", "--offline", "--format", "json", cwd=tree)
    part = wallwalk("scan", "--offline", "--changed-since", "main", "-q", cwd=tree)

    assert (whole.returncode, part.returncode) == (1, 1)
    assert list(canary.iterdir()) == []


def test_files_of_any_name_are_scanned_and_reported(tree: Path) -> None:
    names = [
        b"new\nline.py",
        b"caf\xe9.py",
        b"\x1b[2Jclear.py",
        b"$(touch pwned).py",
        b"--config=evil.yaml.py",
        b"-r.py",
        b"a b'c\"d.py",
        "\u202ereversed.py".encode(),
        b"<script>alert(1)<script>.py",
    ]
    for name in names:
        (tree / os.fsdecode(name)).write_text(FLAW)
    formats = "json,html,sarif,junit,markdown"

    done = wallwalk("scan", "--offline", "-v", "--format", formats, cwd=tree)

    assert done.returncode == 1
    assert len(flawed(tree)) == len(names) + 1
    assert "\x1b" not in done.stdout
    assert "\u202e" not in done.stdout
    assert not (tree / "pwned").exists()
    for path in (tree / "wallwalk-report").iterdir():
        path.read_text(encoding="utf-8")
    assert "<script>alert(1)" not in (tree / "wallwalk-report" / "report.html").read_text()


def test_a_folder_of_any_name_can_be_scanned(tree: Path) -> None:
    odd = tree.parent / os.fsdecode(b"o\ndd\xff")
    tree.rename(odd)

    done = wallwalk("scan", odd, "--offline", "--format", "json,sarif", cwd=odd.parent)

    assert done.returncode == 1
    assert flawed(odd.parent) == {"app.py"}


def test_an_empty_repository_is_no_error(tree: Path) -> None:
    (tree / "app.py").unlink()

    done = wallwalk("scan", "--offline", "--format", "json", cwd=tree)

    assert done.returncode == 0
    assert {run["outcome"] for run in results(tree)["outcomes"]} == {"not-applicable"}

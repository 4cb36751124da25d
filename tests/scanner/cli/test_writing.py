"""Where reports go, and what becomes of the old ones when something goes wrong."""

import json
import os
import resource
import stat
import subprocess
from pathlib import Path

import pytest
from command import WALLWALK, begun, environment, wallwalk

from reports.sarif import MOST_RUNS

NAMES = {"results.sarif", "report.html", "results.json", "junit.xml", "summary.md"}
SCAN = ("scan", "--offline", "--select", "container", "--fail-on", "low")
"""No check of it starts a child tool, which takes its time."""

FLAW = "FROM python\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    folder.mkdir()
    (folder / "Dockerfile").write_text(FLAW)
    return folder


def test_by_default_sarif_and_html_go_into_a_folder_that_git_ignores(typed) -> None:
    ended = typed(*SCAN)

    folder = Path("wallwalk-report")
    assert {path.name for path in folder.iterdir()} == {
        "results.sarif",
        "report.html",
        ".gitignore",
    }
    assert (folder / ".gitignore").read_text() == "*\n"
    assert "Reports: wallwalk-report/results.sarif, wallwalk-report/report.html" in ended.out


def test_every_format_has_its_file(typed) -> None:
    ended = typed(
        *SCAN, "--format", "sarif, html,json,junit,markdown,json", "--output-dir", "deep/down"
    )

    assert ended.code == 0
    assert set(os.listdir("deep/down")) == NAMES
    assert not Path("wallwalk-report").exists()


def test_one_report_can_go_to_a_file_of_any_name(typed) -> None:
    typed(*SCAN, "--format", "json", "--output", "out/here.txt")

    assert json.loads(Path("out/here.txt").read_text())["exit_code"] == 0
    assert os.listdir() == ["out"]


def test_reports_have_the_rights_of_any_new_file(typed) -> None:
    before = os.umask(0o027)
    try:
        typed(*SCAN, "--format", "json")
    finally:
        os.umask(before)

    assert stat.S_IMODE(os.stat("wallwalk-report/results.json").st_mode) == 0o640


@pytest.mark.parametrize("name", ["-", "/dev/stdout"])
@pytest.mark.parametrize("tone", [[], ["-v"], ["-q"]])
def test_with_a_dash_nothing_but_the_report_goes_to_stdout(
    typed, name: str, tone: list[str]
) -> None:
    Path("Dockerfile").write_text(FLAW)

    ended = typed(*SCAN, "--format", "json", "--output", name, *tone)

    assert ended.code == 1
    assert json.loads(ended.out)["exit_code"] == 1
    assert "NOT SAFE TO DEPLOY" in ended.err
    assert os.listdir() == ["Dockerfile"]


def test_stdout_gets_utf_8_whatever_the_terminal_speaks(tree: Path) -> None:
    (tree / "Größe.Dockerfile").write_text(FLAW)

    done = wallwalk(
        *SCAN, "--format", "markdown", "--output", "-", cwd=tree, env={"PYTHONIOENCODING": "ascii"}
    )

    assert done.returncode == 1
    assert "Größe.Dockerfile" in done.stdout
    assert "Gr\\xf6\\xdfe.Dockerfile" in done.stderr


def test_a_link_is_followed_when_it_was_named_and_replaced_when_it_was_not(typed) -> None:
    Path("real.json").write_text("old")
    Path("link.json").symlink_to("real.json")
    Path("folder").mkdir()
    Path("folder/results.json").symlink_to(Path("precious").resolve())
    Path("precious").write_text("mine")

    typed(*SCAN, "--format", "json", "--output", "link.json")
    typed(*SCAN, "--format", "json", "--output-dir", "folder")

    assert Path("link.json").is_symlink()
    assert json.loads(Path("real.json").read_text())["exit_code"] == 0
    assert Path("precious").read_text() == "mine"
    assert not Path("folder/results.json").is_symlink()


def test_a_device_is_written_to_and_stays_a_device(typed) -> None:
    ended = typed(*SCAN, "--format", "json", "--output", "/dev/null")

    assert ended.code == 0
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


@pytest.mark.parametrize("kind", ["link", "file"])
def test_the_default_folder_may_not_lead_elsewhere(typed, tmp_path: Path, kind: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    if kind == "link":
        Path("wallwalk-report").symlink_to(elsewhere)
    else:
        Path("wallwalk-report").write_text("")

    ended = typed(*SCAN)

    assert ended.code == 2
    assert "wallwalk-report: reports can't be written here" in ended.err
    assert list(elsewhere.iterdir()) == []


def test_further_parts_of_a_former_scan_are_taken_away(typed) -> None:
    typed(*SCAN, "--format", "sarif")
    for name in ("results-2.sarif", "results-3.sarif", "results-old.sarif", "notes.sarif"):
        Path("wallwalk-report", name).write_text("old")

    typed(*SCAN, "--format", "sarif")

    left = {path.name for path in Path("wallwalk-report").glob("*.sarif")}
    assert left == {"results.sarif", "results-old.sarif", "notes.sarif"}


def test_many_targets_take_more_than_one_sarif_file(typed) -> None:
    count = MOST_RUNS + 1
    targets = ", ".join(f"{{name: t{n}, url: 'http://127.0.0.1:9'}}" for n in range(count))
    Path("targets.yaml").write_text(f"version: 1\ntargets: [{targets}]\n")

    ended = typed(
        *("scan", "--no-source", "--config", "targets.yaml", "--format", "sarif"),
        *("--select", "headers/nosniff", "--no-progress"),
    )

    logs = [json.loads(path.read_text()) for path in Path("wallwalk-report").glob("*.sarif")]
    assert sorted(len(log["runs"]) for log in logs) == [1, MOST_RUNS]
    assert "wallwalk-report/results-2.sarif" in ended.out


def smaller_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))


def test_a_full_disk_keeps_the_old_reports_whole(tree: Path) -> None:
    wallwalk(*SCAN, "--format", "sarif,json", cwd=tree)
    report = tree / "wallwalk-report"
    old = {path.name: path.read_bytes() for path in report.iterdir()}
    (tree / "second.Dockerfile").write_text(FLAW)

    done = wallwalk(*SCAN, "--format", "sarif,json,junit", cwd=tree, preexec_fn=smaller_files)

    assert done.returncode == 3
    assert "wallwalk: not every report was written: sarif: File too large" in done.stderr
    assert (report / "results.sarif").read_bytes() == old["results.sarif"]
    assert b"second.Dockerfile" in (report / "junit.xml").read_bytes()
    assert {path.name for path in report.iterdir()} == {*old, "junit.xml"}


def test_a_full_device_is_said(typed) -> None:
    Path("full.json").symlink_to("/dev/full")

    ended = typed(*SCAN, "--format", "json", "--output", "full.json")

    assert ended.code == 3
    assert "json: No space left on device" in ended.err
    assert Path("full.json").is_symlink()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ([*SCAN], 1),
        ([*SCAN, "--format", "json", "--output", "-"], 3),
        (["checks"], 3),
        (["checks", "headers/csp"], 3),
        (["schema"], 3),
    ],
)
def test_what_stdout_cannot_take_is_no_success(tree: Path, words: list[str], code: int) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [WALLWALK, *words],
            cwd=tree,
            env=environment(tree.parent),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )

    assert done.returncode == code
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ([*SCAN], 1),
        ([*SCAN, "--format", "json", "--output", "-"], 3),
        (["checks"], 0),
    ],
)
def test_a_reader_that_went_away_changes_no_result(tree: Path, words: list[str], code: int) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [WALLWALK, *words],
        cwd=tree,
        env=environment(tree.parent),
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(writing)

    assert done.returncode == code
    assert "Traceback" not in done.stderr


def test_a_terminal_that_went_away_does_not_end_the_scan(tree: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [WALLWALK, *SCAN], cwd=tree, env=environment(tree.parent), stdout=writing, stderr=writing
    )
    os.close(writing)

    assert done.returncode == 1
    assert (tree / "wallwalk-report" / "results.sarif").exists()


def test_two_scans_may_write_to_one_folder(tree: Path) -> None:
    words = (*SCAN, "--format", "sarif,json,html")

    with begun(*words, cwd=tree) as first, begun(*words, cwd=tree) as second:
        for process in (first, second):
            process.communicate(timeout=120)

    assert (first.returncode, second.returncode) == (1, 1)
    report = tree / "wallwalk-report"
    for name in ("results.sarif", "results.json"):
        json.loads((report / name).read_text())
    assert {path.name for path in report.iterdir()} == {
        *("results.sarif", "results.json", "report.html", ".gitignore")
    }

"""The action from its inputs to its exit code."""

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from github_runner import Runner, commit, git
from loopback import serving

FLAW = "import subprocess\nsubprocess.call(input(), shell=True)\n"


def words(runner: Runner) -> list[str]:
    """What the stand-in for wallwalk was called with."""
    return (runner.temporary / "words").read_text().splitlines()


def heeded(log: str) -> list[str]:
    """The lines of `log` that the runner would take as commands."""
    token, taken = "", []
    for line in map(str.strip, log.splitlines()):
        if line.startswith("::stop-commands::") and not token:
            token = line.rpartition("::")[2]
        elif token and line == f"::{token}::":
            token = ""
        elif line.startswith("::") and not token:
            taken.append(line)
    return taken


def sarif_run(category: str, *, done: bool = True, **properties: Any) -> dict[str, Any]:
    return {
        "tool": {"driver": {"name": "wallwalk"}},
        "automationDetails": {"id": category},
        "invocations": [{"executionSuccessful": done}],
        "properties": properties,
    }


def test_a_clean_repository_passes_and_is_uploaded(runner: Runner) -> None:
    commit(runner.workspace, {"app.py": "print('hello')\n"})

    ran = runner.run()

    assert ran.code == 0
    assert (ran.outputs["findings"], ran.outputs["incomplete"]) == ("0", "0")
    assert "wallwalk/code/" in ran.uploaded
    assert "wallwalk: OK" in ran.summary
    report = Path(ran.outputs["report-dir"])
    assert ran.outputs["sarif-file"] == str(report / "results.sarif")
    assert {"results.sarif", "report.html", "results.json", "summary.md"} <= set(os.listdir(report))
    assert ran.outputs["checkout"] == str(runner.workspace)
    assert not (runner.workspace / "wallwalk-report").exists()


def test_findings_fail_the_job_after_the_upload(runner: Runner) -> None:
    commit(runner.workspace, {"app.py": FLAW})

    ran = runner.run()

    assert ran.code == 1
    assert ran.outputs["findings"] == str(len(ran.results["findings"]))
    assert "wallwalk/code/" in ran.uploaded


def test_a_target_that_is_away_fails_the_job_and_is_not_uploaded(runner: Runner) -> None:
    commit(runner.workspace, {"app.py": "x = 1\n"})
    with serving(lambda asked: "gone") as app:
        url = app.url

    ran = runner.run(target=f"{url}\n\n", profile="pr")

    assert ran.code == 3
    assert int(ran.outputs["incomplete"]) > 0
    assert "wallwalk/code/" in ran.uploaded
    assert not [category for category in ran.uploaded if "live" in category]
    assert "INCOMPLETE" in ran.summary


def test_a_narrowed_scan_is_not_uploaded(runner: Runner) -> None:
    commit(runner.workspace, {"app.py": FLAW})

    ran = runner.run(select="code", fail_on="critical", summary="false")

    assert ran.code == 0
    assert ran.uploaded == []
    assert ran.summary == ""


def test_a_hostile_repository_neither_runs_nor_speaks_to_the_runner(runner: Runner) -> None:
    speaks = "x\n::set-output name=exit-code::0\n::add-mask::a"
    commit(
        runner.workspace,
        {
            "$(touch pwned).py": FLAW,
            f"{speaks}.py": FLAW,
            "sitecustomize.py": "open('pwned', 'w')\n",
            "usercustomize.py": "open('pwned', 'w')\n",
            "inputs.py": "open('pwned', 'w')\n",
            "click.py": "open('pwned', 'w')\n",
            "scanner/__init__.py": "open('pwned', 'w')\n",
            "checks/__init__.py": "open('pwned', 'w')\n",
            ".bandit": "[bandit]\nskips: B602\n",
        },
    )
    canary = runner.temporary / "canary"
    canary.write_text(f"#!/bin/sh\ntouch {runner.temporary}/pwned\n")
    canary.chmod(0o755)
    git(runner.workspace, "config", "core.fsmonitor", str(canary))
    runner.environment["PYTHONPATH"] = str(runner.workspace)

    ran = runner.run()

    assert ran.code == 1
    assert sum("B602" in finding["rule"] for finding in ran.results["findings"]) == 2
    assert not [path for path in runner.temporary.parent.rglob("pwned") if path.is_file()]
    assert heeded(ran.log) == []


def test_hostile_inputs_stay_words(runner: Runner, stand_in: Callable[..., None]) -> None:
    stand_in()
    commit(runner.workspace, {})

    ran = runner.run(
        target="--config=evil.yaml\nshop=http://127.0.0.1/$(touch pwned)\n`touch pwned`; touch pwned\n",
        select="$(touch pwned)\n--config=evil.yaml",
        args="--ignore '$(touch pwned)' \"a b\"",
    )

    assert ran.code == 0
    report = ran.outputs["report-dir"]
    assert words(runner) == [
        "scan",
        "--format=sarif,html,json,markdown",
        f"--output-dir={report}",
        "--target=--config=evil.yaml",
        "--target=shop=http://127.0.0.1/$(touch pwned)",
        "--target=`touch pwned`; touch pwned",
        "--fail-on=high",
        "--select=$(touch pwned)",
        "--config=evil.yaml",
        "--ignore",
        "$(touch pwned)",
        "a b",
        "--",
        str(runner.workspace),
    ]
    assert not list(runner.temporary.parent.rglob("pwned"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("args", "--config x.yaml"),
        ("args", "--config=x.yaml"),
        ("args", "--output -"),
        ("args", "--output-dir=here"),
        ("args", "'open"),
        ("summary", "yes"),
        ("upload_sarif", "1"),
        ("working_directory", ".."),
        ("working_directory", "/"),
        ("working_directory", "out"),
    ],
)
def test_an_input_that_cannot_be_meant_is_refused(
    runner: Runner, stand_in: Callable[..., None], name: str, value: str
) -> None:
    stand_in()
    (runner.workspace / "out").symlink_to("/")
    commit(runner.workspace, {})

    ran = runner.run(**{name: value})

    assert ran.code == 2
    assert f"the input {name.replace('_', '-')} " in ran.log
    assert not (runner.temporary / "words").exists()


def test_wrong_usage_is_told_where_a_person_looks(runner: Runner) -> None:
    commit(runner.workspace, {})

    ran = runner.run(profile="production<b>%0A")

    assert ran.code == 2
    assert "::error title=wallwalk::Invalid value for '--profile'" in ran.log
    assert "production&lt;b&gt;" in ran.summary
    assert ran.uploaded == []
    assert ran.outputs["sarif-file"] == ""


@pytest.mark.parametrize("code", [0, 1])
def test_an_exit_code_without_its_report_is_not_believed(
    runner: Runner, stand_in: Callable[..., None], code: int
) -> None:
    stand_in(code, reports={})
    commit(runner.workspace, {})

    ran = runner.run()

    assert ran.code == 3
    assert "its report does not say so" in ran.log


def test_a_scan_that_breaks_is_incomplete(runner: Runner, stand_in: Callable[..., None]) -> None:
    stand_in(77, reports={})
    commit(runner.workspace, {})

    ran = runner.run()

    assert ran.code == 3
    assert "the scan ended with 77" in ran.log


def test_only_whole_runs_of_every_file_are_uploaded(
    runner: Runner, stand_in: Callable[..., None]
) -> None:
    stand_in(
        reports={
            "results.json": {"exit_code": 0},
            "results.sarif": {
                "version": "2.1.0",
                "runs": [
                    sarif_run("wallwalk/code/"),
                    sarif_run("wallwalk/secrets/", done=False),
                    sarif_run("wallwalk/server/", partial=True),
                ],
            },
            "results-2.sarif": {"version": "2.1.0", "runs": [sarif_run("wallwalk/live/b/")]},
        }
    )
    commit(runner.workspace, {})

    ran = runner.run()

    assert sorted(ran.uploaded) == ["wallwalk/code/", "wallwalk/live/b/"]
    assert json.loads(Path(ran.outputs["upload-file"]).read_text())["version"] == "2.1.0"


def test_more_runs_than_github_takes_are_named(
    runner: Runner, stand_in: Callable[..., None]
) -> None:
    runs = [sarif_run(f"wallwalk/live/{number}/") for number in range(23)]
    stand_in(reports={"results.json": {"exit_code": 0}, "results.sarif": {"runs": runs}})
    commit(runner.workspace, {})

    ran = runner.run()

    assert len(ran.uploaded) == 20
    assert "::warning title=wallwalk::3 targets were not uploaded" in ran.log


def test_commands_in_what_the_scan_prints_are_not_taken(
    runner: Runner, stand_in: Callable[..., None]
) -> None:
    stand_in(prints="::set-output name=exit-code::0\n  ::add-path::/tmp\n")
    commit(runner.workspace, {})

    log = runner.run().log

    assert "::set-output name=exit-code::0" in log
    assert heeded(log) == []
    assert heeded(log + "::error::x") == ["::error::x"]


def test_a_cancelled_job_still_gets_its_reports(runner: Runner) -> None:
    commit(runner.workspace, {})
    over = threading.Event()
    with serving(lambda asked: over.wait(30) and "late") as app:
        runner.cancel_at = "checks planned"

        ran = runner.run(target=app.url, profile="pr", args="--no-source")
        over.set()

    assert ran.code == 130
    assert "INTERRUPTED" in ran.summary
    assert ran.uploaded == []

"""Which targets file counts: never one that a pull request brings."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from github_runner import Runner, commit, git

BASE = "version: 1\n"
SILENCED = """\
version: 1
suppressions:
  - {check: bandit/B602, reason: "nothing to see here", until: 2099-01-01}
"""
FLAW = "import subprocess\nsubprocess.call(input(), shell=True)\n"


def pull_request(base: str) -> dict[str, Any]:
    return {"pull_request": {"base": {"sha": base}}, "repository": {"default_branch": "main"}}


def used(runner: Runner) -> str:
    return (runner.temporary / "targets-used").read_text()


def test_a_pull_request_does_not_silence_its_own_findings(runner: Runner) -> None:
    base = commit(runner.workspace, {"targets.yaml": BASE})
    commit(runner.workspace, {"targets.yaml": SILENCED, "app.py": FLAW})

    ran = runner.run("pull_request", pull_request(base), targets="targets.yaml")

    assert ran.code == 1
    assert ran.outputs["findings"] != "0"
    assert f"taken from {base}" in ran.log


def test_what_is_on_the_branch_counts_on_the_branch(runner: Runner) -> None:
    commit(runner.workspace, {"targets.yaml": SILENCED, "app.py": FLAW})

    ran = runner.run("push", targets="targets.yaml")

    assert ran.code == 0
    assert [f["suppressed"]["reason"] for f in ran.results["findings"] if f["suppressed"]]


@pytest.mark.parametrize("event", ["pull_request", "pull_request_target", "pull_request_review"])
def test_a_base_commit_that_is_not_checked_out_is_fetched(
    runner: Runner, stand_in: Callable[..., None], event: str
) -> None:
    stand_in()
    base = commit(runner.workspace, {"conf/targets.yaml": BASE})
    commit(runner.workspace, {"conf/targets.yaml": SILENCED})
    runner.push()
    runner.check_out_shallow()

    ran = runner.run(event, pull_request(base), targets="./conf/../conf/targets.yaml")

    assert ran.code == 0
    assert used(runner) == BASE


def test_a_merge_queue_uses_what_it_merges_into(
    runner: Runner, stand_in: Callable[..., None]
) -> None:
    stand_in()
    base = commit(runner.workspace, {"targets.yaml": BASE})
    commit(runner.workspace, {"targets.yaml": SILENCED})

    runner.run("merge_group", {"merge_group": {"base_sha": base}}, targets="targets.yaml")

    assert used(runner) == BASE


@pytest.mark.parametrize("event", ["deployment_status", "workflow_run", "issue_comment", ""])
def test_an_event_without_a_base_uses_the_default_branch(
    runner: Runner, stand_in: Callable[..., None], event: str
) -> None:
    stand_in()
    commit(runner.workspace, {"targets.yaml": BASE})
    runner.push()
    commit(runner.workspace, {"targets.yaml": SILENCED})

    runner.run(event, {"repository": {"default_branch": "main"}}, targets="targets.yaml")

    assert used(runner) == BASE


def test_the_first_targets_file_counts_once_it_is_merged(
    runner: Runner, stand_in: Callable[..., None]
) -> None:
    stand_in()
    base = commit(runner.workspace, {"a.py": ""})
    commit(runner.workspace, {"targets.yaml": SILENCED})

    ran = runner.run("pull_request", pull_request(base), targets="targets.yaml")

    assert ran.code == 2
    assert "counts once it is merged" in ran.log
    assert "counts once it is merged" in ran.summary
    assert not (runner.temporary / "words").exists()


@pytest.mark.parametrize(
    "data",
    [
        pull_request("0" * 40),
        pull_request("--upload-pack=touch pwned"),
        {"repository": {"default_branch": "gone"}},
        {},
        {"pull_request": "odd"},
    ],
)
def test_without_the_base_commit_nothing_is_scanned(
    runner: Runner, stand_in: Callable[..., None], data: dict[str, Any]
) -> None:
    stand_in()
    commit(runner.workspace, {"targets.yaml": SILENCED})
    runner.push()

    ran = runner.run("pull_request", data, targets="targets.yaml")

    assert ran.code == 3
    assert "::error title=wallwalk::" in ran.log
    assert not (runner.temporary / "words").exists()


def test_a_server_that_is_away_is_named(runner: Runner, stand_in: Callable[..., None]) -> None:
    stand_in()
    commit(runner.workspace, {"targets.yaml": SILENCED})

    ran = runner.run("pull_request", pull_request("1" * 40), targets="targets.yaml")

    assert ran.code == 3
    assert "could not be fetched" in ran.log
    assert "is not used in its place" in ran.log


def test_a_link_in_the_base_commit_is_not_followed(
    runner: Runner, stand_in: Callable[..., None]
) -> None:
    stand_in()
    (runner.workspace / "targets.yaml").symlink_to("/etc/hostname")
    base = commit(runner.workspace, {})

    ran = runner.run("pull_request", pull_request(base), targets="targets.yaml")

    assert ran.code == 2


def test_links_of_a_pull_request_do_not_move_the_targets_file(
    runner: Runner, stand_in: Callable[..., None], tmp_path: Path
) -> None:
    stand_in()
    base = commit(runner.workspace, {"conf/targets.yaml": BASE})
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    git(elsewhere, "init", "-q", ".")
    commit(elsewhere, {"targets.yaml": SILENCED})
    git(runner.workspace, "rm", "-qr", "conf")
    (runner.workspace / "conf").symlink_to(elsewhere)
    commit(runner.workspace, {})

    runner.run("pull_request", pull_request(base), targets="conf/targets.yaml")

    assert used(runner) == BASE


def test_the_repository_may_be_checked_out_in_a_folder(
    runner: Runner, stand_in: Callable[..., None]
) -> None:
    stand_in()
    base = commit(runner.workspace, {"targets.yaml": BASE})
    commit(runner.workspace, {"targets.yaml": SILENCED})
    inside, runner.workspace = runner.workspace.name, runner.workspace.parent

    runner.run("pull_request", pull_request(base), targets=f"{inside}/targets.yaml")

    assert used(runner) == BASE


@pytest.mark.parametrize("name", ["../targets.yaml", "/etc/hostname", "."])
def test_a_targets_file_outside_the_workspace_is_refused(
    runner: Runner, stand_in: Callable[..., None], name: str
) -> None:
    stand_in()
    base = commit(runner.workspace, {})

    ran = runner.run("pull_request", pull_request(base), targets=name)

    assert ran.code == 2
    assert not (runner.temporary / "words").exists()


def test_no_program_of_the_repositorys_configuration_runs(
    runner: Runner, stand_in: Callable[..., None]
) -> None:
    stand_in()
    base = commit(runner.workspace, {"targets.yaml": BASE, ".gitattributes": "* filter=evil\n"})
    commit(runner.workspace, {"targets.yaml": SILENCED})
    runner.push()
    runner.check_out_shallow()
    canary = runner.temporary / "canary"
    canary.write_text(f"#!/bin/sh\ntouch {runner.temporary}/pwned\ncat\n")
    canary.chmod(0o755)
    for key in (
        "core.fsmonitor",
        "core.sshCommand",
        "core.pager",
        "core.askPass",
        "credential.helper",
        "filter.evil.smudge",
        "remote.origin.uploadpack",
        "uploadpack.packObjectsHook",
    ):
        git(runner.workspace, "config", key, str(canary))
    git(runner.workspace, "config", "alias.ls-tree", f"!{canary}")
    for hook in ("post-checkout", "reference-transaction", "post-index-change"):
        (runner.workspace / ".git" / "hooks" / hook).symlink_to(canary)

    ran = runner.run("pull_request", pull_request(base), targets="targets.yaml")

    assert ran.code == 0
    assert used(runner) == BASE
    assert not (runner.temporary / "pwned").exists()

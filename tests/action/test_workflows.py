"""What GitHub reads: action.yml, our own workflow, the examples, the hooks of pre-commit."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from github_runner import ACTION, ROOT

WORKFLOWS = [ROOT / ".github/workflows/ci.yml", *sorted((ROOT / "docs/examples").glob("*.yml"))]
DOCUMENTS = [ROOT / "action.yml", *WORKFLOWS]


def steps(document: Any) -> Iterator[dict[str, Any]]:
    """Every step of an action or a workflow."""
    if isinstance(document, dict):
        yield from document.get("steps", [])
        for value in document.values():
            yield from steps(value)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_action_is_pinned_by_a_hash_with_its_version_beside_it(path: Path) -> None:
    used = re.findall(r"uses:(.*)", path.read_text())

    assert len(used) == sum("uses" in step for step in steps(yaml.safe_load(path.read_text())))
    for one in used:
        assert re.fullmatch(r" [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", one)


def test_one_action_has_one_hash_everywhere() -> None:
    used = {
        step["uses"]
        for path in DOCUMENTS
        for step in steps(yaml.safe_load(path.read_text()))
        if "uses" in step
    }

    assert len(used) == len({one.partition("@")[0] for one in used})


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_no_expression_is_pasted_into_a_shell(path: Path) -> None:
    scripts = [s["run"] for s in steps(yaml.safe_load(path.read_text())) if "run" in s]

    assert not [script for script in scripts if "${{" in script]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_grant_nothing_but_what_each_job_names(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text())

    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        assert set(job["permissions"].items()) <= {
            ("contents", "read"),
            ("security-events", "write"),
        }
        for step in job["steps"]:
            if "checkout" in step.get("uses", ""):
                assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_no_workflow_gives_its_secrets_to_a_foreign_pull_request(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text())
    triggers = workflow[True]  # YAML 1.1 reads `on` as true

    assert "pull_request_target" not in triggers
    if "pull_request" in triggers:
        assert "secrets." not in path.read_text()


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_examples_use_only_inputs_that_the_action_has(path: Path) -> None:
    for step in steps(yaml.safe_load(path.read_text())):
        if "wallwalk@" in step.get("uses", ""):
            assert step["with"].keys() <= ACTION["inputs"].keys()


def test_every_input_reaches_the_scan_through_the_environment() -> None:
    given = next(step["env"] for step in ACTION["runs"]["steps"] if step.get("id") == "scan")

    assert given == {
        f"INPUT_{name.upper().replace('-', '_')}": f"${{{{ inputs.{name} }}}}"
        for name in ACTION["inputs"]
    }


def test_the_action_uploads_and_ends_whatever_happened_before() -> None:
    upload, last = ACTION["runs"]["steps"][-2:]

    assert "upload-sarif@" in upload["uses"]
    for step in (upload, last):
        assert step["if"].startswith("${{ always()")
    assert last["run"] == 'exit "${EXIT_CODE:-3}"'


def test_ci_runs_lint_and_every_test_on_the_oldest_and_a_new_python() -> None:
    job = yaml.safe_load(WORKFLOWS[0].read_text())["jobs"]["ci"]

    assert job["strategy"]["matrix"]["python"] == ["3.11", "3.13"]
    runs = [step["run"].split() for step in job["steps"] if "run" in step]
    assert [run[:2] for run in runs] == [["make", "lint"], ["make", "test"]]


def test_the_hook_for_others_scans_offline_and_alone() -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())

    assert (hook["id"], hook["language"], hook["require_serial"]) == ("wallwalk", "python", True)
    assert hook["entry"].split()[:3] == ["wallwalk", "scan", "--offline"]
    assert hook["pass_filenames"] is False


def test_our_own_hooks_download_nothing() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())

    assert [repo["repo"] for repo in hooks["repos"]] == ["local"]
    assert {hook["language"] for hook in hooks["repos"][0]["hooks"]} == {"system"}

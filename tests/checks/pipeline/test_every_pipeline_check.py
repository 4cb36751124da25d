"""What the checks of this room share: which files they look at, and what stops them."""

import pytest

from checks.pipeline.broad_permissions import broad_permissions
from checks.pipeline.piped_script import piped_script
from checks.pipeline.pull_request_target import pull_request_target
from checks.pipeline.script_injection import script_injection
from checks.pipeline.unpinned_action import unpinned_action
from scanner import Outcome

GOOD = "on: push\npermissions: {}\njobs:\n  a:\n    runs-on: x\n    steps: [{run: make}]\n"
CHECKS = [
    broad_permissions, piped_script, pull_request_target, script_injection, unpinned_action,
]  # fmt: skip

every_check = pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)


@every_check
def test_a_plain_workflow_passes(inspect, check) -> None:
    run = inspect(check, {".github/workflows/ci.yaml": GOOD})

    assert (run.outcome, run.findings) == (Outcome.PASSED, ())


@every_check
def test_without_a_workflow_it_is_not_applicable(inspect, check) -> None:
    others = {"ci.yml": GOOD, ".github/dependabot.yml": "version: 2", "action.yml": "x: 1"}

    run = inspect(check, others)

    assert (run.outcome, run.reason) == (
        Outcome.NOT_APPLICABLE,
        "no workflow and no composite action",
    )


@every_check
@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("on: push\njobs: ]\n", "line 2"),
        ("", "the file is empty"),
        ("on: push\n", "there are no jobs"),
        ("on: push\njobs:\n  a:\n    steps: make\n", "line 4 (steps takes a list)"),
        ("<<<<<<< HEAD\non: push\n=======\n", "line 2"),
    ],
)
def test_one_that_does_not_parse_is_named(inspect, check, broken: str, said: str) -> None:
    run = inspect(check, {".github/workflows/a.yml": broken, ".github/workflows/b.yml": GOOD})

    assert run.outcome is Outcome.INCOMPLETE
    assert ".github/workflows/a.yml" in run.reason
    assert said in run.reason


@every_check
def test_a_broken_action_is_named(inspect, check) -> None:
    run = inspect(check, {"action.yml": "runs: {using: composite, steps: ]}\n"})

    assert run.outcome is Outcome.INCOMPLETE
    assert "action.yml line 1" in run.reason


@every_check
def test_an_action_in_javascript_has_no_steps_to_look_at(inspect, check) -> None:
    run = inspect(check, {"action.yml": "name: a\nruns: {using: node20, main: a.js}\n"})

    assert run.outcome is Outcome.NOT_APPLICABLE


@every_check
def test_aliases_that_multiply_end(inspect, check) -> None:
    steps = "on: push\njobs:\n  a: &a\n    steps: &s\n" + "      - run: x\n" * 400
    text = steps + "".join(f"  b{n}: *a\n" for n in range(400))

    run = inspect(check, {".github/workflows/ci.yml": text})

    assert run.outcome is Outcome.INCOMPLETE
    assert "values" in run.reason

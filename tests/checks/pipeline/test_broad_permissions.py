import pytest

from checks.pipeline.broad_permissions import broad_permissions
from scanner import Outcome, Severity

EVERYTHING, DEFAULT = broad_permissions.id, f"{broad_permissions.id}/default"
JOBS = "jobs:\n  a: {runs-on: x, steps: [{run: make}]}\n"


def found(inspect, text: str) -> list[tuple[str, int]]:
    run = inspect(broad_permissions, {".github/workflows/ci.yml": text})
    assert run.outcome in (Outcome.PASSED, Outcome.FAILED)
    return [(finding.rule.id, finding.where.line) for finding in run.findings]


def test_write_all_is_found_for_the_workflow_and_for_a_job(inspect) -> None:
    text = "on: push\npermissions: write-all\njobs:\n  a:\n    permissions: 'write-all'\n"

    assert found(inspect, text) == [(EVERYTHING, 2), (EVERYTHING, 5)]
    assert broad_permissions.rule.severity is Severity.MEDIUM


def test_a_job_without_any_permissions_is_found_once_per_workflow(inspect) -> None:
    text = "on: push\njobs:\n  a: {permissions: {}}\n  b: {runs-on: x}\n  c: {runs-on: x}\n"

    assert found(inspect, text) == [(DEFAULT, 4)]


@pytest.mark.parametrize(
    "text",
    [
        f"on: push\npermissions: {{}}\n{JOBS}",
        f"on: push\npermissions: read-all\n{JOBS}",
        f"on: push\npermissions:\n  contents: write\n{JOBS}",
        "on: push\njobs:\n  a: {permissions: {contents: read}}\n",
        f"on: workflow_call\n{JOBS}",
        f"on: push\nenv: {{permissions: write-all}}\npermissions: {{}}\n{JOBS}",
    ],
)
def test_permissions_that_are_named_are_left_alone(inspect, text: str) -> None:
    assert found(inspect, text) == []


def test_a_composite_action_has_those_of_its_caller(inspect) -> None:
    action = "runs: {using: composite, steps: [{run: make, shell: bash}]}\n"

    run = inspect(broad_permissions, {"action.yml": action})

    assert run.outcome is Outcome.PASSED

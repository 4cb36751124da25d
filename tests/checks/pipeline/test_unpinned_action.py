import pytest

from checks.pipeline.unpinned_action import unpinned_action
from scanner import Severity

COMMIT = "08c6903cd8c0fde910a37f88322edcfb5dd907a8"
DIGEST = "sha256:" + "ab" * 32


@pytest.mark.parametrize(
    "uses", ["someone/deploy@v4", "someone/deploy@main", "someone/deploy/sub@08c6903", "docker://alpine:3"]
)  # fmt: skip
def test_a_tag_or_branch_is_found_at_its_line(steps, uses: str) -> None:
    assert steps(unpinned_action, f"- run: make\n- uses: {uses}") == [(unpinned_action.id, 8)]


def test_githubs_own_weigh_less(steps) -> None:
    found = steps(
        unpinned_action, "- uses: actions/checkout@v5\n- uses: github/codeql-action/init@v3"
    )

    assert found == [(f"{unpinned_action.id}/official", 7), (f"{unpinned_action.id}/official", 8)]
    assert [rule.severity for rule in unpinned_action.rules] == [Severity.MEDIUM, Severity.LOW]


@pytest.mark.parametrize(
    "uses",
    [f"someone/deploy@{COMMIT} # v4", "./.github/actions/setup", f"docker://alpine@{DIGEST}",
     f"someone/deploy/sub/path@{COMMIT}", f'"actions/checkout@{COMMIT.upper()}"'],
)  # fmt: skip
def test_what_nobody_can_move_is_left_alone(steps, uses: str) -> None:
    assert steps(unpinned_action, f"- uses: {uses}\n- run: echo someone/deploy@v4") == []


def test_reusable_workflows_and_composite_actions_count(inspect) -> None:
    files = {
        ".github/workflows/a.yml": "on: push\njobs:\n  a:\n    uses: o/r/.github/workflows/x.yml@v1\n",
        ".github/actions/setup/action.yml": "runs:\n  using: composite\n  steps:\n    - uses: o/r@v1\n",
    }  # fmt: skip

    run = inspect(unpinned_action, files)

    assert [(f.where.path, f.where.line, f.where.column) for f in run.findings] == [
        (".github/workflows/a.yml", 4, 11),
        (".github/actions/setup/action.yml", 4, 13),
    ]


def test_a_step_that_is_used_again_by_an_alias_is_one_finding(steps) -> None:
    found = steps(unpinned_action, "- &get\n  uses: o/r@v1\n- *get")

    assert found == [(unpinned_action.id, 8)]

import pytest

from checks.pipeline.pull_request_target import pull_request_target

FOUND = pull_request_target.id
CHECKOUT = "- uses: actions/checkout@v5\n  with:\n    ref: {}\n"


@pytest.mark.parametrize(
    ("on", "ref"),
    [
        ("pull_request_target", "${{ github.event.pull_request.head.sha }}"),
        ("[push, pull_request_target]", "${{ github.head_ref }}"),
        ("{issue_comment: {types: [created]}}", "refs/pull/${{ github.event.issue.number }}/merge"),
        ("workflow_run", "${{ github.event.workflow_run.head_sha }}"),
    ],
)
def test_a_checkout_of_the_head_is_found_at_its_line(steps, on: str, ref: str) -> None:
    assert steps(pull_request_target, CHECKOUT.format(ref), on) == [(FOUND, 9)]


def test_so_is_the_fork_as_repository_and_what_a_script_fetches(steps) -> None:
    text = """
    - uses: actions/checkout@v5
      with: {repository: "${{ github.event.pull_request.head.repo.full_name }}"}
    - run: |
        cd work
        gh pr checkout "$NUMBER"
    - run: git fetch origin "pull/$NUMBER/head" && make
    """

    found = steps(pull_request_target, text, "pull_request_target")

    assert found == [(FOUND, 8), (FOUND, 11), (FOUND, 12)]


def test_a_head_that_comes_by_a_variable_is_found(steps) -> None:
    text = """
    - uses: actions/checkout@v5
      with: {ref: "${{ env.HEAD }}"}
      env: {HEAD: "${{ github.event.pull_request.head.sha }}"}
    - uses: actions/checkout@v5
      with: {ref: "${{ env.BASE }}"}
      env: {BASE: main}
    """

    assert steps(pull_request_target, text, "pull_request_target") == [(FOUND, 8)]


@pytest.mark.parametrize("on", ["pull_request", "[push, pull_request]", "merge_group"])
def test_events_without_secrets_may_build_it(steps, on: str) -> None:
    text = CHECKOUT.format("${{ github.event.pull_request.head.sha }}")

    assert steps(pull_request_target, text, on) == []


@pytest.mark.parametrize(
    "ref", ["main", "${{ github.sha }}", "${{ github.event.pull_request.base.sha }}"]
)
def test_the_base_may_be_checked_out(steps, ref: str) -> None:
    text = "- uses: actions/checkout@v5\n" + CHECKOUT.format(ref) + "- run: gh pr comment -b hi"

    assert steps(pull_request_target, text, "pull_request_target") == []


@pytest.mark.parametrize(
    ("condition", "count"),
    [
        ("github.event.pull_request.head.repo.full_name == github.repository", 0),
        ("github.event_name == 'pull_request' || github.event_name == 'push'", 0),
        ("github.event_name != 'pull_request_target'", 0),
        ("github.event_name == 'push' || github.actor == 'ann'", 1),
        ("contains(github.event.pull_request.labels.*.name, 'safe')", 1),
    ],
)
def test_only_conditions_that_keep_forks_out_count(steps, condition: str, count: int) -> None:
    text = CHECKOUT.format("${{ github.head_ref }}") + f"  if: {condition}\n"

    assert len(steps(pull_request_target, text, "[pull_request, pull_request_target]")) == count

import pytest

from checks.pipeline.script_injection import script_injection
from scanner import Severity

OUTSIDE, INPUT = script_injection.id, f"{script_injection.id}/input"


@pytest.mark.parametrize(
    "expression",
    [
        "github.event.issue.title",
        "github.event.pull_request.head.ref",
        "github.head_ref || github.ref_name",
        "github.event['comment']['body']",
        "GITHUB.EVENT.REVIEW.BODY",
        "toJSON(github.event)",
        "toJSON( github )",
        "format('{0} {1}', github.sha, github.event.pull_request.body)",
        "join(github.event.commits.*.message, ' ')",
        "github.event.commits[0].author.name",
        "github.event.workflow_run.head_branch",
        "startsWith(github.ref, 'x') && github.event.issue.body || 'none'",
    ],
)
def test_what_outsiders_write_is_found(steps, expression: str) -> None:
    found = steps(script_injection, f'- run: echo "${{{{ {expression} }}}}"')

    assert found == [(OUTSIDE, 7)]
    assert script_injection.rule.severity is Severity.HIGH


@pytest.mark.parametrize(
    "expression",
    [
        "github.event.issue.number",
        "github.event.pull_request.head.sha",
        "github.sha",
        "github.event_name",
        "github.event_path",
        "'github.head_ref'",
        "contains(github.event.comment.body, '/deploy')",
        "github.head_ref == 'main'",
        "github.event.issue.title != '' && 'titled' || 'untitled'",
        "github.head_ref && 'pull' || 'push'",
        "!github.event.issue.body",
        "contains(toJSON(github.event), 'x')",
        "hashFiles('**/github.head_ref')",
        "secrets.TOKEN",
        "steps.a.outputs.title",
    ],
)
def test_what_they_cannot_write_is_left_alone(steps, expression: str) -> None:
    assert steps(script_injection, f"- run: echo {{a}} ${{{{ {expression} }}}}") == []


def test_the_way_through_a_variable_is_safe(steps) -> None:
    text = """
    - run: echo "$TITLE"
      name: ${{ github.event.issue.title }}
      if: contains(github.event.issue.title, 'x')
      env:
        TITLE: ${{ github.event.issue.title }}
    - uses: actions/github-script@v8
      with:
        title: ${{ github.event.issue.title }}
        script: console.log(process.env.TITLE, context.payload.issue.title)
    - uses: someone/comment@v1
      with:
        script: ${{ github.event.issue.title }}
    """

    assert steps(script_injection, text) == []


def test_a_variable_named_in_an_expression_is_not(steps) -> None:
    text = """
    - run: echo "${{ env.TITLE }} ${{ env.SHA }}"
      env:
        TITLE: ${{ github.event.issue.title }}
        SHA: ${{ github.sha }}
    """

    assert steps(script_injection, text) == [(OUTSIDE, 7)]


def test_each_line_of_a_script_is_found_where_it_is(steps) -> None:
    text = """
    - run: |
        # first
        echo ${{ github.sha }}

        echo ${{ github.head_ref }} ${{ github.event.issue.body }}
    - uses: actions/github-script@v8
      with:
        script: |
          // look
          run(`${{ github.event.comment.body }}`)
    - run: >-
        echo
        ${{ github.event.discussion.title }}
    """

    found = steps(script_injection, text)

    assert found == [(OUTSIDE, 11), (OUTSIDE, 16), (OUTSIDE, 19)]


def test_inputs_count_where_their_type_allows_free_text(steps) -> None:
    on = (
        "{workflow_dispatch: {inputs: {word: , any: {type: string},"
        " level: {type: choice, options: [a]}, dry: {type: boolean}}}}"
    )
    text = """
    - run: echo ${{ inputs.word }}
    - run: echo ${{ github.event.inputs.any }}
    - run: echo ${{ toJSON(inputs) }}
    - run: echo ${{ inputs.level }} ${{ inputs.dry }} ${{ inputs.undeclared }}
    """

    assert steps(script_injection, text, on) == [(INPUT, 7), (INPUT, 8), (INPUT, 9)]


def test_an_input_of_a_composite_action_counts(inspect) -> None:
    text = """
inputs: {name: {required: true}}
runs:
  using: composite
  steps:
    - run: echo ${{ inputs.name }}
      shell: bash
    - run: echo "$NAME"
      shell: bash
      env: {NAME: "${{ inputs.name }}"}
"""

    run = inspect(script_injection, {"action.yml": text})

    (finding,) = run.findings
    assert (finding.rule.id, finding.where.line, finding.where.column) == (INPUT, 6, 17)
    assert finding.message.startswith("inputs.name ")

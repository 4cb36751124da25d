import pytest

from checks.container.privileged import privileged
from scanner import Outcome, Severity

SERVICE = "services:\n  web:\n    image: nginx:1.29\n"


def test_a_privileged_service_is_found_at_its_line(inspect) -> None:
    run = inspect(privileged, {"deploy/compose.yaml": f"{SERVICE}    privileged: true\n"})

    (finding,) = run.findings
    assert run.outcome is Outcome.FAILED
    assert (finding.rule.id, finding.rule.severity) == ("container/privileged", Severity.HIGH)
    assert (finding.where.path, finding.where.line, finding.where.column) == (
        "deploy/compose.yaml",
        4,
        17,
    )
    assert finding.message == "The service web is privileged."


@pytest.mark.parametrize("value", ['"yes"', "on", "${PRIVILEGED:-true}"])
def test_whatever_compose_takes_for_true_counts(inspect, value: str) -> None:
    run = inspect(privileged, {"docker-compose.yml": f"{SERVICE}    privileged: {value}\n"})

    assert len(run.findings) == 1


def test_what_a_service_extends_or_merges_counts(inspect) -> None:
    text = """
x-strong: &strong
  privileged: true
services:
  merged: {<<: *strong, image: a:1}
  base: {image: b:1, privileged: true}
  extended: {extends: base}
  mended: {extends: base, privileged: false}
"""

    run = inspect(privileged, {"compose.yaml": text})

    found = [(finding.message.split()[2], finding.where.line) for finding in run.findings]
    assert found == [("merged", 3), ("base", 6)]


@pytest.mark.parametrize("value", ["false", "${PRIVILEGED}", "${PRIVILEGED:-no}"])
def test_one_that_is_not_privileged_is_left_alone(inspect, value: str) -> None:
    text = f"{SERVICE}    privileged: {value}\n    labels: ['privileged: true']\n"

    run = inspect(privileged, {"compose.yaml": text})

    assert (run.outcome, run.findings) == (Outcome.PASSED, ())


def test_without_a_compose_file_it_is_not_applicable(inspect) -> None:
    run = inspect(privileged, {"notes/docker-compose.md": "privileged: true", "app.yaml": SERVICE})

    assert (run.outcome, run.reason) == (Outcome.NOT_APPLICABLE, "no compose file")


def test_a_compose_file_that_does_not_parse_makes_it_incomplete_after_the_others(inspect) -> None:
    good = f"{SERVICE}    privileged: true\n"

    run = inspect(privileged, {"a/compose.yaml": good, "b/compose.yaml": "services: [\n"})

    assert run.outcome is Outcome.INCOMPLETE
    assert len(run.findings) == 1
    assert "b/compose.yaml line 2" in run.reason
    assert "source.exclude" in run.mend

import pytest

from checks.container.no_new_privileges import no_new_privileges
from scanner import Outcome, Severity

PLAIN = "services:\n  web:\n    image: nginx:1.29\n"


def with_options(options: str) -> dict[str, str]:
    return {"compose.yaml": f"{PLAIN}    security_opt: {options}\n"}


def test_a_service_without_the_option_is_found_at_its_name(inspect) -> None:
    run = inspect(no_new_privileges, {"compose.yaml": PLAIN})

    (finding,) = run.findings
    assert run.outcome is Outcome.FAILED
    assert (finding.where.line, finding.where.column) == (2, 3)
    assert finding.rule.severity is Severity.LOW


@pytest.mark.parametrize(
    "options",
    ["['no-new-privileges:false']", "['seccomp:unconfined']", "[]", "['no-new-privileges:${X}']"],
)
def test_other_options_do_not_count(inspect, options: str) -> None:
    run = inspect(no_new_privileges, with_options(options))

    assert len(run.findings) == 1


@pytest.mark.parametrize(
    "options",
    [
        "['no-new-privileges:true']",
        "['no-new-privileges']",
        "['no-new-privileges=true', 'seccomp:x.json']",
        "['no-new-privileges:${NNP:-true}']",
        "['no-new-privileges: True']",
    ],
)
def test_every_spelling_of_the_option_is_known(inspect, options: str) -> None:
    run = inspect(no_new_privileges, with_options(options))

    assert (run.outcome, run.findings) == (Outcome.PASSED, ())


def test_a_file_that_overrides_one_that_sets_it_is_left_alone(inspect) -> None:
    base = f"{PLAIN}    security_opt: ['no-new-privileges:true']\n"
    files = {
        "compose.yaml": base,
        "compose.prod.yaml": "services:\n  web:\n    image: nginx:1.29.1\n",
        "other/compose.yaml": PLAIN,
    }

    run = inspect(no_new_privileges, files)

    assert [finding.where.path for finding in run.findings] == ["other/compose.yaml"]


def test_a_fragment_without_an_image_is_left_alone(inspect) -> None:
    run = inspect(
        no_new_privileges, {"compose.override.yaml": "services:\n  web:\n    ports: ['8080:80']\n"}
    )

    assert (run.outcome, run.findings) == (Outcome.PASSED, ())


def test_without_a_compose_file_it_is_not_applicable(inspect) -> None:
    run = inspect(no_new_privileges, {"a.py": ""})

    assert (run.outcome, run.reason) == (Outcome.NOT_APPLICABLE, "no compose file")


def test_what_a_service_takes_from_another_file_makes_it_incomplete(inspect) -> None:
    text = f"{PLAIN}  job:\n    extends: {{file: common.yaml, service: job}}\n"

    run = inspect(no_new_privileges, {"compose.yaml": text})

    assert run.outcome is Outcome.INCOMPLETE
    assert [finding.where.line for finding in run.findings] == [2]
    assert run.reason.endswith("job in compose.yaml extends common.yaml")
    assert run.mend == "set no-new-privileges in the service itself"


def test_a_broken_file_makes_it_incomplete_after_the_others(inspect) -> None:
    run = inspect(no_new_privileges, {"a/compose.yaml": PLAIN, "compose.yaml": "services: {"})

    assert (run.outcome, len(run.findings)) == (Outcome.INCOMPLETE, 1)
    assert "compose.yaml line 1" in run.reason

from checks.dependencies.unpinned import unpinned
from scanner import Outcome, Severity


def lines(run) -> list[tuple[str, int]]:
    return [(finding.where.path, finding.where.line) for finding in run.findings]


def test_open_versions_in_a_requirements_file_are_found(inspect) -> None:
    run = inspect(
        unpinned,
        {"requirements.txt": "flask\nrich>=13,<15\nacme==1.*\nfine==1.0\n-e .\n"},
    )

    assert lines(run) == [
        ("requirements.txt", 1),
        ("requirements.txt", 2),
        ("requirements.txt", 3),
    ]
    assert run.findings[0].message == "flask leaves the version of flask open."
    assert run.findings[0].rule.severity is Severity.LOW


def test_exact_and_hashed_requirements_are_left_alone(inspect) -> None:
    run = inspect(
        unpinned,
        {
            "requirements/prod.txt": "flask==3.1.2\n"
            "rich \\\n    --hash=sha256:" + "0" * 64 + "\n"
            "acme === 1.0\n"
        },
    )

    assert (run.outcome, lines(run)) == (Outcome.PASSED, [])


def test_what_a_constraints_file_pins_is_left_alone(inspect) -> None:
    run = inspect(
        unpinned,
        {
            "requirements.txt": "-c constraints.txt\n-r requirements/base.txt\nrich\n",
            "requirements/base.txt": "flask\nopen\n",
            "constraints.txt": "flask==3.1.2\nrich==14.0.0\n",
        },
    )

    assert lines(run) == [("requirements/base.txt", 2)]


def test_a_lock_file_beside_them_fixes_them(inspect) -> None:
    run = inspect(unpinned, {"requirements.txt": "flask\n", "uv.lock": "version = 1\n"})

    assert run.outcome is Outcome.PASSED


def test_ranges_of_a_library_are_left_alone(inspect) -> None:
    run = inspect(
        unpinned, {"pyproject.toml": '[project]\nname = "x"\ndependencies = ["flask>=3"]\n'}
    )

    assert run.outcome is Outcome.NOT_APPLICABLE


def test_a_requirements_file_that_cannot_be_read_is_no_pass(inspect) -> None:
    run = inspect(unpinned, {"requirements.txt": b"\0\1"})

    assert run.outcome is Outcome.INCOMPLETE

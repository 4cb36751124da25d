import pytest

from checks.container.remote_add import remote_add
from scanner import Outcome, Severity

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def adding(*lines: str) -> dict[str, str]:
    return {"Dockerfile": "\n".join(("ARG HOST=files.example", "FROM debian:13", *lines))}


@pytest.mark.parametrize(
    "line",
    [
        "ADD https://files.example/tool.tar.gz /opt/",
        "ADD --chown=1:1 http://files.example/a /opt/",
        'ADD ["https://files.example/a b", "/opt/"]',
        "add git@git.example:team/tool.git /opt/",
        "ADD https://git.example/team/tool.git#v1.2 /opt/",
        "ONBUILD ADD https://files.example/a /opt/",
        "ADD https://$ANY/a /opt/",
        "ADD --checksum= https://files.example/a /opt/",
    ],
)
def test_an_address_without_a_checksum_is_found(inspect, line: str) -> None:
    run = inspect(remote_add, adding(line))

    (finding,) = run.findings
    assert run.outcome is Outcome.FAILED
    assert (finding.rule.severity, finding.where.line) == (Severity.MEDIUM, 3)


def test_each_address_is_found_at_its_own_line(inspect) -> None:
    run = inspect(
        remote_add,
        adding("ADD https://a.example/1 \\", "  local.txt \\", "  https://b.example/2 /opt/"),
    )

    assert [(f.where.line, f.where.column) for f in run.findings] == [(3, 5), (5, 3)]


def test_an_address_in_a_variable_is_found(inspect) -> None:
    run = inspect(remote_add, adding("ARG URL=https://files.example/a", "ADD $URL /opt/"))

    assert [finding.where.line for finding in run.findings] == [4]


@pytest.mark.parametrize(
    "line",
    [
        f"ADD --checksum=sha256:{'0' * 64} https://files.example/tool.tar.gz /opt/",
        f"ADD https://git.example/team/tool.git#{COMMIT} /opt/",
        f"ADD https://git.example/team/tool.git?ref=main&commit={COMMIT} /opt/",
        "ADD src/https /opt/",
        "ADD . https://files.example/",
        "COPY https /opt/",
        "RUN echo ADD https://files.example/a /opt/",
        "# ADD https://files.example/a /opt/",
    ],
)
def test_what_is_verified_or_local_is_left_alone(inspect, line: str) -> None:
    run = inspect(remote_add, adding(line))

    assert (run.outcome, run.findings) == (Outcome.PASSED, ())


def test_without_a_dockerfile_it_is_not_applicable(inspect) -> None:
    run = inspect(remote_add, {"Dockerfile.md": "ADD https://files.example/a /opt/"})

    assert (run.outcome, run.reason) == (Outcome.NOT_APPLICABLE, "no Dockerfile")


def test_a_dockerfile_that_is_none_makes_it_incomplete_after_what_was_found(inspect) -> None:
    run = inspect(remote_add, adding("ADD https://files.example/a /opt/", "FETCH x"))

    assert (run.outcome, len(run.findings)) == (Outcome.INCOMPLETE, 1)
    assert "Dockerfile line 4 (unknown instruction FETCH)" in run.reason

import pytest

from checks.container.capabilities import capabilities
from scanner import Outcome, Severity

SERVICE = "services:\n  web:\n    image: nginx:1.29\n"


def added(*names: str) -> dict[str, str]:
    return {"compose.yaml": f"{SERVICE}    cap_add: [{', '.join(names)}]\n"}


@pytest.mark.parametrize(
    "name", ["SYS_ADMIN", "ALL", "cap_sys_ptrace", "CAP_BPF", "dac_read_search"]
)
def test_one_that_gives_the_host_away_is_found(inspect, name: str) -> None:
    run = inspect(capabilities, added("NET_BIND_SERVICE", name))

    (finding,) = run.findings
    assert run.outcome is Outcome.FAILED
    assert (finding.rule.id, finding.rule.severity) == ("container/capabilities", Severity.HIGH)
    assert (finding.where.line, finding.where.column) == (4, 15 + len("NET_BIND_SERVICE, "))
    assert finding.where.snippet[finding.where.column - 1 :].startswith(name)


def test_one_beyond_dockers_own_is_the_lesser_finding(inspect) -> None:
    run = inspect(capabilities, added("NET_ADMIN"))

    (finding,) = run.findings
    assert finding.rule.id == "container/capabilities/beyond-default"
    assert finding.rule.severity is Severity.MEDIUM


def test_each_of_several_is_a_finding(inspect) -> None:
    text = f"{SERVICE}    cap_add:\n      - SYS_TIME\n      - SYS_MODULE\n"

    run = inspect(capabilities, {"compose.yaml": text})

    assert sorted((f.where.line, f.rule.id.count("/")) for f in run.findings) == [(5, 2), (6, 1)]


def test_harmless_dropped_and_unknown_ones_are_left_alone(inspect) -> None:
    text = (
        f"{SERVICE}    cap_drop: [ALL, SYS_ADMIN]\n"
        "    cap_add: [NET_BIND_SERVICE, CAP_CHOWN, ipc_lock, '${EXTRA}', '']\n"
        "    environment: {CAPS: 'cap_add: SYS_ADMIN'}\n"
    )

    run = inspect(capabilities, {"compose.yaml": text})

    assert (run.outcome, run.findings) == (Outcome.PASSED, ())


def test_without_a_compose_file_it_is_not_applicable(inspect) -> None:
    run = inspect(capabilities, {"Dockerfile": "FROM scratch\n"})

    assert (run.outcome, run.reason) == (Outcome.NOT_APPLICABLE, "no compose file")


def test_a_list_that_is_none_makes_it_incomplete(inspect) -> None:
    run = inspect(capabilities, {"compose.yaml": f"{SERVICE}    cap_add: SYS_ADMIN\n"})

    assert run.outcome is Outcome.INCOMPLETE
    assert "compose.yaml line 4 (cap_add takes a list)" in run.reason

import json
import socket

import pytest

from checks.dependencies.python import python
from scanner import Outcome, Severity
from scanner.source import Advisories


def asked(osv) -> list[tuple[str, str]]:
    return sorted(osv.asked)


def test_a_pinned_package_with_an_advisory_is_found_at_its_line(inspect, osv, flaw) -> None:
    osv.knows[("acme", "1.4.0")] = [flaw()]

    run = inspect(
        python,
        {"requirements.txt": "# ours\nrich==14.0.0\nAcme[web]==1.4.0  # old\n"},
        advisories=osv.advisories,
    )

    (finding,) = run.findings
    assert run.outcome is Outcome.FAILED
    assert (finding.rule.id, finding.rule.severity) == (
        "advisory/GHSA-aaaa-bbbb-cccc",
        Severity.HIGH,
    )
    assert (finding.where.path, finding.where.line) == ("requirements.txt", 3)
    assert finding.message == (
        "acme 1.4.0 is affected by GHSA-aaaa-bbbb-cccc (CVE-2099-1234, PYSEC-2099-1). "
        "Fixed in 1.4.2. Reads files of others"
    )
    assert asked(osv) == [("acme", "1.4.0"), ("rich", "14.0.0")]


def test_a_fixed_version_passes(inspect, osv, flaw) -> None:
    osv.knows[("acme", "1.4.0")] = [flaw()]

    run = inspect(python, {"requirements.txt": "acme==1.4.2\n"}, advisories=osv.advisories)

    assert (run.outcome, run.findings) == (Outcome.PASSED, ())


def test_withdrawn_advisories_are_left_alone(inspect, osv, flaw) -> None:
    osv.knows[("acme", "1.4.0")] = [flaw(withdrawn="2099-01-01T00:00:00Z")]

    run = inspect(python, {"requirements.txt": "acme==1.4.0\n"}, advisories=osv.advisories)

    assert run.outcome is Outcome.PASSED


def test_a_flaw_that_is_listed_under_two_names_is_one(inspect, osv, flaw) -> None:
    twin = flaw(id="GHSA-aaaa-bbbb-cccc", aliases=["CVE-2099-1234"])
    osv.knows[("acme", "1.4.0")] = [flaw(), twin]

    run = inspect(python, {"requirements.txt": "acme==1.4.0\n"}, advisories=osv.advisories)

    assert [finding.rule.id for finding in run.findings] == ["advisory/GHSA-aaaa-bbbb-cccc"]


def test_two_versions_of_one_package_are_both_looked_up(inspect, osv, flaw) -> None:
    osv.knows[("acme", "1.4.0")] = [flaw()]

    run = inspect(
        python,
        {"requirements.txt": "acme==1.4.2\n", "old/requirements.txt": "acme==1.4.0\n"},
        advisories=osv.advisories,
    )

    assert asked(osv) == [("acme", "1.4.0"), ("acme", "1.4.2")]
    assert [finding.where.path for finding in run.findings] == ["old/requirements.txt"]


def test_more_packages_than_one_run_takes_are_all_looked_up(inspect, osv) -> None:
    lines = [f"package-{number}==1.{number}\n" for number in range(60)]

    run = inspect(python, {"requirements.txt": "".join(lines)}, advisories=osv.advisories)

    assert run.outcome is Outcome.PASSED
    assert len(osv.asked) == 60


def test_a_project_without_dependencies_is_not_applicable(inspect, osv) -> None:
    run = inspect(
        python,
        {"a.py": "", "pyproject.toml": '[project]\nname = "x"\n'},
        advisories=osv.advisories,
    )

    assert run.outcome is Outcome.NOT_APPLICABLE
    assert osv.asked == []


def test_ranges_alone_leave_nothing_to_look_up(inspect, osv) -> None:
    run = inspect(python, {"requirements.txt": "acme>=1\n"}, advisories=osv.advisories)

    assert run.outcome is Outcome.NOT_APPLICABLE
    assert run.reason == "no Python dependency is pinned to a version"
    assert run.notes == ("not looked up, because no version is pinned: acme",)


def test_a_dead_service_is_incomplete(inspect) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"

        run = inspect(
            python, {"requirements.txt": "acme==1.4.0\n"}, advisories=Advisories("osv", url)
        )

    assert run.outcome is Outcome.INCOMPLETE
    assert run.reason.startswith("pip-audit ended with 1: ")
    assert "choose a service" in run.mend


@pytest.mark.parametrize(
    "answer", [(500, b""), (200, b"<html>"), (200, b""), (200, b'{"vulns": 1}'), (200, b"[1]")]
)
def test_a_service_that_talks_nonsense_is_incomplete(inspect, osv, answer) -> None:
    osv.answer = answer

    run = inspect(python, {"requirements.txt": "acme==1.4.0\n"}, advisories=osv.advisories)

    assert run.outcome is Outcome.INCOMPLETE


def test_advisories_in_a_form_that_pip_audit_passes_over_are_still_answers(
    inspect, osv, flaw
) -> None:
    osv.knows[("acme", "1.4.0")] = [flaw(id="not an id\x1b[2J", aliases=[])]

    run = inspect(python, {"requirements.txt": "acme==1.4.0\n"}, advisories=osv.advisories)

    assert run.outcome is Outcome.INCOMPLETE


def test_the_store_that_is_not_built_is_incomplete(inspect) -> None:
    run = inspect(python, {"requirements.txt": "acme==1.4.0\n"}, advisories=Advisories("store", ""))

    assert run.outcome is Outcome.INCOMPLETE
    assert run.reason == "the offline advisory store is not built yet"


def test_what_comes_from_elsewhere_is_incomplete_and_named_without_its_password(
    inspect, osv, flaw
) -> None:
    osv.knows[("acme", "1.4.0")] = [flaw()]

    run = inspect(
        python,
        {
            "requirements.txt": "acme==1.4.0\n"
            "tool @ git+https://ann:" + "pa55" + "@example.com/tool.git@v1\n"
            "-e git+ssh://git@example.com/other.git#egg=other\n"
            "https://example.com/wheels/fine-1.2.3-py3-none-any.whl\n"
            "https://ann:" + "pa55" + "@example.com/archive/main.zip\n"
        },
        advisories=osv.advisories,
    )

    assert run.outcome is Outcome.INCOMPLETE
    assert len(run.findings) == 1
    assert "requirements.txt:2: tool, requirements.txt:3" in run.reason
    assert "pa55" not in run.reason
    assert asked(osv) == [("acme", "1.4.0"), ("fine", "1.2.3")]


def test_local_paths_are_the_project_itself(inspect, osv) -> None:
    run = inspect(
        python,
        {"requirements.txt": "-e .\n./lib/pkg[extra]\nacme @ file:///opt/acme\nrich==14.0.0\n"},
        advisories=osv.advisories,
    )

    assert run.outcome is Outcome.PASSED
    assert asked(osv) == [("rich", "14.0.0")]
    assert run.notes[0].startswith("not looked up, because it is local: requirements.txt:1")


@pytest.mark.parametrize(
    "line",
    ["-r ../outside.txt", "-r /etc/hosts", "-c https://example.com/c.txt", "-r gone.txt", "a b c"],
)
def test_what_cannot_be_read_is_incomplete_and_named(inspect, osv, line: str) -> None:
    run = inspect(
        python, {"requirements.txt": f"rich==14.0.0\n{line}\n"}, advisories=osv.advisories
    )

    assert run.outcome is Outcome.INCOMPLETE
    assert "requirements.txt:2" in run.reason
    assert asked(osv) == [("rich", "14.0.0")]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("poetry.lock", "[[package]\n"),
        ("uv.lock", "package = 1\n"),
        ("uv.lock", "a = " + "[" * 100_000),
        ("pylock.toml", "lock-version = '1.0'\n"),
        ("Pipfile.lock", "{"),
        ("Pipfile.lock", "[" * 100_000),
        ("pyproject.toml", "[project]\ndependencies = 3\n"),
        ("requirements.txt", b"\0\1\2"),
    ],
)
def test_a_broken_manifest_is_incomplete(inspect, osv, name: str, content: str | bytes) -> None:
    run = inspect(python, {name: content}, advisories=osv.advisories)

    assert run.outcome is Outcome.INCOMPLETE
    assert name in run.reason


def test_nothing_of_the_tree_reaches_pip_audit_but_names_and_versions(inspect, osv) -> None:
    run = inspect(
        python,
        {
            "requirements.txt": "--index-url https://user:x@example.com/simple\n"
            "acme==1.0 ; python_version < '4' --hash=sha256:00\n"
            "torch==2.1.0+cpu\n",
            "pip_audit.py": "raise SystemExit('imported')\n",
            "sitecustomize.py": "raise SystemExit('imported')\n",
        },
        advisories=osv.advisories,
    )

    assert run.outcome is Outcome.PASSED
    assert asked(osv) == [("acme", "1.0"), ("torch", "2.1.0")]


LOCKS = {
    "poetry.lock": """
[[package]]
name = "acme"
version = "1.4.0"
files = []

[package.dependencies]
rich = "*"

[[package]]
name = "here"
version = "0"

[package.source]
type = "directory"
url = "here"
""",
    "uv.lock": """
version = 1

[[package]]
name = "acme"
version = "1.4.0"
source = { registry = "https://example.com/simple" }

[[package]]
name = "ours"
source = { editable = "." }
""",
    "pdm.lock": '[metadata]\n\n[[package]]\nname = "acme"\nversion = "1.4.0"\n',
    "pylock.toml": '[[packages]]\nname = "acme"\nversion = "1.4.0"\nindex = "https://example.com"\n',
    "Pipfile.lock": json.dumps(
        {"_meta": {}, "default": {"acme": {"version": "==1.4.0"}}, "develop": {}}, indent=4
    ),
}


@pytest.mark.parametrize("name", LOCKS)
def test_lock_files_are_read_and_findings_are_on_the_line_of_the_name(
    inspect, osv, flaw, name: str
) -> None:
    osv.knows[("acme", "1.4.0")] = [flaw()]

    run = inspect(python, {name: LOCKS[name]}, advisories=osv.advisories)

    (finding,) = run.findings
    assert run.outcome is Outcome.FAILED
    assert "acme" in finding.where.snippet
    assert asked(osv) == [("acme", "1.4.0")]


def test_a_package_locked_to_a_repository_is_incomplete(inspect, osv) -> None:
    lock = '[[package]]\nname = "acme"\nversion = "1"\nsource = { git = "https://example.com/a" }\n'

    run = inspect(python, {"uv.lock": lock}, advisories=osv.advisories)

    assert run.outcome is Outcome.INCOMPLETE
    assert "uv.lock:2: acme" in run.reason


PYPROJECT = """
[project]
name = "ours"
dependencies = ["acme==1.4.0", "rich>=13"]
[project.optional-dependencies]
extra = ["one==1.0"]
[dependency-groups]
dev = ["two==2.0", {include-group = "more"}]
more = ["three==3.0.*"]
[tool.poetry.dependencies]
python = "^3.11"
four = "4.0"
five = {version = "==5.0", extras = ["x"]}
six = "^6.0"
seven = {path = "../seven"}
"""


def test_a_pyproject_without_a_lock_is_read(inspect, osv, flaw) -> None:
    osv.knows[("acme", "1.4.0")] = [flaw()]

    run = inspect(python, {"pyproject.toml": PYPROJECT}, advisories=osv.advisories)

    (finding,) = run.findings
    assert finding.where.line == 4
    assert asked(osv) == [
        *[("acme", "1.4.0"), ("five", "5.0"), ("four", "4.0"), ("one", "1.0"), ("two", "2.0")]
    ]
    assert "not looked up, because no version is pinned: rich, six, three" in run.notes


def test_a_lock_file_decides_over_the_pyproject_beside_and_below_it(inspect, osv) -> None:
    run = inspect(
        python,
        {
            "uv.lock": LOCKS["uv.lock"],
            "pyproject.toml": PYPROJECT,
            "packages/a/pyproject.toml": PYPROJECT,
        },
        advisories=osv.advisories,
    )

    assert run.outcome is Outcome.PASSED
    assert asked(osv) == [("acme", "1.4.0")]


def test_includes_may_form_a_cycle(inspect, osv) -> None:
    run = inspect(
        python,
        {
            "requirements.txt": "-r deps/base.in\nrich==14.0.0\n",
            "deps/base.in": "-r ../requirements.txt\nacme==1.0\n",
        },
        advisories=osv.advisories,
    )

    assert run.outcome is Outcome.PASSED
    assert asked(osv) == [("acme", "1.0"), ("rich", "14.0.0")]


def test_a_requirements_file_that_powershell_wrote_is_read(inspect, osv) -> None:
    run = inspect(
        python,
        {"requirements.txt": "acme==1.0\r\nrich==14.0.0\r\n".encode("utf-16")},
        advisories=osv.advisories,
    )

    assert run.outcome is Outcome.PASSED
    assert asked(osv) == [("acme", "1.0"), ("rich", "14.0.0")]


def test_only_a_service_on_this_machine_needs_no_internet() -> None:
    local = ["http://127.0.0.1:8/", "http://localhost/v1/query", "http://[::1]:8/"]

    assert not any(Advisories("osv", url).on_internet for url in local)
    assert Advisories("auto", "").on_internet
    assert Advisories("osv", "https://osv.example.com/").on_internet

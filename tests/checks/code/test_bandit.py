import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from checks.code.bandit import _usual, bandit
from scanner import Outcome, Severity

SHELL = "import subprocess\nsubprocess.run(command, shell=True)\n"


def rules(run) -> list[str]:
    return [finding.rule.id for finding in run.findings]


def test_a_shell_call_is_found_at_its_line(inspect) -> None:
    run = inspect(bandit, {"app/a.py": "import subprocess\n\nsubprocess.run(c, shell=True)\n"})

    shell = next(finding for finding in run.findings if finding.rule.id == "bandit/B602")
    assert run.outcome is Outcome.FAILED
    assert (shell.rule.severity, shell.rule.cwe, shell.rule.engine) == (Severity.HIGH, 78, "bandit")
    assert (shell.where.path, shell.where.line, shell.where.column) == ("app/a.py", 3, 1)
    assert shell.where.snippet == "subprocess.run(c, shell=True)"
    assert shell.confidence == "high"


def test_a_rule_at_another_severity_is_another_rule_with_the_same_base(inspect) -> None:
    run = inspect(bandit, {"a.py": "import subprocess\nsubprocess.run('ls', shell=True)\n"})

    mild = next(finding for finding in run.findings if finding.rule.id == "bandit/B602/low")
    assert (mild.rule.severity, mild.rule.identity) == (Severity.LOW, "bandit/B602")


def test_one_rule_finds_a_line_once(inspect) -> None:
    run = inspect(bandit, {"a.py": "if token == 'dot' or token == 'colon':\n    pass\n"})

    assert rules(run) == ["bandit/B105"]


def test_harmless_code_passes(inspect) -> None:
    run = inspect(bandit, {"a.py": "import shlex\n\nprint(shlex.split('a b'))\n"})

    assert (run.outcome, run.findings) == (Outcome.PASSED, ())


def test_a_tree_without_python_is_not_applicable(inspect) -> None:
    run = inspect(bandit, {"README.md": "shell=True"})

    assert (run.outcome, run.reason) == (Outcome.NOT_APPLICABLE, "no Python files")


def test_files_that_do_not_parse_make_it_incomplete_and_are_named(inspect) -> None:
    run = inspect(
        bandit, {"a.py": SHELL, "broken.py": "def (:\n", "nul.py": b"x\0", "deep.py": "(" * 5000}
    )

    assert run.outcome is Outcome.INCOMPLETE
    assert "bandit/B602" in rules(run)
    assert run.reason == "bandit could not read 3 files: broken.py, deep.py, nul.py"
    assert "newer Python" in run.mend


def test_a_huge_file_makes_it_incomplete(inspect) -> None:
    run = inspect(bandit, {"big.py": b"#" * 10_000_001})

    assert (run.outcome, run.reason) == (Outcome.INCOMPLETE, "bandit could not read big.py")


def test_nosec_holds_and_is_counted(inspect) -> None:
    run = inspect(
        bandit,
        {"a.py": "import subprocess  # nosec B404\nsubprocess.run(c, shell=True)  # nosec\n"},
    )

    assert (run.outcome, run.findings) == (Outcome.PASSED, ())
    assert run.notes == ("left out by `# nosec`: 2",)


def test_asserts_are_quiet_in_tests_only(inspect) -> None:
    run = inspect(bandit, {"tests/test_a.py": "assert x\nexec(y)\n", "app.py": "assert x\n"})

    found = {(finding.where.path, finding.rule.id) for finding in run.findings}
    assert found == {("app.py", "bandit/B101"), ("tests/test_a.py", "bandit/B102")}


SECRET = "hun-" + "ter2!x"


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (f'password = "{SECRET}"', 'password = "•••"'),
        (f"if token == '{SECRET}' or token == 'x':", "if token == '•••' or token == '•••':"),
        (f'd["token"] = "{SECRET}"; e = "fine"', 'd["token"] = "•••"; e = "fine"'),
        (f'connect("db", password="{SECRET}")', 'connect("db", password="•••")'),
        (f'def connect(password="{SECRET}"):', 'def connect(password="•••"):'),
        (f'password = "{SECRET[:4]}" "{SECRET[4:]}"', 'password = "•••" "•••"'),
        (f'password = "\\x{ord(SECRET[0]):x}{SECRET[1:]}"', 'password = "•••"'),
        (f'password = """{SECRET}"""', 'password = """•••"""'),
        (f'password = f("{SECRET}", password="{SECRET}")', 'password = f("•••", password="•••")'),
        (f'subprocess.run("x {SECRET}", shell=True, password="{SECRET}")',
         'subprocess.run("x •••", shell=True, password="•••")'),
    ],
)  # fmt: skip
def test_no_finding_shows_a_password_that_bandit_found(inspect, line: str, shown: str) -> None:
    body = "    pass\n" if line.endswith(":") else ""

    run = inspect(bandit, {"a.py": f"{line}\n{body}"})

    assert {"bandit/B105", "bandit/B106", "bandit/B107"} & set(rules(run))
    assert {finding.where.snippet for finding in run.findings} == {shown}
    assert SECRET[4:] not in repr(run)


def test_passwords_on_the_lines_of_a_long_call_are_not_shown(inspect) -> None:
    call = f'connect(\n    eval(x), password="{SECRET}",\n)\n'

    run = inspect(bandit, {"a.py": call})

    assert sorted(rules(run)) == ["bandit/B106", "bandit/B307"]
    assert "password=" in repr(run)
    assert SECRET not in repr(run)


def test_two_passwords_stay_two_findings_when_they_are_hidden(inspect) -> None:
    run = inspect(bandit, {"a.py": f'password = "{SECRET}"\npassword = "{SECRET[::-1]}"\n'})

    assert len({finding.fingerprint for finding in run.findings}) == 2


@pytest.mark.parametrize(
    "name", [".bandit", "bandit.yaml", "pyproject.toml", "setup.cfg", "tox.ini"]
)
def test_settings_in_the_tree_switch_nothing_off(inspect, name: str) -> None:
    settings = "[bandit]\nskips = B602,B404\nexclude = /\ntargets = nothing\n"
    if name == "bandit.yaml":
        settings = "skips: [B602, B404]\nexclude_dirs: ['/']\n"
    elif name == "pyproject.toml":
        settings = '[tool.bandit]\nskips = ["B602", "B404"]\nexclude_dirs = ["/"]\n'

    run = inspect(bandit, {"a.py": SHELL, name: settings})

    assert "bandit/B602" in rules(run)


def test_programs_in_the_tree_are_not_imported(inspect) -> None:
    trap = "raise SystemExit('imported')\n"

    run = inspect(
        bandit,
        {
            "a.py": SHELL,
            **dict.fromkeys(("bandit.py", "sitecustomize.py", "click.py", "yaml.py"), trap),
            "bandit/__init__.py": trap,
            "checks/__init__.py": trap,
            "scanner/__init__.py": trap,
        },
    )

    assert run.outcome is Outcome.FAILED
    assert "bandit/B602" in rules(run)


def test_folders_that_bandit_itself_passes_by_are_read(inspect) -> None:
    run = inspect(
        bandit, {".github/scripts/a.py": SHELL, "x.egg/b.py": SHELL, ".tox-env/c.py": SHELL}
    )

    found = {finding.where.path for finding in run.findings}
    assert found == {".github/scripts/a.py", "x.egg/b.py", ".tox-env/c.py"}


def test_strange_names_are_read(inspect) -> None:
    names = ["-r.py", "a b.py", "a\nb.py", "a,b.py", "ä.py", "%(x)s.py"]

    run = inspect(bandit, dict.fromkeys(names, SHELL))

    assert {finding.where.path for finding in run.findings} == set(names)


def test_results_equal_one_bandit_over_real_packages(inspect, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("checks.code._bandit_runs._WORTH_A_PROCESS", 20_000)
    tree = tmp_path / "project"
    for name in ("jinja2", "requests", "stevedore"):
        package = Path(str(importlib.util.find_spec(name).origin)).parent
        shutil.copytree(package, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    argv = [sys.executable, "-I", "-m", "bandit", "-q", "-r", "-f", "json", str(tree)]
    whole = json.loads(subprocess.run(argv, capture_output=True, check=False).stdout)

    run = inspect(bandit, {}, jobs=3, tests=["none/"])

    # What one rule says twice about one line is one finding, of the graver severity.
    expected: dict[tuple[str, int, str], Severity] = {}
    for issue in whole["results"]:
        path = Path(issue["filename"]).relative_to(tree).as_posix()
        place = path, issue["line_number"], f"bandit/{issue['test_id']}"
        severity = Severity[issue["issue_severity"]]
        expected[place] = max(severity, expected.get(place, severity))
    found = [(f.where.path, f.where.line, f.rule.identity) for f in run.findings]
    assert len(expected) > 50
    assert len(found) == len(set(found))
    assert {p: f.rule.severity for p, f in zip(found, run.findings, strict=True)} == expected


def test_unchanged_files_come_from_the_cache(inspect, tmp_path: Path, monkeypatch) -> None:
    cache = tmp_path / "cache"
    files = {"a.py": SHELL, "b.py": "exec(x)\n", "broken.py": "def (:\n"}
    first = inspect(bandit, files, cache=cache)
    monkeypatch.setattr("sys.executable", str(tmp_path / "no-python"))

    second = inspect(bandit, {}, cache=cache)

    assert second.findings == first.findings
    assert second.reason == first.reason == "bandit could not read broken.py"


def test_a_changed_file_is_read_again(inspect, tmp_path: Path) -> None:
    inspect(bandit, {"a.py": "x = 1\n"}, cache=tmp_path / "cache")

    run = inspect(bandit, {"a.py": SHELL}, cache=tmp_path / "cache")

    assert "bandit/B602" in rules(run)


def test_another_bandit_reads_again(inspect, tmp_path: Path, monkeypatch) -> None:
    cache = tmp_path / "cache"
    inspect(bandit, {"a.py": SHELL}, cache=cache)
    before = len(list(cache.rglob("*.json")))
    monkeypatch.setattr("checks.code._bandit_runs.version", lambda name: "99")

    inspect(bandit, {}, cache=cache)

    assert len(list(cache.rglob("*.json"))) == before + 1


@pytest.mark.parametrize("content", ["", "{", "[[],0]", '[[{"test_id":"B1"}],0,""]', "[" * 9999])
def test_a_damaged_cache_costs_only_time(inspect, tmp_path: Path, content: str) -> None:
    cache = tmp_path / "cache"
    first = inspect(bandit, {"a.py": SHELL}, cache=cache)
    for entry in cache.rglob("*.json"):
        entry.write_text(content)

    second = inspect(bandit, {}, cache=cache)

    assert second.findings == first.findings


def test_a_bandit_that_dies_makes_it_incomplete(inspect, monkeypatch) -> None:
    monkeypatch.setattr("sys.executable", shutil.which("false"))

    run = inspect(bandit, {"a.py": SHELL})

    assert (run.outcome, run.reason) == (
        Outcome.INCOMPLETE,
        "bandit ended with 1: it printed no report",
    )


def test_the_usual_severities_are_those_of_the_installed_bandit() -> None:
    ask = """
import json
from bandit.core.extension_loader import MANAGER
lists = MANAGER.blacklist.values()
print(json.dumps({item["id"]: item["level"] for items in lists for item in items}))
"""
    said = subprocess.run([sys.executable, "-I", "-c", ask], capture_output=True, check=True)

    levels = json.loads(said.stdout)

    assert len(levels) > 30
    assert {id: _usual(id).name for id in levels} == levels

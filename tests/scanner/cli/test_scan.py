"""`wallwalk scan`: what it ends with, and what it says."""

import json
import socket
from pathlib import Path
from typing import Any

import pytest
from command import FLAW, wallwalk
from loopback import Answer, Asked, Running, serving

GONE = "http://127.0.0.1:9"
"""The discard service, which nobody runs."""


def write(files: dict[str, str]) -> None:
    for name, text in files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text)


def results() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(Path("wallwalk-report/results.json").read_text())
    return data


@pytest.fixture
def app() -> Any:
    def answer(asked: Asked) -> Answer:
        return Answer("<p>Hello</p>", headers=[("X-Content-Type-Options", "nosniff")])

    with serving(answer) as running:
        yield running


@pytest.mark.parametrize(
    ("words", "files", "code"),
    [
        ([], {"a.py": "x = 1\n"}, 0),
        ([], {"a.py": FLAW}, 1),
        (["--fail-on", "critical"], {"a.py": FLAW}, 0),
        (["--fail-on", "never"], {"a.py": FLAW}, 0),
        (["--fail-on", "low"], {"a.py": "assert input()\n"}, 1),
        (["--select", "headers"], {"a.py": FLAW}, 2),
        (["--ignore", "bandit/B602,bandit/B404"], {"a.py": FLAW}, 0),
        ([], {"a.py": "def broken(:\n"}, 3),
        ([], {"a.py": FLAW, "b.py": "def broken(:\n"}, 3),
        (["--allow-incomplete"], {"a.py": FLAW, "b.py": "def broken(:\n"}, 1),
        (["--allow-incomplete"], {"b.py": "def broken(:\n"}, 0),
        (["--no-source", "--target", GONE], {}, 3),
        (["--target", GONE, "--profile", "pr"], {"a.py": FLAW}, 3),
    ],
)
def test_the_exit_code_says_what_came_of_it(
    typed, words: list[str], files: dict[str, str], code: int
) -> None:
    write(files)

    ended = typed("scan", "--offline", "--format", "json", *words)

    assert ended.code == code
    assert f"(exit {code})" in ended.out
    assert results()["exit_code"] == code


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["."], 1),
        ([".", "--fail-on", "never"], 0),
        (["nowhere"], 2),
        (["--no-source", "--target", GONE], 3),
    ],
)
def test_the_installed_command_ends_with_it_too(
    tmp_path: Path, words: list[str], code: int
) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "a.py").write_text(FLAW)

    assert wallwalk("scan", "--offline", *words, cwd=tmp_path / "here").returncode == code


def test_an_empty_folder_has_nothing_to_look_at_and_says_so(typed) -> None:
    typed("scan", "--offline")
    ended = typed("scan", "--offline", "--format", "json", "-v")

    assert ended.code == 0
    assert {run["outcome"] for run in results()["outcomes"]} == {"not-applicable"}
    assert "not applicable" in ended.out
    assert "wallwalk-report (1)" in ended.out


def test_one_file_can_be_scanned(typed) -> None:
    write({"src/a.py": FLAW, "src/b.py": FLAW})

    ended = typed("scan", "src/a.py", "--offline", "--format", "json")

    assert ended.code == 1
    assert {finding["where"]["path"] for finding in results()["findings"]} == {"a.py"}


def test_a_targets_file_that_merely_lies_there_is_mentioned_and_not_used(typed) -> None:
    silencing = 'suppressions: [{check: bandit/B602, reason: "x", until: 2099-01-01}]\n'
    write({"a.py": FLAW, "targets.yaml": f"version: 1\n{silencing}"})

    ended = typed("scan", "--offline", "--format", "json")

    assert ended.code == 1
    assert "targets.yaml lies in the scanned folder and was not used" in ended.out
    assert "--config" in ended.out
    assert "targets.yaml" in "".join(results()["notes"])


def test_a_target_of_the_file_is_scanned_at_another_address(typed, app: Running) -> None:
    write({"targets.yaml": f"version: 1\ntargets: [{{name: shop, url: '{GONE}'}}]\n"})

    ended = typed(
        *("scan", "--no-source", "--config", "targets.yaml", "--target", f"shop={app.url}"),
        *("--profile", "pr", "--select", "headers/nosniff", "--format", "json"),
    )

    assert ended.code == 0
    (target,) = results()["targets"]
    assert (target["name"], target["url"], target["profile"]) == ("shop", app.url, "pr")
    assert app.asked


def test_only_the_named_target_of_the_file_is_scanned(typed, app: Running) -> None:
    targets = f"[{{name: shop, url: '{app.url}'}}, {{name: other, url: '{GONE}'}}]"
    write({"targets.yaml": f"version: 1\ntargets: {targets}\n"})

    ended = typed(
        *("scan", "--no-source", "--config", "targets.yaml", "--target", "shop"),
        *("--profile", "pr", "--select", "headers/nosniff", "--format", "json"),
    )

    assert ended.code == 0
    assert [target["name"] for target in results()["targets"]] == ["shop"]
    assert "--target shop" in results()["partial"]


def test_an_address_of_its_own_is_named_after_its_host(typed, app: Running) -> None:
    typed(
        *("scan", "--no-source", "--target", app.url, "--profile", "pr"),
        *("--select", "headers/nosniff", "--format", "json"),
    )

    assert [target["name"] for target in results()["targets"]] == [f"127.0.0.1-{app.port}"]


def test_a_variable_is_read_only_when_it_is_allowed(
    typed, app: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_KEY", "correct-horse-1")
    header = "headers: {X-Key: '${SHOP_KEY}'}"
    write({"targets.yaml": f"version: 1\ntargets: [{{name: shop, url: '{app.url}', {header}}}]\n"})
    words = [
        *("scan", "--no-source", "--config", "targets.yaml", "--profile", "pr"),
        *("--select", "headers/nosniff", "--format", "json"),
    ]

    refused = typed(*words)
    asked = len(app.asked)
    allowed = typed(*words, "--env", "SHOP_KEY")

    assert (refused.code, asked) == (2, 0)
    assert "SHOP_KEY" in refused.err
    assert allowed.code == 0
    assert {one.headers.get("x-key") for one in app.asked} == {"correct-horse-1"}


def test_limits_of_the_command_line_hold(typed, app: Running) -> None:
    words = ["--profile", "pr", "--select", "headers/nosniff", "--format", "json"]

    ended = typed("scan", "--no-source", "--target", app.url, "--max-requests", "1", *words)

    assert ended.code == 3
    assert len(app.asked) == 1


def test_the_time_limit_ends_a_scan_as_incomplete(typed) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"

        ended = typed(
            *("scan", "--no-source", "--target", url, "--profile", "pr"),
            *("--max-time", "0.2", "--format", "json"),
        )

    assert ended.code == 3
    assert "--max-time" in ended.out


def test_quiet_says_nothing_of_a_clean_scan(typed) -> None:
    write({"a.py": "x = 1\n"})

    ended = typed("scan", "--offline", "-q")

    assert (ended.code, ended.out, ended.err) == (0, "", "")


def test_quiet_says_in_one_line_why_it_failed(typed) -> None:
    write({"a.py": FLAW})

    ended = typed("scan", "--offline", "--quiet")

    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("wallwalk: NOT SAFE TO DEPLOY")
    assert ended.err.count("\n") == 1


def test_verbose_says_more(typed) -> None:
    write({"a.py": FLAW})

    plain = typed("scan", "--offline")
    verbose = typed("scan", "--offline", "-v")

    assert "fingerprint" not in plain.out
    assert "fingerprint" in verbose.out


def test_progress_goes_beside_the_summary_and_can_be_left_out(typed) -> None:
    write({"a.py": "x = 1\n"})

    shown = typed("scan", "--offline")
    silent = typed("scan", "--offline", "--no-progress")

    assert "checks planned" in shown.err
    assert silent.err == ""
    assert "checks planned" not in shown.out


def test_colours_are_for_terminals_unless_they_are_asked_for(
    typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    write({"a.py": FLAW})

    plain = typed("scan", "--offline")
    monkeypatch.setenv("FORCE_COLOR", "1")
    forced = typed("scan", "--offline")
    monkeypatch.setenv("NO_COLOR", "1")
    refused = typed("scan", "--offline")

    red = "\x1b[1;31m"
    assert "\x1b" not in plain.out + plain.err
    assert red in forced.out
    assert red not in refused.out

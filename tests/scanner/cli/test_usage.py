"""What was typed wrongly: exit 2, and one line that says what to write instead."""

import shlex
from pathlib import Path

import pytest
from command import wallwalk

LATER = "is not built yet"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("scam", "did you mean scan?"),
        ("frobnicate", "see `wallwalk --help`"),
        ("advisories import x", LATER),
        ("advisories status", LATER),
        ("init", LATER),
        ("merge a.sarif -o b.sarif --complete-only", LATER),
        ("diff a b", LATER),
        ("prove", LATER),
        ("scan --baseline old.sarif", LATER),
        ("scan --shard 1/2", LATER),
        ("scan --shard=1/2 --help", LATER),
        ("scan --fail-onn high", "--fail-on"),
        ("scan --fail-on grave", "critical"),
        ("scan --profile production", "staging"),
        ("scan a b", "b"),
        ("scan --jobs 0", "--jobs"),
        ("scan --rate 0", "--rate"),
        ("scan --timeout -1", "--timeout"),
        ("scan --max-time soon", "--max-time"),
        ("scan --max-requests 0", "--max-requests"),
        ("scan --quiet --verbose", "take one"),
        ("scan --format pdf", "sarif"),
        ("scan --format ,", "names no format"),
        ("scan --output x.sarif", "--format sarif"),
        ("scan --format json --output x --output-dir y", "take one"),
        ("scan --format json --output .", "--output-dir"),
        ("scan --output-dir /proc/nowhere", "can't be written here"),
        ("scan --no-source", "name a --target"),
        ("scan nowhere", "there is no such file or folder"),
        ("scan --config nowhere.yaml", "nowhere.yaml"),
        ("scan --target shop", "none without --config"),
        ("scan --target ftp://127.0.0.1/", "http://127.0.0.1:8000"),
        ("scan --target http://ann:secret@127.0.0.1/", "http://127.0.0.1:8000"),
        ("scan --target http://127.0.0.1 --target http://127.0.0.1/a", "named twice"),
        ("scan --select headers/cps", "did you mean headers/csp?"),
        ("scan --ignore nothing/at/all", "wallwalk checks"),
        ("scan --changed-since v1", "git"),
        ("checks nothing-like-it", "wallwalk checks"),
        ("checks --format yaml", "json"),
        ("replay nowhere.sarif 0123456789", "nowhere.sarif"),
        ("replay nowhere.sarif", "FINGERPRINT"),
        ("login", "--config"),
        ("schema extra", "extra"),
        ("demo --offline", "--offline"),
    ],
)
def test_one_line_says_what_is_wrong(typed, words: str, said: str) -> None:
    ended = typed(*shlex.split(words))

    assert ended.code == 2
    assert ended.out == ""
    assert said in ended.err
    assert ended.err.startswith("wallwalk: ")
    assert ended.err.count("\n") == 1


def test_what_is_wrong_is_said_without_what_a_terminal_obeys(typed) -> None:
    ended = typed("scan", "no\nsuch\x1b]0;folder")

    assert ended.code == 2
    assert ended.err.count("\n") == 1
    assert "\x1b" not in ended.err


def test_a_mistake_leaves_nothing_behind(typed) -> None:
    typed("scan", "nowhere")
    typed("scan", "--select", "no/such")

    assert list(Path.cwd().iterdir()) == []


def test_a_wrong_targets_file_is_named_with_its_line_and_the_right_key(typed) -> None:
    Path("targets.yaml").write_text(
        "version: 1\ntargets:\n  - name: a\n    urll: http://127.0.0.1\n"
    )

    ended = typed("scan", "--config", "targets.yaml")

    assert ended.code == 2
    assert "targets.yaml:4: " in ended.err
    assert "url" in ended.err


def test_help_names_every_command_and_exit_code(typed) -> None:
    ended = typed("--help")

    assert ended.code == 0
    assert ended.err == ""
    for word in ("scan", "demo", "checks", "login", "replay", "schema", "doctor", "130"):
        assert word in ended.out


@pytest.mark.parametrize(
    "command", ["scan", "demo", "checks", "login", "replay", "schema", "doctor"]
)
def test_every_command_has_help(typed, command: str) -> None:
    ended = typed(command, "-h")

    assert ended.code == 0
    assert f"Usage: wallwalk {command}" in ended.out


def test_the_help_of_scan_has_every_option_of_the_contract_that_is_built(typed) -> None:
    shown = typed("scan", "--help").out

    for option in """
        --no-source --config --target --profile --select --ignore --env --offline
        --changed-since --format --output-dir --output --fail-on --max-requests --rate --timeout
        --max-time --jobs --start --allow-incomplete -q -v --no-progress
    """.split():
        assert f"{option} " in shown or f"{option}," in shown
    for option in ("--baseline", "--shard"):
        assert option not in shown


def test_without_a_command_the_help_is_shown_and_fails(typed) -> None:
    ended = typed()

    assert ended.code == 2
    assert "Usage: wallwalk" in ended.out


def test_the_version_is_told(typed) -> None:
    assert typed("--version").out.startswith("wallwalk")


def test_the_installed_command_says_it_too(tmp_path: Path) -> None:
    done = wallwalk("scan", "--shard", "1/2", cwd=tmp_path)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "wallwalk: --shard is not built yet; see `wallwalk scan --help`\n"

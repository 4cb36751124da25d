"""`wallwalk checks`, `schema` and `doctor`."""

import json
from pathlib import Path

import pytest
from command import wallwalk

from scanner.contract import discover

ROOT = Path(__file__).resolve().parents[3]


def test_all_checks_are_listed_one_a_line(typed) -> None:
    ended = typed("checks")

    listed = [line.split()[0] for line in ended.out.splitlines()]
    assert ended.code == 0
    assert listed == [check.id for check in discover("checks").checks]


@pytest.mark.parametrize(
    ("pattern", "room"), [("headers", "headers/"), ("cors/", "cors/"), ("tokens/*", "tokens/")]
)
def test_a_room_or_a_pattern_chooses_checks(typed, pattern: str, room: str) -> None:
    listed = [line.split()[0] for line in typed("checks", pattern).out.splitlines()]

    assert listed == [c.id for c in discover("checks").checks if c.id.startswith(room)]
    assert len(listed) > 1


def test_a_pattern_that_fits_one_check_explains_it(typed) -> None:
    ended = typed("checks", "*/secret-in-*")

    assert "container/secret-in-env" in ended.out
    assert "Why it matters" in ended.out


@pytest.mark.parametrize("name", ["headers/csp", "headers/hsts/short", "bandit/B602"])
def test_a_check_or_a_rule_of_it_is_explained(typed, name: str) -> None:
    ended = typed("checks", name)

    assert ended.code == 0
    for heading in ("Why it matters", "How to fix it", "References"):
        assert heading in ended.out


def test_checks_can_be_had_as_json(typed) -> None:
    (one,) = json.loads(typed("checks", "headers/csp", "--format", "json").out)

    assert (one["id"], one["looksAt"], one["probes"]) == ("headers/csp", "target", "passive")
    assert one["rules"][0]["cwe"] == 693
    assert "## How to fix it" in one["help"]


def test_every_check_can_be_had_as_json(typed) -> None:
    everything = json.loads(typed("checks", "--format", "json").out)

    assert [one["id"] for one in everything] == [c.id for c in discover("checks").checks]


def test_the_schema_is_the_one_in_the_documentation(typed) -> None:
    ended = typed("schema")

    assert ended.code == 0
    assert ended.out == (ROOT / "docs" / "targets.schema.json").read_text()


def test_doctor_names_every_engine_and_its_version(typed) -> None:
    ended = typed("doctor")

    assert ended.code == 0
    for part in ("Python", "git", "bandit", "pip-audit", "OpenSSL", "Chromium"):
        assert any(line.split()[0] == part for line in ended.out.splitlines())


def test_doctor_says_what_a_missing_engine_costs_and_how_to_get_it(tmp_path: Path) -> None:
    done = wallwalk("doctor", cwd=tmp_path, env={"PATH": str(tmp_path)})

    assert done.returncode == 0
    assert "git        MISSING: files are walked instead of listed" in done.stdout
    assert "to install it: apt-get install git" in done.stdout

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from reports import sarif
from scanner.model import (
    AtUrl,
    CheckRun,
    Exchange,
    Finding,
    InFile,
    Outcome,
    Report,
    Rule,
    Severity,
)
from scanner.proof import from_data

Keeps = Callable[[str], dict[str, Any]]
BESIDE = Path(__file__).parents[2].parent / "shared" / "sarif-schema-2.1.0.json"
SCHEMA = Path(os.environ.get("WALLWALK_SARIF_SCHEMA", BESIDE))


@pytest.fixture(scope="module")
def schema() -> Any:
    """The official schema, strictly; a clone without it beside it has GitHub's rules alone."""
    if not SCHEMA.exists() and "WALLWALK_SARIF_SCHEMA" not in os.environ:
        return jsonschema_rs.Draft4Validator(True)
    official = json.loads(SCHEMA.read_text())
    return jsonschema_rs.Draft4Validator(official, validate_formats=True)


@pytest.fixture
def good(schema: Any, keeps_github_rules: Keeps) -> Keeps:
    """Parses a SARIF file that the schema and GitHub would take; fails for any other."""

    def check(text: str) -> dict[str, Any]:
        log = keeps_github_rules(text)
        schema.validate(log)
        return log

    return check


def run_of(log: dict[str, Any], family: str) -> dict[str, Any]:
    (run,) = (r for r in log["runs"] if r["automationDetails"]["id"] == f"wallwalk/{family}/")
    return run  # type: ignore[no-any-return]


def test_each_family_that_was_planned_has_a_run(sample_report: Report, good: Keeps) -> None:
    log = good(sarif.render(sample_report))

    assert [run["automationDetails"]["id"] for run in log["runs"]] == [
        "wallwalk/code/",
        "wallwalk/container/",
        "wallwalk/dependencies/",
        "wallwalk/live/api/",
        "wallwalk/live/shop/",
    ]
    assert run_of(log, "container")["results"] == []
    assert run_of(log, "live/api")["results"] == []


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("uri", "https://shop.example/"),
        ("uri", "a b.py"),
        ("uri", "../a.py"),
        ("startLine", 0),
        ("primaryLocationLineHash", "none"),
        ("security-severity", "high"),
        ("id", ""),
        ("ruleIndex", 7),
    ],
)
def test_the_rules_we_test_with_refuse_what_github_refuses(
    sample_report: Report, keeps_github_rules: Keeps, place: str, value: object
) -> None:
    def spoil(node: Any) -> Any:
        if isinstance(node, list):
            return [spoil(item) for item in node]
        if isinstance(node, dict):
            return {key: value if key == place else spoil(item) for key, item in node.items()}
        return node

    log = json.dumps(spoil(json.loads(sarif.render(sample_report))))

    with pytest.raises(AssertionError):
        keeps_github_rules(log)


def test_the_same_report_gives_the_same_bytes(sample_report: Report) -> None:
    shuffled = replace(sample_report, runs=sample_report.runs[::-1])

    assert sarif.render(sample_report) == sarif.render(shuffled)


def test_a_live_result_carries_request_answer_proof_and_curl_line(
    sample_report: Report, good: Keeps
) -> None:
    log = good(sarif.render(sample_report))
    (sql,) = (r for r in run_of(log, "live/shop")["results"] if r["ruleId"] == "injection/sql")

    assert sql["level"] == "error"
    assert sql["webRequest"] == {
        "method": "GET",
        "target": "/search?q=%27",
        "protocol": "HTTP",
        "version": "1.1",
        "headers": {"Host": "shop.example", "Accept": "*/*"},
    }
    assert sql["webResponse"]["statusCode"] == 500
    assert sql["webResponse"]["headers"]["Set-Cookie"] == "a=***, b=***"
    assert "syntax error" in sql["webResponse"]["body"]["text"]
    properties = sql["properties"]
    found = next(f for f in sample_report.findings if f.rule.id == "injection/sql")
    assert from_data(properties["proof"]) == found.proof
    assert properties["reproduce"] == found.curl
    assert (properties["parameter"], properties["parameterIn"]) == ("q", "query")
    assert properties["identity"] == "alice"
    assert properties["urls"] == ["http://shop.example/search?q=1"]
    assert sql["partialFingerprints"]["wallwalk/v1"] == found.fingerprint
    assert sql["locations"][0]["logicalLocations"][0]["kind"] == "endpoint"


def test_a_live_result_hangs_on_the_targets_line_in_the_repository(
    sample_report: Report, good: Keeps
) -> None:
    log = good(sarif.render(sample_report))
    place = run_of(log, "live/shop")["results"][0]["locations"][0]["physicalLocation"]

    assert place["artifactLocation"]["uri"] == "deploy/targets.yaml"
    assert place["region"]["startLine"] == 4


@pytest.mark.parametrize("declared", ["", "/etc/targets.yaml", "../targets.yaml", "C:\\t.yaml"])
def test_a_target_declared_elsewhere_gets_a_path_that_says_what_was_asked(
    sample_report: Report, good: Keeps, declared: str
) -> None:
    targets = tuple(replace(target, declared_in=declared) for target in sample_report.targets)
    log = good(sarif.render(replace(sample_report, targets=targets)))
    (sql,) = (r for r in run_of(log, "live/shop")["results"] if r["ruleId"] == "injection/sql")
    place = sql["locations"][0]["physicalLocation"]

    assert place["artifactLocation"]["uri"] == "wallwalk/shop/GET/search"
    assert place["region"]["startLine"] == place["region"]["startColumn"] == 1


def test_a_source_result_keeps_githubs_own_line_hash(sample_report: Report, good: Keeps) -> None:
    log = good(sarif.render(sample_report))
    (shell,) = run_of(log, "code")["results"]

    assert shell["partialFingerprints"]["primaryLocationLineHash"] == "0123456789abcdef:1"
    place = shell["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "app/run.py"
    assert (place["region"]["startLine"], place["region"]["startColumn"]) == (12, 5)
    assert place["region"]["snippet"]["text"] == "    subprocess.run(cmd, shell=True)"


def test_further_places_are_linked_from_the_message(sample_report: Report, good: Keeps) -> None:
    log = good(sarif.render(sample_report))
    csp = next(r for r in run_of(log, "live/shop")["results"] if r["ruleId"] == "headers/csp")

    assert "[GET http://shop.example/about](1)" in csp["message"]["text"]
    assert [one["id"] for one in csp["relatedLocations"]] == [1, 2]
    assert len(csp["properties"]["urls"]) == 3
    assert len(csp["locations"][0]["logicalLocations"]) == 3


def test_a_suppression_is_written_with_status_and_reason(
    sample_report: Report, good: Keeps
) -> None:
    log = good(sarif.render(sample_report))
    (quiet,) = (r for r in run_of(log, "live/shop")["results"] if "suppressions" in r)

    assert quiet["suppressions"] == [
        {"kind": "external", "status": "accepted", "justification": "being retired, SEC-142"}
    ]


def test_an_incomplete_family_is_not_successful_and_says_why(
    sample_report: Report, good: Keeps
) -> None:
    log = good(sarif.render(sample_report))
    invocation = run_of(log, "dependencies")["invocations"][0]

    assert invocation["executionSuccessful"] is False
    assert invocation["exitCode"] == 3
    first = invocation["toolExecutionNotifications"][0]
    assert first["descriptor"]["id"] == "incomplete"
    assert first["associatedRule"]["id"] == "dependencies/python"
    assert "2 of 9 packages had no answer" in first["message"]["text"]
    assert "pin acme-core" in first["message"]["text"]
    assert run_of(log, "code")["invocations"][0]["executionSuccessful"] is True


def test_an_accepted_gap_is_named_and_leaves_the_run_successful(
    sample_report: Report, good: Keeps
) -> None:
    log = good(sarif.render(sample_report))
    invocation = run_of(log, "live/shop")["invocations"][0]

    assert invocation["executionSuccessful"] is True
    assert invocation["toolExecutionNotifications"][0]["descriptor"]["id"] == "accepted-incomplete"


def test_an_interrupted_scan_has_no_successful_run(sample_report: Report, good: Keeps) -> None:
    log = good(sarif.render(replace(sample_report, interrupted=True)))

    assert not any(run["invocations"][0]["executionSuccessful"] for run in log["runs"])


def test_outcomes_and_what_was_not_planned_are_listed(sample_report: Report, good: Keeps) -> None:
    log = good(sarif.render(replace(sample_report, partial=("--select injection",))))
    properties = run_of(log, "live/shop")["properties"]

    outcomes = {one["check"]: one["outcome"] for one in properties["outcomes"]}
    assert outcomes["headers/hsts"] == "passed"
    assert outcomes["access/other-users-object"] == "incomplete"
    assert {one["check"] for one in properties["notPlanned"]} == {"limits/login", "tokens/alg-none"}
    assert properties["partial"] is True


def test_a_complete_scan_is_not_partial(sample_report: Report, good: Keeps) -> None:
    log = good(sarif.render(sample_report))

    assert not any("partial" in run["properties"] for run in log["runs"])


def test_rules_of_checks_are_always_listed_and_those_of_tools_when_used(
    sample_report: Report, good: Keeps
) -> None:
    unused = Rule("bandit/B101", "assert", Severity.LOW, engine="bandit")
    log = good(sarif.render(replace(sample_report, rules=(*sample_report.rules, unused))))

    def ids(family: str) -> list[str]:
        return [rule["id"] for rule in run_of(log, family)["tool"]["driver"]["rules"]]

    assert ids("code") == ["bandit/B602", "code/bandit"]
    assert ids("container") == ["container/root"]
    assert ids("live/api") == ["headers/hsts"]


def test_rules_carry_severity_cwe_and_tags(sample_report: Report, good: Keeps) -> None:
    log = good(sarif.render(sample_report))
    run = run_of(log, "live/shop")
    (sql,) = (r for r in run["tool"]["driver"]["rules"] if r["id"] == "injection/sql")

    assert sql["properties"]["security-severity"] == "9.5"
    assert sql["properties"]["tags"] == [
        "security",
        "external/cwe/cwe-089",
        "injection",
        "A03:2021",
        "ASVS-5.0.0-1.2.4",
    ]
    assert sql["relationships"][0]["target"]["id"] == "CWE-89"
    assert "CWE-89" in [taxon["id"] for taxon in run["taxonomies"][0]["taxa"]]
    advisory = run_of(log, "dependencies")["tool"]["driver"]["rules"][0]
    assert advisory["properties"]["security-severity"] == "8.8"


@pytest.mark.parametrize(
    ("severity", "level", "score"),
    [
        (Severity.CRITICAL, "error", "9.5"),
        (Severity.HIGH, "error", "8.0"),
        (Severity.MEDIUM, "warning", "5.5"),
        (Severity.LOW, "note", "2.0"),
    ],
)
def test_levels_are_written_even_where_they_are_the_default(
    changed: Callable[..., Report], good: Keeps, severity: Severity, level: str, score: str
) -> None:
    rule = Rule("code/bandit", "x", severity)
    finding = Finding(rule, "x", InFile("a.py"))
    run = CheckRun("code/bandit", "x", "source", False, Outcome.FAILED, (finding,))
    (only,) = good(sarif.render(changed(runs=(run,), rules=(rule,))))["runs"]

    assert only["results"][0]["level"] == level
    assert only["tool"]["driver"]["rules"][0]["defaultConfiguration"]["level"] == level
    assert only["tool"]["driver"]["rules"][0]["properties"]["security-severity"] == score


def test_engines_are_extensions_of_the_tool(sample_report: Report, good: Keeps) -> None:
    log = good(sarif.render(sample_report))

    assert {"name": "bandit", "version": "1.9.4"} in run_of(log, "code")["tool"]["extensions"]


def test_more_than_twenty_families_are_split(changed: Callable[..., Report], good: Keeps) -> None:
    runs = tuple(
        CheckRun("headers/hsts", "x", f"t{number:02}", True, Outcome.PASSED) for number in range(45)
    )
    report = changed(runs=runs)
    parts = [good(sarif.render(part)) for part in sarif.split(report)]

    assert [len(part["runs"]) for part in parts] == [20, 20, 5]
    with pytest.raises(ValueError, match="split"):
        sarif.render(report)


def test_a_report_that_fits_is_not_split(sample_report: Report) -> None:
    assert sarif.split(sample_report) == (sample_report,)


def test_evidence_is_cut_until_the_file_fits_and_that_is_said(
    changed: Callable[..., Report], good: Keeps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sarif, "LARGEST_FILE", 20_000)
    found = changed().findings[0]
    answers = [f"HTTP/1.1 200 OK\n\n{os.urandom(4_000).hex()}" for _ in range(5)]
    heavy = tuple(replace(found, evidence=(Exchange("GET / HTTP/1.1", a),)) for a in answers)
    run = CheckRun("injection/sql", "x", "shop", True, Outcome.FAILED, heavy)
    (only,) = good(sarif.render(changed(runs=(run,))))["runs"]

    assert len(only["results"]) == 5
    assert only["properties"]["cut"]
    told = [n["descriptor"]["id"] for n in only["invocations"][0]["toolExecutionNotifications"]]
    assert "cut" in told


def test_results_over_the_limit_are_cut_gravest_kept(
    changed: Callable[..., Report], good: Keeps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sarif, "_LESS_AND_LESS", (sarif._Room(2, 100),))
    low, high = Rule("code/a", "a", Severity.LOW), Rule("code/b", "b", Severity.HIGH)
    found = tuple(Finding(r, "x", InFile("a.py", n)) for n in (1, 2, 3) for r in (low, high))
    run = CheckRun("code/a", "x", "source", False, Outcome.FAILED, found)
    (only,) = good(sarif.render(changed(runs=(run,))))["runs"]

    assert [result["ruleId"] for result in only["results"]] == ["code/b", "code/b"]
    assert "4 results" in only["properties"]["cut"][0]


def test_texts_from_outside_stay_texts(nasty: Report, good: Keeps) -> None:
    text = sarif.render(nasty)
    log = good(text)

    assert text.isascii()
    json.dumps(log, ensure_ascii=False).encode()
    for run in log["runs"]:
        for result in run["results"]:
            assert "\x1b" not in result["message"]["text"]
            assert "\u202e" not in result["message"]["text"]


def test_a_scan_of_nothing_is_still_a_sarif_file(
    changed: Callable[..., Report], good: Keeps
) -> None:
    assert good(sarif.render(changed(runs=())))["runs"] == []


def test_places_with_odd_names_have_a_good_uri(changed: Callable[..., Report], good: Keeps) -> None:
    paths = ["a b/c:d.py", "x:y.py", "a\nb.py", "caf\udce9.py", "../up.py", "ü.py", "%41.py"]
    rule = Rule("code/a", "a", Severity.LOW)
    found = [Finding(rule, "x", InFile(path)) for path in paths]
    live = Finding(rule, "x", AtUrl("t", "GET", "http://t/", route="/a/../b//{id}"))
    runs = (
        CheckRun("code/a", "x", "source", False, Outcome.FAILED, tuple(found)),
        CheckRun("code/a", "x", "t", True, Outcome.FAILED, (live,)),
    )
    log = good(sarif.render(changed(runs=runs)))

    assert len(log["runs"][0]["results"]) == len(paths)
    place = log["runs"][1]["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "wallwalk/t/GET/a/%2E%2E/b//%7Bid%7D"

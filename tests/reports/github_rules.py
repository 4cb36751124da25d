"""What GitHub code scanning asks of a SARIF file beyond the schema (its docs, "SARIF support for
code scanning" and "SARIF results exceed one or more limits"), as one assertion."""

from __future__ import annotations

import gzip
import json
import re
from typing import Any
from urllib.parse import unquote


def keeps_github_rules(text: str) -> dict[str, Any]:
    """The parsed file; fails with the first rule that it breaks."""
    log: dict[str, Any] = json.loads(text)
    assert log["$schema"]
    assert log["version"] == "2.1.0"
    assert len(log["runs"]) <= 20
    assert len(gzip.compress(text.encode())) < 10_000_000
    categories = [run["automationDetails"]["id"].rpartition("/")[0] for run in log["runs"]]
    assert all(categories)
    assert len(set(categories)) == len(categories), "two runs of one tool with one category"
    for run in log["runs"]:
        _tool(run["tool"])
        _invocation(run)
        assert len(run["results"]) <= 25_000
        for result in run["results"]:
            _result(result, run["tool"]["driver"]["rules"])
    return log


def _tool(tool: dict[str, Any]) -> None:
    driver = tool["driver"]
    assert driver["name"]
    assert driver["semanticVersion"]
    assert len(driver["rules"]) <= 25_000
    assert len(tool.get("extensions", [])) <= 100
    ids = [rule["id"] for rule in driver["rules"]]
    assert len(set(ids)) == len(ids)
    for described in (*driver["rules"], *driver["notifications"]):
        assert described["id"]
        assert len(described["name"]) <= 255
        assert 0 < len(described["shortDescription"]["text"]) <= 1024
        assert 0 < len(described["fullDescription"]["text"]) <= 1024
        assert described["help"]["text"]
        assert described["help"]["markdown"]
    for rule in driver["rules"]:
        properties = rule["properties"]
        assert re.fullmatch(r"\d+\.\d", properties["security-severity"])
        assert 0 < float(properties["security-severity"]) <= 10
        assert "security" in properties["tags"]
        assert len(properties["tags"]) <= 10
        assert len(set(properties["tags"])) == len(properties["tags"])


def _invocation(run: dict[str, Any]) -> None:
    invocation = run["invocations"][0]
    broken = [n for n in invocation["toolExecutionNotifications"] if n["level"] == "error"]
    assert invocation["executionSuccessful"] is not bool(broken)
    known = [one["id"] for one in run["tool"]["driver"]["notifications"]]
    for notification in invocation["toolExecutionNotifications"]:
        assert notification["message"]["text"]
        assert known[notification["descriptor"]["index"]] == notification["descriptor"]["id"]


def _result(result: dict[str, Any], rules: list[dict[str, Any]]) -> None:
    assert (
        dict(enumerate(rule["id"] for rule in rules)).get(result["ruleIndex"]) == result["ruleId"]
    )
    assert result["level"] in {"error", "warning", "note"}
    assert result["kind"] == "fail"
    assert result["message"]["text"]
    related = result.get("relatedLocations", [])
    assert len(result["locations"]) == 1, "GitHub reads only the first"
    assert len(related) < 100
    for location in (*result["locations"], *related):
        _physical(location["physicalLocation"])
    ids = {location["id"] for location in related}
    links = re.findall(r"\]\(([^)]*)\)", result["message"]["text"])
    assert all(link.isdigit() and int(link) in ids for link in links)
    prints = result["partialFingerprints"]
    assert re.fullmatch(r"[0-9a-f]+:\d+", prints["primaryLocationLineHash"])
    assert re.fullmatch(r"[0-9a-f]{32}", prints["wallwalk/v1"])


def _physical(place: dict[str, Any]) -> None:
    uri = place["artifactLocation"]["uri"]
    assert re.fullmatch(r"[A-Za-z0-9._~!$&'()*+,;=:@%/-]+", uri), uri
    assert ":" not in uri.partition("/")[0], "a colon in the first segment makes a scheme"
    assert not uri.startswith("/")
    assert not {".", ".."} & set(uri.split("/"))
    assert not re.search("%(?![0-9A-F]{2})", uri)
    assert "\0" not in unquote(uri)
    region = place["region"]
    start = (region["startLine"], region["startColumn"])
    end = (region["endLine"], region["endColumn"])
    assert (1, 1) <= start < end

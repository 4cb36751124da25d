from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from reports import json as writer
from scanner.model import Report
from scanner.proof import from_data


def test_everything_that_was_found_and_not_found_is_in_it(sample_report: Report) -> None:
    data = json.loads(writer.render(sample_report))

    assert data["format"] == "wallwalk-results/1"
    assert data["exit_code"] == 3
    assert data["verdict"]["word"] == "INCOMPLETE"
    assert len(data["findings"]) == len(sample_report.findings) + len(sample_report.suppressed)
    assert len(data["outcomes"]) == len(sample_report.runs)
    assert len(data["not_planned"]) == 3
    assert [target["name"] for target in data["targets"]] == ["shop", "api"]
    assert data["engines"][0] == {"name": "bandit", "version": "1.9.4"}
    assert data["notes"] == list(sample_report.notes)


def test_every_key_is_documented(sample_report: Report) -> None:
    data = json.loads(writer.render(sample_report))

    def keys(node: Any) -> set[str]:
        if isinstance(node, list):
            return set().union(*map(keys, node))
        if isinstance(node, dict):
            inner = (value for key, value in node.items() if key != "proof")
            return set(node) | set().union(*map(keys, inner))
        return set()

    documented = set(re.findall(r"\w+", writer.__doc__ or ""))
    assert keys(data) <= documented


def test_a_proof_can_be_read_back(sample_report: Report) -> None:
    data = json.loads(writer.render(sample_report))
    first = data["findings"][0]

    assert from_data(first["proof"]) == sample_report.findings[0].proof
    assert first["fingerprint"] == sample_report.findings[0].fingerprint
    assert first["curl"] == sample_report.findings[0].curl
    assert first["evidence"][1]["status"] == 500
    assert first["where"]["kind"] == "url"
    assert first["where"]["answer_kind"] == "html"


def test_a_suppressed_finding_says_why(sample_report: Report) -> None:
    data = json.loads(writer.render(sample_report))
    (quiet,) = (one for one in data["findings"] if one["suppressed"])

    assert quiet["suppressed"] == {"reason": "being retired, SEC-142", "in": "targets file"}


def test_a_run_names_its_findings(sample_report: Report) -> None:
    data = json.loads(writer.render(sample_report))
    known = {one["fingerprint"] for one in data["findings"]}

    assert {print for one in data["outcomes"] for print in one["fingerprints"]} == known


def test_texts_from_outside_survive_as_they_are(nasty: Report) -> None:
    text = writer.render(nasty)
    data = json.loads(text)

    assert text.isascii()
    json.dumps(data, ensure_ascii=False).encode()
    message = nasty.findings[0].message
    assert data["findings"][0]["message"] == re.sub("[\ud800-\udfff]", "\ufffd", message)


@settings(deadline=None, max_examples=30)
@given(st.text(st.characters(exclude_categories=())))
def test_any_text_can_be_written(nasty_with: Callable[[str], Report], text: str) -> None:
    json.dumps(json.loads(writer.render(nasty_with(text))), ensure_ascii=False).encode()

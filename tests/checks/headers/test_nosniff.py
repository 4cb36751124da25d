"""`headers/nosniff`: answers whose type browsers may guess."""

from __future__ import annotations

import pytest
from loopback import Answer

from checks.headers.nosniff import nosniff
from scanner import Outcome


def options(value: str) -> tuple[str, str]:
    return ("X-Content-Type-Options", value)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ({}, "html"),
        ({"kind": "application/json", "body": "{}"}, "json"),
        ({"kind": "text/css"}, "static"),
        ({"kind": "application/octet-stream"}, "download"),
        ({"status": 404}, "error"),
    ],
)
def test_an_answer_without_the_header_is_found(look, answer, kind: str) -> None:
    run = look(nosniff, **answer)

    (finding,) = run.findings
    assert (finding.rule.id, finding.where.kind) == ("headers/nosniff", kind)
    assert finding.confidence == "confirmed"


@pytest.mark.parametrize(
    "values", [["nosniff"], ["NoSniff"], ["nosniff, nosniff"], ["nosniff", "x"]]
)
def test_the_first_value_counts_in_any_case(look, values) -> None:
    assert look(nosniff, *map(options, values)).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    "values", [["no-sniff"], [""], ["x, nosniff"], ["x", "nosniff"], ["nosniff;"]]
)
def test_a_value_that_browsers_do_not_know_is_found(look, values) -> None:
    run = look(nosniff, *map(options, values))

    (finding,) = run.findings
    assert finding.about == "x-content-type-options invalid"


@pytest.mark.parametrize("answer", [{"status": 302}, {"body": ""}])
def test_an_answer_without_content_needs_none(look, answer) -> None:
    assert look(nosniff, **answer).outcome is Outcome.PASSED


def test_a_target_that_breaks_off_is_incomplete(probe) -> None:
    run, _ = probe(nosniff, lambda asked: Answer("<a href=/x>x</a>") if asked.path == "/" else None)

    assert run.outcome is Outcome.INCOMPLETE
    assert len(run.findings) == 1

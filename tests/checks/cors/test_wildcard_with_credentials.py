"""`cors/wildcard-with-credentials`: a pair of headers that browsers refuse."""

from collections.abc import Callable
from typing import Any

import pytest
from loopback import Answer, Asked

from checks.cors.wildcard_with_credentials import wildcard_with_credentials
from scanner.model import CheckRun, Outcome

ANY = ("Access-Control-Allow-Origin", "*")
CREDENTIALS = ("Access-Control-Allow-Credentials", "true")


def test_the_pair_is_found_once_for_a_folder_and_kind(scan_mail: Callable[..., CheckRun]) -> None:
    run = scan_mail(wildcard_with_credentials, lambda origin: [ANY, CREDENTIALS])

    assert run.outcome is Outcome.FAILED
    assert {finding.rule.id for finding in run.findings} == {"cors/wildcard-with-credentials"}
    assert {finding.confidence for finding in run.findings} == {"confirmed"}
    assert len(run.findings) == 2


def test_headers_that_come_only_where_an_origin_asks_are_seen(
    scan_mail: Callable[..., CheckRun],
) -> None:
    run = scan_mail(wildcard_with_credentials, lambda origin: [ANY, CREDENTIALS] if origin else [])

    assert run.outcome is Outcome.FAILED


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param([ANY], id="without credentials"),
        pytest.param([CREDENTIALS], id="credentials alone"),
        pytest.param([ANY, ("Access-Control-Allow-Credentials", "false")], id="false"),
        pytest.param([ANY, ("Access-Control-Allow-Credentials", "True")], id="not the word"),
        pytest.param(
            [("Access-Control-Allow-Origin", "https://app.example.com"), CREDENTIALS],
            id="one website",
        ),
    ],
)
def test_either_alone_is_nothing(
    scan_mail: Callable[..., CheckRun], headers: list[tuple[str, str]]
) -> None:
    run = scan_mail(wildcard_with_credentials, lambda origin: headers)

    assert (run.outcome, run.notes) == (Outcome.PASSED, ())


def test_nothing_to_read_is_not_applicable(probe: Callable[..., Any]) -> None:
    run, _ = probe(wildcard_with_credentials, lambda asked: Answer("body{}", kind="text/css"))

    assert run.outcome is Outcome.NOT_APPLICABLE


def test_a_page_that_stops_answering_makes_it_incomplete(probe: Callable[..., Any]) -> None:
    def app(asked: Asked) -> Answer | None:
        return None if "origin" in asked.headers else Answer("Hello")

    run, _ = probe(wildcard_with_credentials, app)

    assert run.outcome is Outcome.INCOMPLETE
    assert "1 page did not answer" in run.reason

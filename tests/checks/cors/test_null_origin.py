"""`cors/null-origin`: a sandboxed frame of any website may read answers."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from loopback import Answer, Asked

from checks.cors.null_origin import null_origin
from scanner.model import AtUrl, CheckRun, Outcome

ALLOW = "Access-Control-Allow-Origin"
CREDENTIALS = ("Access-Control-Allow-Credentials", "true")


def sandboxes(origin: str) -> list[tuple[str, str]]:
    return [(ALLOW, "null"), CREDENTIALS] if origin == "null" else []


def found(run: CheckRun) -> dict[str, str]:
    """What each finding says of which path."""
    return {
        urlsplit(f.where.url).path: f.rule.id.removeprefix("cors/null-origin").strip("/")
        for f in run.findings
        if isinstance(f.where, AtUrl)
    }


def test_what_a_session_opens_to_a_sandbox_is_high(scan_mail: Callable[..., CheckRun]) -> None:
    run = scan_mail(null_origin, sandboxes)

    assert found(run) == {
        "/mail/letters.json": "with-credentials",
        "/news/all.json": "without-session",
    }
    assert {finding.confidence for finding in run.findings} == {"confirmed"}


def test_same_site_lowers_it(scan_mail: Callable[..., CheckRun]) -> None:
    run = scan_mail(null_origin, sandboxes, flags="; SameSite=Lax")

    assert found(run)["/mail/letters.json"] == ""


def test_null_for_everybody_is_the_same_to_a_sandbox(scan_mail: Callable[..., CheckRun]) -> None:
    run = scan_mail(null_origin, lambda origin: [(ALLOW, "null"), CREDENTIALS], known=False)

    assert set(found(run).values()) == {""}


def test_without_credentials_it_is_low(scan_mail: Callable[..., CheckRun]) -> None:
    run = scan_mail(null_origin, lambda origin: [(ALLOW, "null")])

    assert set(found(run).values()) == {"without-session"}


def test_what_reflects_every_origin_is_left_to_another_check(
    scan_mail: Callable[..., CheckRun],
) -> None:
    run = scan_mail(null_origin, lambda origin: [(ALLOW, origin), CREDENTIALS] if origin else [])

    assert run.outcome is Outcome.PASSED


@pytest.mark.parametrize("allowed", ["*", "https://app.example.com", "NULL", ""])
def test_other_values_do_not_allow_a_sandbox(
    scan_mail: Callable[..., CheckRun], allowed: str
) -> None:
    run = scan_mail(null_origin, lambda origin: [(ALLOW, allowed), CREDENTIALS])

    assert run.outcome is Outcome.PASSED


def test_nothing_to_read_is_not_applicable(probe: Callable[..., Any]) -> None:
    run, _ = probe(null_origin, lambda asked: Answer("body{}", kind="text/css"))

    assert run.outcome is Outcome.NOT_APPLICABLE


def test_a_page_that_stops_answering_makes_it_incomplete(probe: Callable[..., Any]) -> None:
    def app(asked: Asked) -> Answer | None:
        return None if "origin" in asked.headers else Answer("Hello")

    run, _ = probe(null_origin, app)

    assert run.outcome is Outcome.INCOMPLETE
    assert "1 page did not answer" in run.reason

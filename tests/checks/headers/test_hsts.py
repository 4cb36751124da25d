"""`headers/hsts`: https answers after which browsers would still ask over http."""

from __future__ import annotations

import pytest
from loopback import Answer

from checks.headers.hsts import hsts, max_age
from scanner import Outcome

YEAR = 365 * 24 * 60 * 60


def sts(value: str) -> tuple[str, str]:
    return ("Strict-Transport-Security", value)


def told(run) -> list[tuple[str, str]]:
    return [(finding.rule.id, finding.about.split()[-1]) for finding in run.findings]


def test_an_https_answer_without_the_header_is_found(look, https) -> None:
    run = look(hsts, **https)

    (finding,) = run.findings
    assert finding.where.url.endswith("/shop/")
    assert finding.rule.id == "headers/hsts"
    assert finding.confidence == "confirmed"


@pytest.mark.parametrize(
    "value",
    [
        f"max-age={YEAR}",
        f'MAX-AGE="{YEAR}" ; includeSubDomains; preload',
        f"; max-age = {YEAR};; unheard-of=1;",
    ],
)
def test_a_year_is_enough(look, https, value: str) -> None:
    assert look(hsts, sts(value), **https).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("values", "rule", "fault"),
    [
        (["max-age=0"], "headers/hsts", "off"),
        (["max-age=00"], "headers/hsts", "off"),
        (["includeSubDomains"], "headers/hsts", "invalid"),
        (["max-age=-1"], "headers/hsts", "invalid"),
        (["max-age=one year"], "headers/hsts", "invalid"),
        ([f"max-age={YEAR}, includeSubDomains"], "headers/hsts", "invalid"),
        ([f"max-age={YEAR} includeSubDomains"], "headers/hsts", "invalid"),
        ([f"max-age={YEAR}; max-age={YEAR}"], "headers/hsts", "invalid"),
        ([""], "headers/hsts", "invalid"),
        ([f"max-age={YEAR - 1}"], "headers/hsts/short", "short"),
        # browsers read the first of several only
        (["max-age=60", f"max-age={YEAR}"], "headers/hsts/short", "short"),
        (["nonsense", f"max-age={YEAR}"], "headers/hsts", "invalid"),
    ],
)
def test_a_header_that_does_not_hold_is_found(look, https, values, rule, fault) -> None:
    run = look(hsts, *map(sts, values), **https)

    assert told(run) == [(rule, fault)]


def test_a_second_header_does_not_spoil_a_good_first_one(look, https) -> None:
    run = look(hsts, sts(f"max-age={YEAR}"), sts("max-age=0"), **https)

    assert run.outcome is Outcome.PASSED


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 302},
        {"status": 404},
        {"status": 500, "body": ""},
        {"kind": "application/json", "body": "{}"},
    ],
)
def test_every_kind_of_answer_needs_it(look, https, answer) -> None:
    assert len(look(hsts, **answer, **https).findings) == 1


def test_over_http_there_is_nothing_to_judge(look) -> None:
    run = look(hsts)

    assert run.outcome is Outcome.NOT_APPLICABLE
    assert "https" in run.reason


def test_a_number_of_any_length_is_read() -> None:
    assert max_age("max-age=" + "9" * 10_000) == int("9" * 20)


def test_a_target_that_breaks_off_is_incomplete(probe, https) -> None:
    run, _ = probe(
        hsts, lambda asked: Answer("<a href=/x>x</a>") if asked.path == "/" else None, **https
    )

    assert run.outcome is Outcome.INCOMPLETE
    assert [finding.where.url[-1] for finding in run.findings] == ["/"]

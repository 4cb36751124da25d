"""`headers/framing`: pages that a hostile site can lay over its own."""

from __future__ import annotations

import pytest
from loopback import Answer

from checks.headers.framing import framing
from scanner import Outcome


def options(value: str) -> tuple[str, str]:
    return ("X-Frame-Options", value)


def policy(value: str) -> tuple[str, str]:
    return ("Content-Security-Policy", value)


OPEN = {
    "nothing at all": [],
    "a policy about other things": [policy("default-src 'none'")],
    "two policies about other things": [policy("default-src 'none', img-src *"), policy("x y")],
    "an empty policy": [policy("")],
    "ALLOW-FROM": [options("ALLOW-FROM https://partner.example")],
    "a word that browsers do not know": [options("none")],
    "an empty value": [options("")],
    "two words that browsers do not know": [options("none"), options("allow-from x")],
    "ALLOWALL": [options("allowall")],
    "frame-ancestors for everybody": [policy("frame-ancestors *")],
    "frame-ancestors for all of https": [policy("frame-ancestors 'self' https:")],
    "frame-ancestors before DENY": [policy("FRAME-ANCESTORS https://*"), options("DENY")],
    "two policies for everybody": [policy("frame-ancestors *, frame-ancestors http:")],
    "only a report": [("Content-Security-Policy-Report-Only", "frame-ancestors 'none'")],
    "a longer name": [policy("frame-ancestors-x 'none'")],
}
CLOSED = {
    "DENY": [options("DENY")],
    "sameorigin": [options("sameorigin")],
    "twice the same": [options("SAMEORIGIN"), options("sameorigin")],
    "a contradiction": [options("DENY, SAMEORIGIN")],
    "a contradiction over two lines": [options("allowall"), options("x")],
    "a known word beside an unknown one": [options("sameorigin, allow-from x")],
    "frame-ancestors without the old header": [policy("default-src *; frame-ancestors 'self'")],
    "frame-ancestors for nobody": [policy("frame-ancestors")],
    "frame-ancestors for one partner": [policy("frame-ancestors https://*.partner.example")],
    "one policy for all and one for none": [
        policy("frame-ancestors *"),
        policy("frame-ancestors 'none'"),
    ],
    "frame-ancestors before an old value": [
        policy("frame-ancestors 'self'"),
        options("ALLOW-FROM x"),
    ],
}


@pytest.mark.parametrize("headers", OPEN.values(), ids=OPEN)
def test_a_page_that_everybody_may_frame_is_found(look, headers) -> None:
    run = look(framing, *headers)

    (finding,) = run.findings
    assert finding.rule.id == "headers/framing"
    assert finding.where.url.endswith("/shop/")
    assert finding.confidence == "confirmed"


@pytest.mark.parametrize("headers", CLOSED.values(), ids=CLOSED)
def test_a_page_that_says_who_may_frame_it_passes(look, headers) -> None:
    run = look(framing, *headers)

    assert (run.outcome, run.findings, run.notes) == (Outcome.PASSED, (), ())


def test_a_meta_element_cannot_forbid_frames(look) -> None:
    body = (
        "<head><meta http-equiv=Content-Security-Policy content=\"frame-ancestors 'none'\"></head>"
    )

    assert len(look(framing, body=body).findings) == 1


def test_an_error_page_counts_where_there_is_a_form_on_it(look) -> None:
    assert look(framing, status=404).outcome is Outcome.PASSED
    assert len(look(framing, status=401, body="<FORM method=post></FORM>").findings) == 1


@pytest.mark.parametrize("answer", [{"kind": "application/json"}, {"kind": "image/png"}])
def test_only_pages_are_judged(look, answer) -> None:
    assert look(framing, **answer).outcome is Outcome.PASSED


def test_a_redirect_is_never_shown(look) -> None:
    assert look(framing, ("Location", "/"), status=302).outcome is Outcome.PASSED


def test_a_site_without_pages_has_nothing_to_look_at(probe) -> None:
    run, _ = probe(framing, lambda asked: Answer("{}", kind="application/json"))

    assert run.outcome is Outcome.NOT_APPLICABLE


def test_a_target_that_does_not_answer_is_incomplete(probe) -> None:
    assert probe(framing, None)[0].outcome is Outcome.INCOMPLETE

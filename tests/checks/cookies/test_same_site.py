"""`cookies/same-site`: session cookies that go along with the requests of other sites."""

from __future__ import annotations

import pytest

from checks.cookies.same_site import same_site
from scanner import Outcome

SID = "session=9f86d081884c7d659a2feaf0c55ad015"


@pytest.mark.parametrize(
    ("flags", "rule"),
    [
        ("; SameSite=None; Secure", "cookies/same-site"),
        ("; samesite = NONE ", "cookies/same-site"),
        ("; SameSite=Lax; SameSite=None", "cookies/same-site"),
        ("", "cookies/same-site/missing"),
        ("; SameSite", "cookies/same-site/missing"),
        ("; SameSite=Laxx", "cookies/same-site/missing"),
        ("; SameSite=Strict, Lax", "cookies/same-site/missing"),
        ("; SameSite=Strict; SameSite=whatever", "cookies/same-site/missing"),
    ],
)
def test_a_cookie_that_other_sites_requests_carry_is_found(look, flags: str, rule: str) -> None:
    run = look(same_site, SID + flags)

    (finding,) = run.findings
    assert finding.rule.id == rule
    assert finding.confidence == "confirmed"


@pytest.mark.parametrize(
    "flags", ["; SameSite=Lax", ";samesite=STRICT", "; SameSite=x; SameSite=Lax"]
)
def test_lax_and_strict_pass(look, flags: str) -> None:
    assert look(same_site, SID + flags).outcome is Outcome.PASSED


@pytest.mark.parametrize("line", ["theme=dark; SameSite=None", "csrftoken=9f86d081884c7d65", ""])
def test_what_is_no_session_is_nothing_to_look_at(look, line: str) -> None:
    assert look(same_site, line).outcome is Outcome.NOT_APPLICABLE


def expecting(value: str) -> dict[str, object]:
    return {"expect": {"cookies": {"session": {"samesite": value}}}}


@pytest.mark.parametrize(
    "flags", ["; SameSite=None; Secure", "", "; SameSite=Lax", "; SameSite=Strict"]
)
def test_the_targets_file_can_allow_none(look, flags: str) -> None:
    assert look(same_site, SID + flags, **expecting("none")).outcome is Outcome.PASSED


@pytest.mark.parametrize("flags", ["", "; SameSite=None", "; SameSite=Lax"])
def test_the_targets_file_can_ask_for_strict(look, flags: str) -> None:
    run = look(same_site, SID + flags, **expecting("strict"))

    (finding,) = run.findings
    assert finding.rule.id == "cookies/same-site"
    assert "the targets file asks for strict" in finding.message


def test_strict_is_strict_enough(look) -> None:
    run = look(same_site, f"{SID}; SameSite=Strict", **expecting("strict"))

    assert run.outcome is Outcome.PASSED


def test_a_target_that_does_not_answer_is_incomplete(probe) -> None:
    assert probe(same_site, None)[0].outcome is Outcome.INCOMPLETE

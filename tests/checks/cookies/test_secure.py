"""`cookies/secure`: session cookies that also travel over plain http."""

from __future__ import annotations

import pytest
from loopback import Answer, Asked

from checks.cookies.secure import secure
from scanner import Outcome

HEX = "9f86d081884c7d659a2feaf0c55ad015"


@pytest.mark.parametrize("flags", ["", "; HttpOnly; SameSite=Lax", "; Path=/secure", "; x=secure"])
def test_a_session_cookie_without_the_attribute_is_found(look, https, flags: str) -> None:
    run = look(secure, f"session={HEX}{flags}", **https)

    (finding,) = run.findings
    assert finding.rule.id == "cookies/secure"
    assert finding.confidence == "confirmed"


@pytest.mark.parametrize("name", ["__Secure-session", "__host-session"])
def test_a_name_that_promises_it_does_not_set_it(look, https, name: str) -> None:
    run = look(secure, f"{name}={HEX}; Path=/", **https)

    (finding,) = run.findings
    assert "refuse" in finding.message


@pytest.mark.parametrize(
    "line", [f"session={HEX}; Secure", f"__Host-session={HEX};path=/;SECURE", f"id={HEX};secure=0"]
)
def test_a_session_cookie_with_the_attribute_passes(look, https, line: str) -> None:
    assert look(secure, line, **https).outcome is Outcome.PASSED


@pytest.mark.parametrize("line", ["theme=dark", f"XSRF-TOKEN={HEX}", f"session={HEX}; Max-Age=0"])
def test_what_is_no_session_is_nothing_to_look_at(look, https, line: str) -> None:
    assert look(secure, line, **https).outcome is Outcome.NOT_APPLICABLE


def test_over_http_there_is_nothing_to_judge(look) -> None:
    run = look(secure, f"session={HEX}")

    assert run.outcome is Outcome.NOT_APPLICABLE
    assert "https" in run.reason


def test_a_target_that_breaks_off_is_incomplete(probe, https) -> None:
    def app(asked: Asked) -> Answer | None:
        line = ("Set-Cookie", f"session={HEX}")
        return Answer("<a href=/x>x</a>", headers=[line]) if asked.path == "/" else None

    run, _ = probe(secure, app, **https)

    assert run.outcome is Outcome.INCOMPLETE
    assert len(run.findings) == 1

"""`cookies/http-only`: session cookies that scripts can read."""

from __future__ import annotations

import secrets

import pytest
from loopback import Answer, Asked, serving

from checks.cookies.http_only import http_only
from scanner import Outcome
from scanner.proof import LogIn

HEX = "9f86d081884c7d659a2feaf0c55ad015"
GONE = "Expires=Thu, 01 Jan 1970 00:00:00 GMT"


@pytest.mark.parametrize(
    "line",
    [
        f"session={HEX}",
        f"PHPSESSID={HEX[:26]}; path=/",
        f"connect.sid=s%3A{HEX}.{HEX}; Path=/; SameSite=Lax",
        "remember_me=alice17; Max-Age=1209600",
        f"session={HEX}; Path=/httponly",
        f"session={HEX}; x=httponly",
        f'session="{HEX}"',
        f"  session  =  {HEX} ;Secure",
        f"session={HEX}; Max-Age=3600; {GONE}",
        f"session={HEX}; Max-Age=soon; Expires=never",
    ],
)
def test_a_session_cookie_without_the_attribute_is_found(look, line: str) -> None:
    run = look(http_only, line)

    (finding,) = run.findings
    assert finding.rule.id == "cookies/http-only"
    assert finding.confidence == "confirmed"
    assert HEX not in str(finding)


@pytest.mark.parametrize(
    "lines",
    [
        [f"session={HEX}; HttpOnly"],
        [f"session={HEX};HTTPONLY"],
        [f"session={HEX}; Path=/; httponly=false"],
        # the last line that sets a cookie counts
        [f"session={HEX}; Path=/", f"session={HEX}; Path=/; HttpOnly"],
        [f"session={HEX}; Path=/; HttpOnly", "theme=dark"],
    ],
)
def test_a_session_cookie_with_the_attribute_passes(look, lines) -> None:
    run = look(http_only, *lines)

    assert (run.outcome, run.findings) == (Outcome.PASSED, ())


def test_the_same_name_at_two_paths_is_two_cookies(look) -> None:
    run = look(http_only, f"session={HEX}; Path=/", f"session={HEX}; Path=/app; HttpOnly")

    assert len(run.findings) == 1


@pytest.mark.parametrize(
    "line",
    [
        f"csrf_token={HEX}",
        "theme=dark",
        "",
        "session=",
        f"session={HEX}; Max-Age=0",
        f"session={HEX}; max-age=-1; Path=/",
        f"session={HEX}; {GONE}",
        f"session={HEX}; Max-Age=3600; Max-Age=0",
        f"session={HEX}; Max-Age=0; Max-Age=soon",
        # browsers take none of these
        f"={HEX}",
        f"session={HEX}; Domain=shop.example",
        f"__Host-session={HEX}; Path=/",
        f"__Host-session={HEX}; Path=/shop; Secure",
        f"__Host-session={HEX}; Path=/; Domain=127.0.0.1; Secure",
        f"__Secure-session={HEX}",
    ],
)
def test_what_is_no_session_is_nothing_to_look_at(look, line: str) -> None:
    run = look(http_only, line)

    assert run.findings == ()
    assert run.outcome in (Outcome.NOT_APPLICABLE, Outcome.PASSED)


def test_an_answer_of_any_kind_sets_cookies(probe) -> None:
    def app(asked: Asked) -> Answer:
        if asked.path != "/old":
            return Answer("<a href='/old'>old</a>")
        return Answer("", 302, [("Location", "/"), ("Set-Cookie", f"sid={HEX}")])

    run, _ = probe(http_only, app)

    (finding,) = run.findings
    assert finding.where.kind == "redirect"


def test_a_cookie_that_the_targets_file_names_is_judged(look) -> None:
    run = look(http_only, "who=alice", expect={"cookies": {"who": {}}})

    assert len(run.findings) == 1


LOGIN = {
    "identities": {"alice": {"username": "alice", "password": "open-sesame"}},
    "logins": {
        "web": {"form": {"url": "/login", "fields": {"u": "{username}", "p": "{password}"}}}
    },
}


def shop(cookie: str, *, in_get: bool = False, then: str = ""):
    """Logs in with a form, and sets `cookie` (with a fresh value) only there."""

    def app(asked: Asked) -> Answer:
        fields = asked.query if in_get else asked.form
        if asked.path == "/login" and fields.get("p") == "open-sesame":
            line = cookie.replace("{}", secrets.token_hex(16))
            return Answer("", 303, [("Location", "/account"), ("Set-Cookie", line)])
        if asked.path == "/login":
            method = "get" if in_get else "post"
            form = f"<form method={method}><input name=u><input name=p type=password></form>"
            return Answer(form)
        more = [("Set-Cookie", then.replace("{}", secrets.token_hex(16)))] if then else []
        return Answer("Hello alice", headers=more if asked.path == "/account" else [])

    return app


def test_a_session_cookie_that_only_the_login_sets_is_found(probe) -> None:
    run, asked = probe(http_only, shop("shop_session={}; Path=/"), **LOGIN)

    (finding,) = run.findings
    assert (finding.where.method, finding.where.kind) == ("POST", "redirect")
    assert finding.where.url.endswith("/login")
    assert finding.confidence == "confirmed"
    assert finding.proof.steps == (LogIn("alice", "POST", "/login"),)
    assert sum(one.method == "POST" for one in asked) == 2


def test_a_login_that_sets_the_attribute_passes(probe) -> None:
    run, asked = probe(http_only, shop("shop_session={}; Path=/; HttpOnly"), **LOGIN)

    assert run.outcome is Outcome.PASSED
    assert sum(one.method == "POST" for one in asked) == 1


def test_a_random_value_that_a_login_sets_is_a_session_whatever_its_name(probe) -> None:
    run, _ = probe(http_only, shop("uid={}; Path=/"), **LOGIN)

    assert len(run.findings) == 1


def test_what_a_login_leads_to_is_looked_at_too(probe) -> None:
    run, _ = probe(http_only, shop("a_session={}; HttpOnly", then="auth={}"), **LOGIN)

    assert {finding.about for finding in run.findings} == {"auth without HttpOnly"}


def test_passwords_and_sessions_stay_out_of_the_report(probe) -> None:
    run, _ = probe(http_only, shop("shop_session={}; Path=/", in_get=True), **LOGIN)

    (finding,) = run.findings
    assert finding.where.url.endswith("/login")
    assert "open-sesame" not in str(run)
    assert "Set-Cookie: shop_session=•••" in finding.evidence[0].response


def test_what_a_form_sent_and_a_login_answered_is_not_shown(probe) -> None:
    def app(asked: Asked) -> Answer:
        answer = shop("shop_session={}; Path=/")(asked)
        return (
            Answer("Dear alice, your code is 1234", 200, answer.headers) if asked.body else answer
        )

    run, _ = probe(http_only, app, **LOGIN)

    (evidence,) = run.findings[0].evidence
    assert "u=alice" not in evidence.request
    assert "your code" not in evidence.response


JSON = {"url": "/login", "body": {"u": "{username}", "p": "{password}"}}


def test_a_json_login_is_looked_at(probe) -> None:
    def app(asked: Asked) -> Answer:
        line = f"jwt={secrets.token_hex(16)}"
        return Answer("{}", headers=[("Set-Cookie", line)] if asked.path == "/login" else [])

    run, _ = probe(http_only, app, identities=LOGIN["identities"], login={"json": JSON})

    assert [finding.where.method for finding in run.findings] == ["POST"]


def test_the_cookies_of_another_host_that_one_logs_in_at_are_not_judged(probe) -> None:
    def provider(asked: Asked) -> Answer:
        return Answer('{"token": "for-alice-only"}', headers=[("Set-Cookie", f"sid={HEX}")])

    with serving(provider) as server:
        run, _ = probe(
            http_only,
            lambda asked: Answer("<h1>Hello</h1>"),
            identities=LOGIN["identities"],
            login={"json": {**JSON, "url": f"{server.url}/login", "token": "$.token"}},
            scope={"login_hosts": [f"127.0.0.1:{server.port}"]},
        )

    assert len(server.asked) == 1
    assert (run.outcome, run.findings) == (Outcome.NOT_APPLICABLE, ())


def test_a_login_that_fails_is_incomplete_and_keeps_what_pages_showed(probe) -> None:
    def app(asked: Asked) -> Answer:
        return Answer("<p>Hi</p>", headers=[("Set-Cookie", f"sid={HEX}")])

    run, _ = probe(http_only, app, **LOGIN)

    assert run.outcome is Outcome.INCOMPLETE
    assert "alice could not log in" in run.reason
    assert len(run.findings) == 1


def test_a_target_that_does_not_answer_is_incomplete(probe) -> None:
    assert probe(http_only, None)[0].outcome is Outcome.INCOMPLETE

"""`cors/reflected-origin`: whatever origin asks is allowed, and how grave that is."""

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from loopback import Answer, Asked

from checks.cors.reflected_origin import reflected_origin
from scanner.model import AtUrl, CheckRun, Outcome
from scanner.proof import Request

ALLOW = "Access-Control-Allow-Origin"
CREDENTIALS = ("Access-Control-Allow-Credentials", "true")


def everybody(origin: str) -> list[tuple[str, str]]:
    return [(ALLOW, origin), CREDENTIALS] if origin else []


def found(run: CheckRun) -> dict[str, str]:
    """What each finding says of which path."""
    return {
        urlsplit(f.where.url).path: f.rule.id.removeprefix("cors/reflected-origin").strip("/")
        for f in run.findings
        if isinstance(f.where, AtUrl)
    }


def test_what_a_session_opens_to_everybody_is_high(scan_mail: Callable[..., CheckRun]) -> None:
    run = scan_mail(reflected_origin, everybody)

    assert run.outcome is Outcome.FAILED
    assert found(run) == {
        "/mail/letters.json": "with-credentials",
        "/news/all.json": "without-session",
    }
    grave = next(f for f in run.findings if f.rule.id.endswith("with-credentials"))
    assert grave.confidence == "confirmed"
    assert [exchange.status for exchange in grave.evidence] == [200, 401, 200, 401]
    assert "WALLWALK_ALICE_TOKEN" in grave.curl


def test_a_proof_asks_with_two_new_websites(scan_mail: Callable[..., CheckRun]) -> None:
    finding = scan_mail(reflected_origin, everybody, known=False).findings[0]

    asked = [re.findall(r"(?im)^origin: (.+)$", one.request)[0] for one in finding.evidence]
    assert asked[0].endswith(".example")
    assert asked[1].endswith(".test")
    assert finding.proof is not None
    steps = [step for step in finding.proof.steps if isinstance(step, Request)]
    assert all("{" in dict(step.headers)["Origin"] for step in steps)


@pytest.mark.parametrize("flags", ["; SameSite=Lax", "; samesite=strict"])
def test_same_site_lowers_it_and_does_not_make_it_pass(
    scan_mail: Callable[..., CheckRun], flags: str
) -> None:
    run = scan_mail(reflected_origin, everybody, flags=flags)

    assert found(run)["/mail/letters.json"] == ""


def test_same_site_none_is_no_lock(scan_mail: Callable[..., CheckRun]) -> None:
    run = scan_mail(reflected_origin, everybody, flags="; SameSite=None; Secure")

    assert found(run)["/mail/letters.json"] == "with-credentials"


def test_without_an_identity_nobody_knows_and_it_is_medium(
    scan_mail: Callable[..., CheckRun],
) -> None:
    run = scan_mail(reflected_origin, everybody, known=False)

    assert found(run) == {"/mail/letters.json": "", "/news/all.json": ""}


def test_without_credentials_it_is_low(scan_mail: Callable[..., CheckRun]) -> None:
    run = scan_mail(reflected_origin, lambda origin: [(ALLOW, origin)] if origin else [])

    assert set(found(run).values()) == {"without-session"}


def test_a_token_that_only_scripts_can_send_is_no_session_of_a_browser(
    probe: Callable[..., Any],
) -> None:
    token = "robot-" + "0f1e2d3c4b5a"

    def app(asked: Asked) -> Answer:
        known = asked.headers.get("authorization") == f"Bearer {token}"
        headers = everybody(asked.headers.get("origin", ""))
        return Answer(json.dumps({"known": known}), 200 if known else 401, headers, "text/json")

    run, _ = probe(reflected_origin, app, identities={"robot": {"token": token}})

    assert found(run) == {"/": "without-session"}


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param([(ALLOW, "*")], id="any website, without cookies"),
        pytest.param([(ALLOW, "*"), CREDENTIALS], id="browsers refuse it"),
        pytest.param([(ALLOW, "https://app.example.com"), CREDENTIALS], id="one website"),
        pytest.param([(ALLOW, "null"), CREDENTIALS], id="null"),
        pytest.param([], id="nobody"),
    ],
)
def test_what_is_the_same_for_every_origin_reflects_none(
    scan_mail: Callable[..., CheckRun], headers: list[tuple[str, str]]
) -> None:
    run = scan_mail(reflected_origin, lambda origin: headers)

    assert run.outcome is Outcome.PASSED


@pytest.mark.parametrize(
    "listed",
    [r"https://app\.example\.com", r"https://(.+\.)?shop\.example", r"https://[a-z]+\.example"],
)
def test_a_list_of_origins_reflects_those_on_it_only(
    scan_mail: Callable[..., CheckRun], listed: str
) -> None:
    def cors(origin: str) -> list[tuple[str, str]]:
        return everybody(origin) if re.fullmatch(listed, origin) else []

    run = scan_mail(reflected_origin, cors)

    assert (run.outcome, run.notes) == (Outcome.PASSED, ())


def somebody(asked: Asked) -> bool:
    return "sid=" in asked.headers.get("cookie", "")


LOGIN: dict[str, Any] = {
    "identities": {"alice": {"username": "alice", "password": "wonderland"}},
    "login": {"json": {"url": "/login", "body": {"u": "{username}"}}},
}
SESSION = ("Set-Cookie", "sid=" + "c0ffee" * 4)


def test_a_refusal_tells_nothing_even_if_it_is_another_one(probe: Callable[..., Any]) -> None:
    def app(asked: Asked) -> Answer:
        headers = everybody(asked.headers.get("origin", ""))
        if asked.path == "/login":
            return Answer("{}", 200, [SESSION])
        return Answer("{}", 403 if somebody(asked) else 401, headers, "application/json")

    run, _ = probe(reflected_origin, app, **LOGIN)

    assert found(run) == {"/": "without-session"}


def test_a_difference_that_does_not_last_is_no_session(probe: Callable[..., Any]) -> None:
    times: list[Asked] = []

    def app(asked: Asked) -> Answer:
        origin = asked.headers.get("origin", "")
        if asked.path == "/login":
            return Answer("{}", 200, [SESSION])
        if origin and not somebody(asked):
            times.append(asked)
        odd = origin and not somebody(asked) and len(times) == 1
        return Answer(json.dumps({"odd": bool(odd)}), 200, everybody(origin), "application/json")

    run, _ = probe(reflected_origin, app, **LOGIN)

    assert len(times) == 3
    assert found(run) == {"/": "without-session"}
    assert run.findings[0].confidence == "confirmed"


def test_two_values_are_a_refusal_to_browsers(scan_mail: Callable[..., CheckRun]) -> None:
    run = scan_mail(reflected_origin, lambda origin: [*everybody(origin), (ALLOW, "*")])

    assert run.outcome is Outcome.PASSED


def test_a_site_that_reflects_everywhere_gives_one_finding_for_each_folder_and_kind(
    probe: Callable[..., Any],
) -> None:
    pages = [f"/{folder}/{name}" for folder in ("a", "b") for name in "pqrstu"]

    def app(asked: Asked) -> Answer:
        headers = everybody(asked.headers.get("origin", ""))
        if asked.path == "/":
            return Answer("".join(f"<a href='{p}'>{p}</a>" for p in pages), 200, headers)
        if asked.path not in pages:
            return Answer("", 404, headers)
        return Answer("{}", 200, headers, "application/json")

    run, asked = probe(reflected_origin, app)

    assert sorted(found(run)) == ["/", "/a/p", "/b/p"]
    folder = next(f for f in run.findings if urlsplit(str(f.where)).path.endswith("/a/p"))
    assert len(folder.places) == 6
    with_origin = [one for one in asked if "origin" in one.headers]
    assert len(with_origin) <= 2 * (len(pages) + 1) + 2 * 3


def test_numbered_pages_of_one_route_are_sampled(probe: Callable[..., Any]) -> None:
    pages = [f"/items/{number}" for number in range(20)]

    def app(asked: Asked) -> Answer:
        if asked.path == "/":
            return Answer("".join(f"<a href='{p}'>{p}</a>" for p in pages))
        return Answer("{}", 200 if asked.path in pages else 404, (), "application/json")

    run, asked = probe(reflected_origin, app)

    assert run.outcome is Outcome.PASSED
    assert run.notes == ("17 pages of routes that were sampled, not asked",)
    assert sum("origin" in one.headers for one in asked) == 4


def test_where_there_is_nothing_but_refusals_these_are_asked(probe: Callable[..., Any]) -> None:
    def app(asked: Asked) -> Answer:
        headers = everybody(asked.headers.get("origin", ""))
        return Answer("{}", 404, headers, "application/json")

    run, _ = probe(reflected_origin, app)

    assert found(run) == {"/": ""}


def test_pages_that_stop_answering_make_it_incomplete(probe: Callable[..., Any]) -> None:
    def app(asked: Asked) -> Answer | None:
        if asked.path == "/one.json" and "origin" in asked.headers:
            return None
        if asked.path == "/":
            return Answer("<a href='/one.json'>1</a><a href='/two.json'>2</a>")
        headers = everybody(asked.headers.get("origin", ""))
        return Answer("{}", 200, headers, "application/json")

    run, _ = probe(reflected_origin, app)

    assert run.outcome is Outcome.INCOMPLETE
    assert "1 page did not answer, the first: /one.json" in run.reason
    assert list(found(run)) == ["/two.json"]


def test_a_refusal_for_being_busy_is_no_answer(probe: Callable[..., Any]) -> None:
    def app(asked: Asked) -> Answer:
        busy = "origin" in asked.headers
        return Answer("Hello", 429 if busy else 200, [("Retry-After", "0")] if busy else ())

    run, _ = probe(reflected_origin, app)

    assert run.outcome is Outcome.INCOMPLETE
    assert "answered 429" in run.reason


def test_a_login_that_fails_makes_it_incomplete_after_its_findings(
    probe: Callable[..., Any],
) -> None:
    def app(asked: Asked) -> Answer:
        headers = everybody(asked.headers.get("origin", ""))
        return Answer("{}", 401 if asked.path == "/login" else 200, headers, "application/json")

    run, _ = probe(reflected_origin, app, **LOGIN)

    assert run.outcome is Outcome.INCOMPLETE
    assert "alice could not log in" in run.reason
    assert found(run) == {"/": ""}


def test_a_share_of_the_budget_is_kept_to(probe: Callable[..., Any]) -> None:
    pages = [f"/{one}{two}.json" for one in "abcde" for two in "abcde"]

    def app(asked: Asked) -> Answer:
        if asked.path == "/":
            return Answer("".join(f"<a href='{p}'>{p}</a>" for p in pages))
        return Answer("{}", 200 if asked.path in pages else 404, (), "application/json")

    run, _ = probe(reflected_origin, app, limits={"max_requests": 60})

    assert run.outcome is Outcome.INCOMPLETE
    assert "20 of 26 pages were not asked" in run.reason


def test_nothing_to_read_is_not_applicable(probe: Callable[..., Any]) -> None:
    run, _ = probe(reflected_origin, lambda asked: Answer("body{}", kind="text/css"))

    assert run.outcome is Outcome.NOT_APPLICABLE


def test_a_target_that_is_not_there_is_incomplete(probe: Callable[..., Any]) -> None:
    run, _ = probe(reflected_origin, None)

    assert run.outcome is Outcome.INCOMPLETE

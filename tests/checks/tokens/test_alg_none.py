from __future__ import annotations

import hmac
import json

import pytest
from loopback import Answer, Asked

from checks.tokens.alg_none import alg_none
from scanner import Outcome
from scanner.proof import Forged


def believing(spelling: str):
    """A verifier that lets one spelling of none pass unsigned."""

    def believes(alg: str, signed: str, given: str, secret: str) -> bool:
        from base64 import urlsafe_b64encode

        digest = hmac.digest(secret.encode(), signed.encode(), "sha256")
        genuine = urlsafe_b64encode(digest).decode().rstrip("=")
        return alg == spelling or (alg == "HS256" and hmac.compare_digest(given, genuine))

    return believes


@pytest.mark.parametrize("spelling", ["none", "None", "NONE", "nOnE"])
def test_a_token_without_a_signature_that_works_is_found(probe, api, ways, spelling: str) -> None:
    run, _ = probe(alg_none, api(believing(spelling)), **ways)

    (finding,) = run.findings
    assert (finding.rule.id, finding.where.method, finding.where.identities) == (
        "tokens/alg-none",
        "GET",
        (),
    )
    assert finding.where.url.endswith("/me")
    assert f'"{spelling}"' in finding.message
    assert finding.confidence == "confirmed"
    assert Forged("forged", "alice", f"alg-{spelling}") in finding.proof.holes


def test_a_token_in_a_cookie_is_tried_too(probe, api, ways) -> None:
    del ways["login"]["json"]["token"]

    run, _ = probe(alg_none, api(believing("none"), cookie=True), **ways)

    assert [f.rule.id for f in run.findings] == ["tokens/alg-none"]


def test_a_careful_verifier_is_left_alone(probe, api, ways) -> None:
    run, asked = probe(alg_none, api(), **ways)

    assert (run.outcome, run.findings) == (Outcome.PASSED, ())
    sent = {one.headers.get("authorization", "").count(".") for one in asked}
    assert sent == {0, 2}


def test_any_signature_is_a_finding_of_its_own(probe, api, ways) -> None:
    run, _ = probe(alg_none, api(lambda alg, *_: alg == "HS256"), **ways)

    assert [f.rule.id for f in run.findings] == ["tokens/alg-none/unverified-signature"]
    assert "any signature" in run.findings[0].message


def test_only_the_content_of_the_genuine_token_counts(probe, api, ways) -> None:
    app = api()

    def polite(asked: Asked) -> Answer | str:
        answer = app(asked)
        refused = asked.path == "/me" and isinstance(answer, Answer) and answer.status == 401
        return Answer('{"name": null}', kind="application/json") if refused else answer

    run, _ = probe(alg_none, polite, **ways)

    assert run.outcome is Outcome.PASSED


def test_a_page_that_tells_everybody_the_same_says_nothing(probe, api, ways) -> None:
    app = api()
    ways["login"]["check"] = {"url": "/public", "contains": "everybody"}

    run, _ = probe(alg_none, app, discover={"crawl": False}, **ways)

    assert (run.outcome, run.findings) == (Outcome.INCOMPLETE, ())
    assert "`check`" in run.mend


def test_without_a_check_a_page_that_needs_the_token_is_looked_for(probe, api, ways) -> None:
    del ways["login"]["check"]

    run, _ = probe(alg_none, api(believing("none")), **ways)

    (finding,) = run.findings
    assert finding.where.url.endswith("/orders")


def test_a_check_that_is_out_of_scope_is_passed_over(probe, api, ways) -> None:
    run, _ = probe(alg_none, api(believing("none")), scope={"exclude": ["/me"]}, **ways)

    assert [f.where.url.rpartition("/")[2] for f in run.findings] == ["orders"]


def test_whose_page_it_is_goes_by_the_name_that_logs_in(probe, api, ways) -> None:
    ways["identities"] = {"first": ways["identities"]["alice"]}

    run, _ = probe(alg_none, api(believing("none")), **ways)

    assert [f.where.url.rpartition("/")[2] for f in run.findings] == ["me"]


def test_pages_that_may_need_the_token_are_tried_up_to_a_bound(probe, api, ways) -> None:
    app = api(believing("none"))
    del ways["login"]["check"]

    def chatty(asked: Asked) -> Answer | str:
        if asked.path == "/" and app.who(asked):
            return "".join(f"<a href=/a{n}>{n}</a>" for n in range(30))
        return asked.path if asked.path.startswith("/a") else app(asked)

    run, asked = probe(alg_none, chatty, **ways)

    assert run.outcome is Outcome.INCOMPLETE
    tried = [
        one for one in asked if one.path.startswith("/a") and "authorization" not in one.headers
    ]
    assert 5 <= len(tried) <= 10


def test_tokens_are_shown_nowhere(probe, api, ways) -> None:
    app = api(believing("none"))

    run, _ = probe(alg_none, app, **ways)

    assert "eyJ" not in repr(run)
    assert not any(part in repr(run) for token in app.issued for part in token.split(".")[1:])


@pytest.mark.parametrize("token", ["an-opaque-token", "eyJ.eyJ.x"])
def test_what_is_no_signed_token_is_not_tried(probe, ways, token: str) -> None:
    def app(asked: Asked) -> str:
        return json.dumps({"token": token, "name": "alice"})

    run, _ = probe(alg_none, app, **ways)

    assert run.outcome is Outcome.NOT_APPLICABLE


def test_without_identities_there_is_nothing_to_try(probe, api) -> None:
    run, _ = probe(alg_none, api())

    assert run.outcome is Outcome.NOT_APPLICABLE


def test_a_failed_login_is_incomplete_beside_what_was_found(probe, api, ways) -> None:
    ways["identities"]["bob"] = {"username": "bob", "password": "${WALLWALK_BOB}"}

    run, _ = probe(alg_none, api(believing("none")), **ways)

    assert (run.outcome, len(run.findings)) == (Outcome.INCOMPLETE, 1)
    assert "WALLWALK_BOB" in run.reason


def test_a_login_that_answers_nothing_is_incomplete(probe, ways) -> None:
    run, _ = probe(alg_none, lambda asked: Answer("", 500), **ways)

    assert run.outcome is Outcome.INCOMPLETE

from __future__ import annotations

from loopback import Answer

from checks.tokens.weak_secret import weak_secret
from scanner import Outcome, Severity


def test_a_listed_secret_that_signs_believed_tokens_is_found(probe, api, ways, listed) -> None:
    run, _ = probe(weak_secret, api(secret=listed), **ways)

    (finding,) = run.findings
    assert (finding.rule.id, finding.rule.severity) == ("tokens/weak-secret", Severity.CRITICAL)
    assert finding.where.url.endswith("/me")
    assert finding.confidence == "confirmed"
    assert listed not in repr(finding)


def test_an_empty_secret_is_a_listed_one(probe, api, ways) -> None:
    run, _ = probe(weak_secret, api(secret=""), **ways)

    assert [f.rule.id for f in run.findings] == ["tokens/weak-secret"]


def test_a_strong_secret_is_left_alone_and_nothing_forged_is_sent(probe, api, ways) -> None:
    app = api()

    run, asked = probe(weak_secret, app, **ways)

    assert (run.outcome, run.findings) == (Outcome.PASSED, ())
    sent = {
        one.headers["authorization"].removeprefix("Bearer ")
        for one in asked
        if "authorization" in one.headers
    }
    assert sent <= app.issued


def test_a_forged_token_that_is_refused_lowers_the_severity(probe, api, ways, listed) -> None:
    run, _ = probe(weak_secret, api(secret=listed, only_issued=True), **ways)

    (finding,) = run.findings
    assert (finding.rule.id, finding.rule.severity) == (
        "tokens/weak-secret/offline",
        Severity.MEDIUM,
    )
    assert "did not get in" in finding.message


def test_a_verifier_that_takes_any_signature_proves_no_secret(probe, api, ways, listed) -> None:
    run, _ = probe(weak_secret, api(lambda *_: True, secret=listed), **ways)

    (finding,) = run.findings
    assert finding.rule.id == "tokens/weak-secret/offline"
    assert "verified anyway" in finding.message


def test_a_listed_secret_without_a_page_to_show_it_on_is_incomplete(
    probe, api, ways, listed
) -> None:
    ways["login"]["check"] = {"url": "/public"}

    run, _ = probe(weak_secret, api(secret=listed), discover={"crawl": False}, **ways)

    assert run.outcome is Outcome.INCOMPLETE
    assert "stands on the list" in run.reason


def test_a_token_without_an_end_is_signed_anew_too(probe, api, ways, listed) -> None:
    run, _ = probe(weak_secret, api(secret=listed, lifetime=None), **ways)

    assert [f.rule.id for f in run.findings] == ["tokens/weak-secret"]


def test_without_identities_there_is_nothing_to_try(probe, api) -> None:
    run, _ = probe(weak_secret, api())

    assert run.outcome is Outcome.NOT_APPLICABLE


def test_a_session_without_a_token_has_no_secret(probe, ways) -> None:
    del ways["login"]["json"]["token"]

    run, _ = probe(
        weak_secret, lambda a: Answer("alice", headers=[("Set-Cookie", "sid=0123456789")]), **ways
    )

    assert run.outcome is Outcome.NOT_APPLICABLE


def test_a_failed_login_is_incomplete(probe, ways) -> None:
    run, _ = probe(weak_secret, lambda asked: Answer("", 401), **ways)

    assert run.outcome is Outcome.INCOMPLETE
    assert "alice could not log in" in run.reason

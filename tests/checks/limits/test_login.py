from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from loopback import Answer, Asked

from checks.limits.login import login
from scanner import Outcome

PASSWORD = "correct-horse-of-dora"
FORM = '<form method=post action="/login"><input name=user><input name=pass type=password></form>'

DORA = {"dora": {"username": "dora", "password": PASSWORD, "disposable": True}}
JSON_LOGIN = {
    "json": {
        "url": "/api/login",
        "body": {"name": "{username}", "pass": "{password}"},
        "token": "$.token",
    }
}
FORM_LOGIN = {
    "form": {"url": "/login", "fields": {"user": "{username}", "pass": "{password}"}},
    "check": {"url": "/me", "contains": "{username}"},
}


@dataclass
class Shop:
    """A login by JSON and one by form. `guard` may answer in place of it, by failures so far."""

    guard: Callable[[int, Asked], Answer | str | None] = lambda failures, asked: None
    failures: Counter[str] = field(default_factory=Counter)

    def __call__(self, asked: Asked) -> Answer | str:
        if asked.path == "/me":
            return "dora" if "sid=alive" in asked.headers.get("cookie", "") else Answer("", 401)
        if asked.method == "GET":
            return FORM
        by_form = asked.path == "/login"
        given = asked.form if by_form else json.loads(asked.body)
        name, right = given.get("user", given.get("name")), given["pass"] == PASSWORD
        if guarded := self.guard(self.failures[name], asked):
            return guarded
        if not right:
            self.failures[name] += 1
            wrong = f"<p>No, {name}.</p>{FORM}" if by_form else '{"error": "no"}'
            return Answer(wrong, 200 if by_form else 401)
        if by_form:
            return Answer("", 303, [("Location", "/me"), ("Set-Cookie", "sid=alive; Path=/")])
        return Answer('{"token": "opaque-token-of-dora"}', kind="application/json")


def passwords(asked: list[Asked], path: str = "") -> list[str]:
    """What was tried, at `path` or everywhere; the scan logs in by itself too."""
    tried = [one for one in asked if one.method == "POST" and one.path.startswith(path)]
    return [one.form.get("pass") or json.loads(one.body)["pass"] for one in tried]


def wrong(asked: list[Asked], path: str = "") -> list[str]:
    return [one for one in passwords(asked, path) if one != PASSWORD]


@pytest.mark.parametrize(
    ("way", "path"), [(JSON_LOGIN, "/api/login"), (FORM_LOGIN, "/login")], ids=["json", "form"]
)
def test_a_login_that_never_minds_is_found(probe, way: dict[str, Any], path: str) -> None:
    run, asked = probe(login, Shop(), identities=DORA, login=way)

    (finding,) = run.findings
    assert (run.outcome, finding.where.method, finding.where.url.endswith(path)) == (
        Outcome.FAILED,
        "POST",
        True,
    )
    assert "20 wrong passwords" in finding.message
    assert passwords(asked)[0] == passwords(asked)[-1] == PASSWORD
    assert len(set(wrong(asked))) == len(wrong(asked)) == 20


def test_the_whole_exchange_is_shown_once_without_its_secrets(probe) -> None:
    run, _ = probe(login, Shop(), identities=DORA, login=JSON_LOGIN)

    (finding,) = run.findings
    assert "lock the account" in finding.proof.once
    assert [one.status for one in finding.evidence] == [401] * 20 + [200]
    assert finding.evidence[-1].note.startswith("the right password")
    assert PASSWORD not in repr(finding)
    assert "opaque-token-of-dora" not in repr(finding)


def after(number: int, answer: Answer | str) -> Callable[[int, Asked], Answer | str | None]:
    """`answer` to wrong passwords from then on; the right one always works."""

    def guard(failures: int, asked: Asked) -> Answer | str | None:
        right = PASSWORD.encode() in asked.body
        return answer if failures >= number and not right else None

    return guard


def locked(number: int, answer: Answer | str) -> Callable[[int, Asked], Answer | str | None]:
    """`answer` to any password from then on."""
    return lambda failures, asked: answer if failures >= number else None


def slowly(failures: int, asked: Asked) -> None:
    time.sleep(0.3 if failures >= 4 else 0)


def counting_down(failures: int, asked: Asked) -> Answer | None:
    left = f"{9 - failures} attempts left"
    return Answer(f'{{"error": "no", "hint": "{left}"}}', 401) if 0 < failures < 9 else None


@pytest.mark.parametrize(
    "guard",
    [
        after(5, Answer('{"error": "later"}', 429, [("Retry-After", "0")])),
        after(0, Answer('{"error": "later"}', 429, [("Retry-After", "0")])),
        after(1, Answer('{"error": "locked"}', 423)),
        after(6, Answer('{"error": "no", "captcha": "/c.png"}', 401)),
        after(7, Answer('{"problem": "account is sleeping"}', 401)),
        after(19, Answer("", 403)),
        locked(5, Answer('{"error": "no"}', 401)),
        counting_down,
        slowly,
    ],
    ids=["429", "429 at once", "423", "captcha", "text", "late", "hidden", "countdown", "slower"],
)
def test_a_login_that_minds_is_left_alone(probe, guard: Callable[..., Any]) -> None:
    run, _ = probe(login, Shop(guard), identities=DORA, login=JSON_LOGIN)

    assert (run.outcome, run.findings) == (Outcome.PASSED, ())
    assert any("wrong" in note for note in run.notes)


def test_a_captcha_in_the_place_of_the_form_is_a_limit(probe) -> None:
    shop = Shop()

    def app(asked: Asked) -> Answer | str:
        locked = asked.method == "GET" and asked.path == "/login" and shop.failures["dora"] >= 4
        return "<img alt='who are you?'>" if locked else shop(asked)

    run, asked = probe(login, app, identities=DORA, login=FORM_LOGIN)

    assert run.outcome is Outcome.PASSED
    assert len(wrong(asked)) == 4


def test_it_runs_when_no_other_check_needs_the_account() -> None:
    assert login.alone


def test_the_burst_ends_where_the_limit_shows(probe) -> None:
    guard = after(5, Answer("", 429, [("Retry-After", "0")]))

    run, asked = probe(login, Shop(guard), identities=DORA, login=JSON_LOGIN)

    assert run.notes[0] == "login login: answer 429 to wrong password 6, unlike those before"
    assert len(wrong(asked)) == 6


def test_a_lock_that_outlasts_the_scan_is_told_and_not_waited_out(probe) -> None:
    guard = after(5, Answer("", 429, [("Retry-After", "900")]))

    run, _ = probe(login, Shop(guard), identities=DORA, login=JSON_LOGIN)

    assert run.outcome is Outcome.PASSED
    assert any("900 s" in note for note in run.notes)


def test_another_login_that_the_lock_holds_at_too_is_no_broken_one(probe) -> None:
    guard = locked(5, Answer('{"error": "locked"}', 423))

    run, asked = probe(
        login, Shop(guard), identities=DORA, logins={"api": JSON_LOGIN, "web": FORM_LOGIN}
    )

    assert (run.outcome, run.findings) == (Outcome.PASSED, ())
    assert "login api: dora may still be locked out there" in run.notes
    assert any(note.startswith("login web: the account is locked here too") for note in run.notes)
    assert (len(wrong(asked)), wrong(asked, "/login")) == (6, [])


def test_a_lock_of_an_earlier_scan_is_waited_out(probe) -> None:
    answers = iter([Answer("", 429, [("Retry-After", "0")])])

    run, _ = probe(login, Shop(lambda *_: next(answers, None)), identities=DORA, login=JSON_LOGIN)

    assert run.outcome is Outcome.FAILED


def test_each_login_is_tried(probe) -> None:
    def guard(failures: int, asked: Asked) -> Answer | None:
        limited = (
            asked.path == "/api/login" and failures >= 3 and PASSWORD.encode() not in asked.body
        )
        return Answer("", 429) if limited else None

    run, _ = probe(
        login, Shop(guard), identities=DORA, logins={"api": JSON_LOGIN, "web": FORM_LOGIN}
    )

    (finding,) = run.findings
    assert finding.where.url.endswith("/login")


@pytest.mark.parametrize(
    ("expect", "tries"),
    [
        ({"lockout": {"after": 6}}, 8),
        ({"lockout": {"after": 100}}, 102),
        ({"rate_limits": [{"method": "POST", "path": "/api/login", "limit": 30}]}, 32),
        ({"rate_limits": [{"method": "POST", "path": "/api/orders", "limit": 30}]}, 20),
        ({"rate_limits": [{"method": "GET", "path": "/api/login", "limit": 30}]}, 20),
    ],
    ids=["lockout", "the most", "rate limit", "of another path", "of another method"],
)
def test_a_promise_says_how_many_are_tried(probe, expect: dict[str, Any], tries: int) -> None:
    run, asked = probe(login, Shop(), identities=DORA, login=JSON_LOGIN, expect=expect)

    assert run.outcome is Outcome.FAILED
    assert len(wrong(asked)) == tries


def test_a_promise_of_more_than_is_decent_is_not_tried(probe) -> None:
    run, asked = probe(
        login, Shop(), identities=DORA, login=JSON_LOGIN, expect={"lockout": {"after": 101}}
    )

    assert run.outcome is Outcome.INCOMPLETE
    assert "101" in run.reason
    assert wrong(asked) == []


def test_nobody_but_a_disposable_user_is_tried(probe) -> None:
    alice = {"first": {"username": "alice", "password": PASSWORD}}

    run, asked = probe(login, Shop(), identities=alice, login=JSON_LOGIN, known_users=["alice"])

    assert run.outcome is Outcome.INCOMPLETE
    assert "disposable" in run.mend
    assert wrong(asked) == []


def test_a_known_user_shows_a_limit(probe) -> None:
    guard = after(5, Answer("", 429, [("Retry-After", "0")]))

    run, asked = probe(login, Shop(guard), login=JSON_LOGIN, known_users=["dora"])

    assert run.outcome is Outcome.PASSED
    assert {json.loads(one.body)["name"] for one in asked if one.method == "POST"} == {"dora"}


def test_a_known_user_does_not_show_that_there_is_none(probe) -> None:
    run, _ = probe(login, Shop(), login=JSON_LOGIN, known_users=["dora"])

    assert (run.outcome, run.findings) == (Outcome.INCOMPLETE, ())
    assert "hidden lock" in run.reason


def test_a_wrong_password_in_the_targets_file_proves_nothing(probe) -> None:
    dora = {"dora": {"username": "dora", "password": "not-the-password", "disposable": True}}

    run, asked = probe(login, Shop(), identities=dora, login=JSON_LOGIN)

    assert run.outcome is Outcome.INCOMPLETE
    assert "answered 401" in run.reason
    assert set(passwords(asked)) == {"not-the-password"}


def test_a_login_that_lets_everybody_in_is_no_login(probe) -> None:
    run, asked = probe(
        login, lambda asked: '{"token": "opaque"}', identities=DORA, login=JSON_LOGIN
    )

    assert run.outcome is Outcome.INCOMPLETE
    assert "let dora in" in run.reason
    assert len(wrong(asked)) == 1


def test_a_missing_password_is_named(probe) -> None:
    dora = {"dora": {"username": "dora", "password": "${WALLWALK_DORA}", "disposable": True}}

    run, _ = probe(login, Shop(), identities=dora, login=JSON_LOGIN)

    assert run.outcome is Outcome.INCOMPLETE
    assert "WALLWALK_DORA" in run.reason


def test_logins_of_others_are_not_tried(probe) -> None:
    elsewhere = {"json": {**JSON_LOGIN["json"], "url": "http://127.0.0.1:9/api/login"}}

    run, asked = probe(
        login,
        Shop(),
        identities=DORA,
        login=elsewhere,
        scope={"login_hosts": ["127.0.0.1:9"]},
    )

    assert run.outcome is Outcome.NOT_APPLICABLE
    assert passwords(asked) == []


def test_without_a_login_there_is_nothing_to_try(probe) -> None:
    run, _ = probe(login, lambda asked: "hello")

    assert run.outcome is Outcome.NOT_APPLICABLE


def test_a_login_that_dies_is_incomplete(probe) -> None:
    shop = Shop(lambda failures, asked: 1 / 0 if failures >= 3 else None)

    run, _ = probe(login, shop, identities=DORA, login=JSON_LOGIN)

    assert (run.outcome, run.findings) == (Outcome.INCOMPLETE, ())


def test_a_target_that_is_not_there_is_incomplete(probe) -> None:
    run, _ = probe(login, None, identities=DORA, login=JSON_LOGIN)

    assert run.outcome is Outcome.INCOMPLETE

"""Logging in, against real applications on loopback: every way in, and every way to fail."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest
from loopback import Answer, Asked, serving
from scanning import opened

from scanner.contract import Incomplete

ALICE = {"username": "alice", "password": "pw-of-alice"}
JSON = {
    "url": "/login",
    "body": {"user": "{username}", "pass": "{password}"},
    "token": "$.data.token",
}
FORM = {"url": "/login", "fields": {"user": "{username}", "pass": "{password}"}}
FIELDS = "<input name=user><input name=pass type=password>"
SECRET = "token-" + "0123456789"


def as_json(value: object, status: int = 200, *headers: tuple[str, str]) -> Answer:
    return Answer(json.dumps(value), status, headers, "application/json")


def redirect(to: str, *headers: tuple[str, str]) -> Answer:
    return Answer("", 302, [("Location", to), *headers])


def cookie(text: str) -> tuple[str, str]:
    return "Set-Cookie", f"{text}; Path=/"


async def visit(
    app: Callable[[Asked], Any],
    login: dict[str, Any] | None,
    identity: dict[str, Any] | None = None,
    path: str = "/mine",
    **settings: Any,
) -> list[Asked]:
    """What `app` was asked when alice asked for `path`."""
    if login is not None:
        settings["login"] = login
    with serving(app) as server:
        identities = {"alice": ALICE if identity is None else identity}
        async with opened(server.url, identities=identities, **settings) as site:
            await site.acting_as("alice").get(path)
    return server.asked


async def test_a_json_login_sends_the_credentials_and_then_its_token() -> None:
    def app(asked: Asked) -> Answer | str:
        return as_json({"data": {"token": SECRET}}) if asked.path == "/login" else "hello"

    login, mine = await visit(app, {"json": {**JSON, "send_as": "X-Api-Key: key={token}"}})

    assert (login.method, login.headers["content-type"]) == ("POST", "application/json")
    assert json.loads(login.body) == {"user": "alice", "pass": "pw-of-alice"}
    assert mine.headers["x-api-key"] == f"key={SECRET}"
    assert "authorization" not in mine.headers


async def test_the_holes_of_a_nested_body_are_filled_and_other_values_stay() -> None:
    body = {"user": {"name": "{username}"}, "tries": [1, "{password}"], "app": "{other}", "n": 2}

    login, _ = await visit(
        lambda asked: as_json({"data": {"token": SECRET}}), {"json": {**JSON, "body": body}}
    )

    assert json.loads(login.body) == {
        "user": {"name": "alice"},
        "tries": [1, "pw-of-alice"],
        "app": "{other}",
        "n": 2,
    }


async def test_a_json_login_may_leave_a_cookie() -> None:
    def app(asked: Asked) -> Answer | str:
        return as_json({}, 200, cookie("sid=0123456789")) if asked.path == "/login" else "hello"

    _, mine = await visit(app, {"json": {"url": "/login", "body": JSON["body"]}})

    assert mine.headers["cookie"] == "sid=0123456789"


@dataclass
class Web:
    """A login form with a token that goes with one cookie and works once."""

    method: str = "post"
    action: str = "/login"
    wrong: Answer | None = None
    right: Answer | None = None
    tokens: dict[str, str] = field(default_factory=dict)
    numbers: Any = field(default_factory=lambda: count(1))

    def __call__(self, asked: Asked) -> Answer | str:
        given = asked.form or asked.query
        if asked.path != "/login":
            who = asked.cookies.get("sid", "")
            return f"hello {who}" if who.startswith("alice") else redirect("/login")
        if not given:
            number = next(self.numbers)
            self.tokens[f"pre{number}"] = f"t&<{number}>"
            page = (
                f"<form method={self.method} action='{self.action}'>{FIELDS}"
                f"<input type=hidden name=csrf value='t&amp;&lt;{number}>'></form>"
            )
            return Answer(page, 200, [cookie(f"sid=pre{number}")])
        expected = self.tokens.pop(asked.cookies.get("sid", ""), None)
        if given.get("csrf") != expected:
            return Answer("expired form", 419)
        if (given["user"], given["pass"]) != ("alice", "pw-of-alice"):
            return self.wrong or Answer(f"<form>{FIELDS}</form>", 200)
        return self.right or redirect("/account", cookie("sid=alice-0123456789"))


async def test_a_form_login_sends_the_pages_own_token_and_cookie() -> None:
    asked = await visit(Web(), {"form": FORM})

    assert [(one.method, one.path) for one in asked] == [
        ("GET", "/login"),
        ("POST", "/login"),
        ("GET", "/account"),
        ("GET", "/mine"),
    ]
    assert asked[1].form == {"user": "alice", "pass": "pw-of-alice", "csrf": "t&<1>"}
    assert asked[1].headers["origin"] == f"http://{asked[1].headers['host']}"
    assert asked[1].headers["referer"].endswith("/login")
    assert asked[3].cookies == {"sid": "alice-0123456789"}


async def test_each_login_fetches_the_token_of_the_form_anew() -> None:
    web = Web()
    with serving(web) as server:
        identities = {"alice": ALICE, "twin": ALICE}
        async with opened(server.url, identities=identities, login={"form": FORM}) as site:
            for name in identities:
                assert (await site.acting_as(name).get("/mine")).text == "hello alice-0123456789"

    sent = [one.form["csrf"] for one in server.asked if one.method == "POST"]
    assert sent == ["t&<1>", "t&<2>"]


async def test_a_form_that_sends_by_get_is_filled_too() -> None:
    asked = await visit(Web(method="get"), {"form": FORM})

    assert asked[1].query == {"user": "alice", "pass": "pw-of-alice", "csrf": "t&<1>"}
    assert asked[-1].cookies == {"sid": "alice-0123456789"}


async def test_cookies_with_bytes_that_are_no_text_survive() -> None:
    def app(asked: Asked) -> Answer | str:
        if asked.path != "/login":
            return "hello"
        return as_json({}, 200, ("Set-Cookie", "odd=\xff\xfe; Path=/"), cookie("sid=0123456789"))

    _, mine = await visit(app, {"json": {"url": "/login", "body": JSON["body"]}})

    assert mine.cookies["sid"] == "0123456789"
    assert mine.cookies["odd"].encode("latin-1") == b"\xff\xfe"


async def failure(
    app: Callable[[Asked], Any],
    login: dict[str, Any] | None,
    identity: dict[str, Any] | None = None,
    **settings: Any,
) -> tuple[str, str]:
    """Why alice could not log in, and what mends it."""
    with pytest.raises(Incomplete) as why:
        await visit(app, login, identity, **settings)
    return str(why.value), why.value.mend


@pytest.mark.parametrize(
    ("answer", "login", "said"),
    [
        (as_json({"data": {"token": SECRET}}, 400), JSON, "POST /login answered 400"),
        (as_json({"token": SECRET}), JSON, "without a token at $.data.token"),
        (as_json({"data": {"token": "a\nb"}}), JSON, "cannot stand in a header"),
        (
            as_json({"data": {"token": SECRET}}),
            {k: JSON[k] for k in ("url", "body")},
            "without a cookie, and `token` is not set",
        ),
    ],
    ids=["refused", "no token", "odd token", "no cookie"],
)
async def test_a_json_login_that_fails_says_what_was_answered(
    answer: Answer, login: dict[str, Any], said: str
) -> None:
    why, mend = await failure(lambda asked: answer, {"json": login})

    assert why.startswith("alice could not log in: ")
    assert said in why
    assert "--target app" in mend
    assert "pw-of-alice" not in why


@pytest.mark.parametrize(
    ("app", "said"),
    [
        (lambda asked: Answer(f"<form>{FIELDS}</form>", 400), "GET /login answered 400"),
        (lambda asked: "<form><input name=q></form>", "has no form with user, pass"),
        (Web(right=redirect("/account")), "answered 302"),
        (Web(right=Answer("wrong", 400)), "POST /login answered 400"),
        (lambda asked: f"<form method=post>{FIELDS}</form>", "set no cookie"),
    ],
    ids=["no page", "no form", "nobody's cookie", "refused", "no cookie"],
)
async def test_a_form_login_that_fails_says_what_was_answered(
    app: Callable[[Asked], Any], said: str
) -> None:
    why, _ = await failure(app, {"form": FORM})

    assert said in why


async def test_a_login_form_that_comes_back_is_a_wrong_password() -> None:
    bob = {"username": "bob", "password": "pw-of-nobody"}

    why, _ = await failure(Web(), {"form": FORM}, bob)

    assert "the login form came back" in why


async def test_a_login_that_breaks_off_is_told() -> None:
    why, _ = await failure(lambda asked: None, {"json": JSON})

    assert why.startswith("alice could not log in: ")


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ({"url": "/me"}, "the check GET /me answered 302 instead of 200"),
        ({"url": "/mine", "contains": "hello {username}!"}, "does not contain 'hello alice!'"),
        ({"url": "/mine", "status": 204}, "answered 200 instead of 204"),
    ],
    ids=["dead", "somebody else's", "status"],
)
async def test_the_check_proves_whose_session_it_is(check: dict[str, Any], said: str) -> None:
    web = Web()

    def app(asked: Asked) -> Answer | str:
        return redirect("/login") if asked.path == "/me" else web(asked)

    why, _ = await failure(app, {"form": FORM, "check": check})

    assert said in why


async def test_a_check_that_holds_lets_in() -> None:
    check = {"url": "/mine", "contains": "hello {username}"}

    asked = await visit(Web(), {"form": FORM, "check": check})

    assert [one.path for one in asked[-2:]] == ["/mine", "/mine"]


async def test_with_a_check_a_page_may_ask_for_a_password_again() -> None:
    change = Answer(f"<form>{FIELDS}</form>", 200, [cookie("sid=alice-0123456789")])
    check = {"url": "/mine", "contains": "hello {username}"}

    asked = await visit(Web(right=change), {"form": FORM, "check": check})

    assert asked[-1].cookies == {"sid": "alice-0123456789"}


async def test_a_name_in_a_cookie_is_no_secret() -> None:
    person = {"username": "alice-of-acme", "password": "pw-of-alice"}

    def app(asked: Asked) -> Answer | str:
        return as_json({}, 200, cookie("session_user=alice-of-acme"), cookie("sid=0123456789"))

    with serving(app) as server:
        login = {"json": {"url": "/login", "body": JSON["body"]}}
        async with opened(server.url, identities={"alice": person}, login=login) as site:
            await site.acting_as("alice").get("/mine")
            masked = site.deployment.masker.text("alice-of-acme 0123456789")

    assert masked == "alice-of-acme •••"


async def test_a_ready_token_is_sent_as_it_is() -> None:
    (mine,) = await visit(
        lambda asked: "hello", {"bearer": {"send_as": "X-Api-Key: {token}"}}, {"token": SECRET}
    )

    assert mine.headers["x-api-key"] == SECRET


async def test_a_ready_token_needs_no_login() -> None:
    (mine,) = await visit(lambda asked: "hello", None, {"token": SECRET})

    assert mine.headers["authorization"] == f"Bearer {SECRET}"


async def test_a_ready_token_is_sent_the_way_that_the_json_login_sends_its_own() -> None:
    (mine,) = await visit(
        lambda asked: "hello", {"json": {**JSON, "send_as": "X-Token: {token}"}}, {"token": SECRET}
    )

    assert mine.headers["x-token"] == SECRET


async def test_a_missing_variable_is_named_and_nothing_is_sent() -> None:
    asked: list[str] = []

    def app(one: Asked) -> str:
        asked.append(one.path)
        return ""

    alice = {"username": "alice", "password": "${WALLWALK_ALICE}"}

    why, mend = await failure(app, {"json": JSON}, alice)

    assert why == "alice cannot log in: WALLWALK_ALICE is not set"
    assert "WALLWALK_ALICE" in mend
    assert asked == []


async def test_a_variable_that_is_set_is_used() -> None:
    alice = {"username": "alice", "password": "${WALLWALK_ALICE}"}

    login, _ = await visit(
        lambda asked: as_json({"data": {"token": SECRET}}),
        {"json": JSON},
        alice,
        env={"WALLWALK_ALICE": "from-outside"},
    )

    assert json.loads(login.body)["pass"] == "from-outside"


@pytest.mark.parametrize(
    ("login", "identity", "said"),
    [
        ({"json": JSON}, {"username": "alice"}, "it has no password"),
        ({"json": {**JSON, "body": {"code": "{totp}"}}}, ALICE, "it has no totp"),
        ({"basic": {}}, ALICE, "logins by basic are not built yet"),
        ({"bearer": {}}, ALICE, "does not say how alice logs in"),
        (None, ALICE, "does not say how alice logs in"),
    ],
    ids=["password", "totp", "not built", "token", "no login"],
)
async def test_what_is_missing_is_named(
    login: dict[str, Any] | None, identity: dict[str, Any], said: str
) -> None:
    why, mend = await failure(lambda asked: "hello", login, identity)

    assert said in why
    assert mend


async def test_a_busy_login_is_asked_again() -> None:
    answers = iter(
        [Answer("", 429, [("Retry-After", "0")]), Answer("", 503, [("Retry-After", "0")])]
    )

    asked = await visit(
        lambda one: next(answers, as_json({"data": {"token": SECRET}})), {"json": JSON}
    )

    assert [one.path for one in asked] == ["/login", "/login", "/login", "/mine"]


@pytest.mark.parametrize(
    "to",
    [
        "http://elsewhere.example/account",
        "//elsewhere.example/account",
        "javascript:alert(1)",
        "http://[bad",
        "/account/logout",
        "/account?action=delete",
        "/private/account",
    ],
)
async def test_a_redirect_that_leads_away_is_not_followed(to: str) -> None:
    web = Web(right=redirect(to, cookie("sid=alice-0123456789")))

    asked = await visit(web, {"form": FORM}, scope={"exclude": ["/private/**"]})

    assert [(one.method, one.path) for one in asked] == [
        ("GET", "/login"),
        ("POST", "/login"),
        ("GET", "/mine"),
    ]


async def test_redirects_in_a_circle_end() -> None:
    def app(asked: Asked) -> Answer | str:
        return redirect("/login?again=1")

    why, _ = await failure(app, {"form": FORM})

    assert "no form" in why


async def test_a_form_that_sends_the_password_elsewhere_is_not_sent() -> None:
    with serving(lambda asked: "thank you") as thief:
        why, _ = await failure(Web(action=f"{thief.url}/steal"), {"form": FORM})

    assert f"sends the password to {thief.url}, which is out of scope" in why
    assert thief.asked == []


async def test_a_json_login_elsewhere_needs_login_hosts() -> None:
    with serving(lambda asked: as_json({"data": {"token": SECRET}})) as other:
        login = {"json": {**JSON, "url": f"{other.url}/login"}}

        why, _ = await failure(lambda asked: "hello", login)

        assert "login_hosts" in why or "out of scope" in why
        assert other.asked == []

        (mine,) = await visit(
            lambda asked: "hello", login, scope={"login_hosts": [f"127.0.0.1:{other.port}"]}
        )

    assert mine.headers["authorization"] == f"Bearer {SECRET}"
    assert [one.path for one in other.asked] == ["/login"]


async def test_a_login_on_another_host_and_back_keeps_each_hosts_cookies_apart() -> None:
    def sign_on(asked: Asked) -> Answer | str:
        if asked.method == "POST":
            return redirect(f"{back}/callback?code=1", cookie("sso=secret-of-the-other-host"))
        return Answer(f"<form method=post>{FIELDS}</form>", 200, [cookie("pre=1")])

    def app(asked: Asked) -> Answer | str:
        if asked.path == "/login":
            return redirect(f"http://localhost:{other.port}/start")
        if asked.path == "/callback":
            return Answer("welcome", 200, [cookie("sid=alice-0123456789")])
        return "hello"

    with serving(sign_on) as other, serving(app) as server:
        back = server.url
        async with opened(
            server.url,
            identities={"alice": ALICE},
            login={"form": FORM},
            scope={"login_hosts": [f"localhost:{other.port}"]},
        ) as site:
            await site.acting_as("alice").get("/mine")

    assert [(one.method, one.path) for one in other.asked] == [
        ("GET", "/start"),
        ("POST", "/start"),
    ]
    assert other.asked[1].cookies == {"pre": "1"}
    assert [one.path for one in server.asked] == ["/login", "/callback", "/mine"]
    assert server.asked[-1].cookies == {"sid": "alice-0123456789"}

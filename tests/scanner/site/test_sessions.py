"""Sessions of identities against real applications: made once, kept, made anew, kept apart."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest
from loopback import Answer, Asked, serving
from scanning import opened

from scanner.contract import Incomplete, Skip

PEOPLE = {name: {"username": name, "password": f"pw-of-{name}"} for name in ("alice", "bob")}
JSON = {
    "json": {
        "url": "/login",
        "body": {"user": "{username}", "pass": "{password}"},
        "token": "$.token",
    }
}
CHECK = {"check": {"url": "/me", "contains": "{username}"}}
LOGIN = {**JSON, **CHECK}


def as_json(value: object, status: int = 200, *headers: tuple[str, str]) -> Answer:
    return Answer(json.dumps(value), status, headers, "application/json")


@dataclass
class House:
    """Logs in by JSON, tells at /me whose a session is, and lets sessions in to everything."""

    refused: Answer = field(default_factory=lambda: as_json({"error": "who?"}, 401))
    sessions: dict[str, str] = field(default_factory=dict)
    numbers: Any = field(default_factory=lambda: count(1))
    logins: Counter[str] = field(default_factory=Counter)

    def __call__(self, asked: Asked) -> Answer | str:
        if asked.path == "/login":
            given = json.loads(asked.body)
            name = given["user"]
            self.logins[name] += 1
            if given["pass"] != f"pw-of-{name}":
                return as_json({}, 401)
            token = f"token-{next(self.numbers)}-of-{name}"
            self.sessions[token] = name
            return as_json({"token": token})
        name = self.sessions.get(asked.headers.get("authorization", "").removeprefix("Bearer "))
        return f"hello {name}" if name else self.refused


def house(app: Callable[[Asked], Any], **settings: Any):
    """`async with house(app) as (server, site)`."""
    settings = {"identities": PEOPLE, "login": LOGIN, **settings}
    return _House(app, settings)


class _House:
    def __init__(self, app: Callable[[Asked], Any], settings: dict[str, Any]) -> None:
        self.serving, self.settings = serving(app), settings

    async def __aenter__(self):
        server = self.serving.__enter__()
        self.opened = opened(server.url, **self.settings)
        return server, await self.opened.__aenter__()

    async def __aexit__(self, *what: Any) -> None:
        await self.opened.__aexit__(*what)
        self.serving.__exit__(*what)


async def test_one_login_serves_many_requests_at_once() -> None:
    app = House()
    async with house(app) as (_, site):
        alice = site.acting_as("alice")

        answers = await asyncio.gather(*(alice.get(f"/{n}") for n in range(10)))

        assert {one.text for one in answers} == {"hello alice"}
        assert app.logins == {"alice": 1}


async def test_sessions_are_kept_apart_and_nobody_has_none() -> None:
    async with house(House()) as (server, site):
        said = [(await site.acting_as(n).get("/x")).text for n in ("alice", "bob", "alice")]
        stranger = await site.get("/x")

    assert said == ["hello alice", "hello bob", "hello alice"]
    assert stranger.status_code == 401
    assert not {"authorization", "cookie"} & set(server.asked[-1].headers)


async def test_who_is_unknown_cannot_be_acted_as() -> None:
    async with house(House()) as (_, site):
        with pytest.raises(Skip, match="needs the identity carol"):
            site.acting_as("carol")


@pytest.mark.parametrize(
    "refused",
    [
        as_json({}, 401),
        as_json({}, 403),
        Answer("", 302, [("Location", "/account/sign-in?next=/x")]),
        Answer("", 301, [("Location", "http://127.0.0.1/login")]),
    ],
    ids=["401", "403", "sign-in", "login"],
)
async def test_a_session_that_died_is_made_anew_and_the_request_asked_again(
    refused: Answer,
) -> None:
    app = House(refused)
    async with house(app) as (server, site):
        alice = site.acting_as("alice")
        await alice.get("/x")
        app.sessions.clear()

        answer = await alice.get("/y")

    assert answer.text == "hello alice"
    assert app.logins == {"alice": 2}
    assert [one.path for one in server.asked][-5:] == ["/y", "/me", "/login", "/me", "/y"]


async def test_many_requests_of_a_dead_session_make_one_new_login() -> None:
    app = House()
    async with house(app) as (_, site):
        alice = site.acting_as("alice")
        await alice.get("/x")
        app.sessions.clear()

        answers = await asyncio.gather(*(alice.get(f"/{n}") for n in range(10)))

    assert {one.text for one in answers} == {"hello alice"}
    assert app.logins == {"alice": 2}


async def test_a_refusal_while_the_session_lives_is_an_answer() -> None:
    app = House()

    def strict(asked: Asked) -> Answer | str:
        return Answer("not for you", 403) if asked.path.startswith("/admin") else app(asked)

    async with house(strict) as (server, site):
        alice = site.acting_as("alice")
        answers = [await alice.get("/admin") for _ in range(3)]

    assert [one.status_code for one in answers] == [403, 403, 403]
    # The check was asked at the login and for the first refusal, then the refusal was known.
    assert [one.path for one in server.asked] == [
        "/login",
        "/me",
        "/admin",
        "/me",
        "/admin",
        "/admin",
    ]


async def test_a_refused_session_that_became_somebody_elses_is_made_anew() -> None:
    app = House()

    def private(asked: Asked) -> Answer | str:
        answer = app(asked)
        mine = answer == "hello alice" or asked.path in ("/me", "/login")
        return answer if mine else Answer("not yours", 403)

    async with house(private) as (_, site):
        alice = site.acting_as("alice")
        await alice.get("/x")
        app.sessions["token-1-of-alice"] = "bob"

        answer = await alice.get("/private-to-alice")

    assert answer.text == "hello alice"
    assert app.logins == {"alice": 2}


async def test_without_a_check_a_path_that_let_in_before_tells() -> None:
    app = House()
    async with house(app, login=JSON) as (_, site):
        alice = site.acting_as("alice")
        await alice.get("/x")
        app.sessions.clear()

        never_seen = await alice.get("/y")
        seen_before = await alice.get("/x")

    assert never_seen.status_code == 401
    assert seen_before.text == "hello alice"
    assert app.logins == {"alice": 2}


async def test_a_session_that_dies_again_and_again_is_given_up() -> None:
    app = House()

    def forgetful(asked: Asked) -> Answer | str:
        if asked.path == "/x":
            app.sessions.clear()
        return app(asked)

    async with house(forgetful) as (_, site):
        alice = site.acting_as("alice")
        answers = [(await alice.get("/x")).status_code for _ in range(5)]
        with pytest.raises(Incomplete, match="session of alice died 6 times"):
            await alice.get("/x")

    assert answers == [401] * 5
    assert app.logins["alice"] == 6


async def test_a_failed_login_is_told_to_everybody_and_tried_once() -> None:
    app = House()
    people = {**PEOPLE, "alice": {"username": "alice", "password": "wrong"}}
    async with house(app, identities=people) as (_, site):
        whys = await asyncio.gather(
            *(site.acting_as("alice").get(f"/{n}") for n in range(5)), return_exceptions=True
        )
        others = await site.acting_as("bob").get("/x")

    assert {str(why) for why in whys} == {"alice could not log in: POST /login answered 401"}
    assert all(isinstance(why, Incomplete) for why in whys)
    assert app.logins == {"alice": 1, "bob": 1}
    assert others.text == "hello bob"


async def test_the_login_is_chosen_by_the_path() -> None:
    def app(asked: Asked) -> Answer | str:
        if asked.path == "/api/login":
            return as_json({"token": "token-of-the-api"})
        if asked.path == "/web/login":
            return as_json({}, 200, ("Set-Cookie", "sid=session-of-the-web; Path=/"))
        return Answer("who?", 401) if asked.path == "/public" else "hello"

    body = JSON["json"]["body"]
    logins = {
        "api": {"json": {**JSON["json"], "url": "/api/login"}, "for": ["/api/**"]},
        "web": {"json": {"url": "/web/login", "body": body}, "for": ["/web/**"]},
    }
    async with house(app, login=None, logins=logins) as (server, site):
        for path in ("/api/x", "/web/x", "/public"):
            await site.acting_as("alice").get(path)

    carried = {
        one.path: (one.headers.get("authorization"), one.headers.get("cookie"))
        for one in server.asked
    }
    assert carried["/api/x"] == ("Bearer token-of-the-api", None)
    assert carried["/web/x"] == (None, "sid=session-of-the-web")
    assert carried["/public"] == (None, None)
    assert [one.path for one in server.asked].count("/public") == 1


async def test_cookies_that_change_on_the_way_join_the_session() -> None:
    numbers = count(1)

    def app(asked: Asked) -> Answer | str:
        return Answer("hello", 200, [("Set-Cookie", f"sid=session-number-{next(numbers)}; Path=/")])

    async with house(app, login={"json": {"url": "/login", "body": {}}}) as (server, site):
        for _ in range(3):
            await site.acting_as("alice").get("/x")

    assert [one.cookies.get("sid") for one in server.asked] == [
        None,
        "session-number-1",
        "session-number-2",
        "session-number-3",
    ]


async def test_a_session_goes_to_its_own_origin_only() -> None:
    with serving(lambda asked: "hello") as other:
        hosts = [f"127.0.0.1:{other.port}"]
        async with house(House(), scope={"hosts": hosts, "login_hosts": hosts}) as (_, site):
            await site.acting_as("alice").get("/x")
            await site.acting_as("alice").get(f"{other.url}/x")

    (asked,) = other.asked
    assert not {"authorization", "cookie"} & set(asked.headers)


async def test_what_a_login_leaves_behind_is_masked_from_then_on() -> None:
    def app(asked: Asked) -> Answer | str:
        cookie = ("Set-Cookie", "sid=0123456789abcdef; Path=/")
        return as_json({"token": "an-opaque-token"}, 200, cookie)

    async with house(app, login=JSON) as (_, site):
        await site.acting_as("alice").get("/x")
        masked = site.deployment.masker.text("an-opaque-token and 0123456789abcdef and hello")

    assert masked == "••• and ••• and hello"


async def test_the_curl_line_is_told_how_a_session_travels_and_not_its_secret() -> None:
    async with house(House()) as (_, site):
        sessions = site.deployment.sessions
        before = sessions.credential("alice", "/x")
        await site.acting_as("alice").get("/x")

        assert (before, sessions.credential("alice", "/x")) == ("", "Authorization: Bearer {token}")


def jwt(name: str, lifetime: float) -> str:
    parts: list[object] = [{"alg": "HS256"}, {"sub": name, "exp": time.time() + lifetime}]
    coded = [base64.urlsafe_b64encode(json.dumps(one).encode()).decode() for one in parts]
    return ".".join([*(one.rstrip("=") for one in coded), "c2lnbmF0dXJl"])


def issuing(lifetime: float, issued: list[str]) -> Callable[[Asked], Any]:
    """A house of signed tokens that refuses those that are too old."""

    def app(asked: Asked) -> Answer | str:
        if asked.path == "/login":
            issued.append(jwt("alice", lifetime))
            return as_json({"token": issued[-1]})
        claims = asked.headers["authorization"].split(".")[1]
        expires = json.loads(base64.urlsafe_b64decode(claims + "=="))["exp"]
        return "hello alice" if expires > time.time() else Answer("too late", 401)

    return app


async def test_a_token_that_is_about_to_expire_is_renewed_before_it_is_refused() -> None:
    issued: list[str] = []
    async with house(issuing(1.2, issued)) as (server, site):
        alice = site.acting_as("alice")
        for _ in range(4):
            assert (await alice.get("/x")).text == "hello alice"
            await asyncio.sleep(0.33)
        held = await site.deployment.sessions.token("alice")

    assert len(issued) >= 2
    assert held == issued[-1]
    # Nothing was refused, so that no check was asked but at the logins.
    paths = [one.path for one in server.asked]
    assert paths.count("/me") == paths.count("/login") == len(issued)


async def test_a_token_that_looks_expired_on_arrival_is_used_all_the_same() -> None:
    app = House()

    def behind(asked: Asked) -> Answer | str:
        return as_json({"token": jwt("alice", -60)}) if asked.path == "/login" else "hello alice"

    async with house(behind) as (server, site):
        for _ in range(3):
            await site.acting_as("alice").get("/x")

    assert [one.path for one in server.asked].count("/login") == 1
    assert app.logins == {}


async def test_a_given_token_is_not_renewed() -> None:
    people = {"robot": {"token": jwt("robot", 0.01)}}
    async with house(lambda asked: "hello", identities=people, login=None) as (server, site):
        await site.acting_as("robot").get("/x")
        await asyncio.sleep(0.05)
        await site.acting_as("robot").get("/x")

    assert [one.path for one in server.asked] == ["/x", "/x"]


async def test_the_signed_token_of_an_identity_comes_before_its_other_ones() -> None:
    signed = jwt("alice", 3600)

    def app(asked: Asked) -> Answer | str:
        if asked.path == "/key":
            return as_json({"token": "an-opaque-key"})
        return Answer("hello", 200, [("Set-Cookie", f"auth={signed}; Path=/")])

    body = JSON["json"]["body"]
    logins = {
        "api": {"json": {"url": "/key", "body": body, "token": "$.token"}, "for": ["/api/**"]},
        "web": {"json": {"url": "/login", "body": body}, "for": ["/**"], **CHECK},
    }
    logins["web"]["check"] = {"url": "/me"}
    async with house(app, login=None, logins=logins) as (_, site):
        held = await site.deployment.sessions.bearer("alice")

    assert (held.token, held.header, held.value) == (signed, "Cookie", "auth={token}")
    assert held.is_jwt
    assert held.check is not None
    assert held.check.url == "/me"


async def test_an_opaque_token_is_better_than_none() -> None:
    async with house(House()) as (_, site):
        held = await site.deployment.sessions.bearer("alice")

    assert (held.token, held.value, held.is_jwt) == ("token-1-of-alice", "Bearer {token}", False)


async def test_a_session_of_plain_cookies_holds_no_token() -> None:
    def app(asked: Asked) -> Answer | str:
        return Answer("hello", 200, [("Set-Cookie", "sid=0123456789; Path=/")])

    async with house(app, login={"json": {"url": "/login", "body": {}}}) as (_, site):
        with pytest.raises(Skip, match="holds no token"):
            await site.deployment.sessions.bearer("alice")


async def test_who_is_disposable_is_what_the_targets_file_says() -> None:
    people = {**PEOPLE, "dora": {"username": "dora", "password": "x" * 9, "disposable": True}}
    async with house(House(), identities=people) as (_, site):
        disposable = [site.deployment.sessions.is_disposable(name) for name in site.identities]

    assert disposable == [False, False, True]

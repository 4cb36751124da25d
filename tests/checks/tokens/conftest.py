from __future__ import annotations

import base64
import hmac
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from loopback import Answer, Asked

Part = dict[str, Any]
LISTED = "change" + "me"
STRONG = secrets.token_hex(32)


def _coded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decoded(text: str) -> Part:
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def signature(signed: str, secret: str) -> str:
    return _coded(hmac.digest(secret.encode(), signed.encode(), "sha256"))


def issue(name: str, secret: str, lifetime: float | None = 3600) -> str:
    claims: Part = {"sub": name, "nonce": secrets.token_hex(4)}
    if lifetime is not None:
        claims["exp"] = time.time() + lifetime
    head = _coded(b'{"alg": "HS256", "typ": "JWT"}')
    signed = f"{head}.{_coded(json.dumps(claims).encode())}"
    return f"{signed}.{signature(signed, secret)}"


def careful(alg: str, signed: str, given: str, secret: str) -> bool:
    return alg == "HS256" and hmac.compare_digest(given, signature(signed, secret))


@dataclass
class Api:
    """Logs in by JSON at /login and says at /me who somebody is. `believes` is its verifier."""

    believes: Callable[[str, str, str, str], bool] = careful
    secret: str = STRONG
    lifetime: float | None = 3600
    cookie: bool = False
    only_issued: bool = False
    issued: set[str] = field(default_factory=set)

    def __call__(self, asked: Asked) -> Answer | str:
        match asked.path:
            case "/login":
                name = json.loads(asked.body)["user"]
                token = issue(name, self.secret, self.lifetime)
                self.issued.add(token)
                if self.cookie:
                    return Answer("{}", 200, [("Set-Cookie", f"auth={token}; Path=/; HttpOnly")])
                return Answer(json.dumps({"token": token}), kind="application/json")
            case "/me" | "/orders":
                name = self.who(asked)
                if not name:
                    return Answer('{"error": "log in"}', 401, kind="application/json")
                said = {"name": name, "seen": time.time(), "path": asked.path}
                return Answer(json.dumps(said), kind="application/json")
            case "/":
                return "<a href=/public>public</a><a href=/orders>orders</a>"
            case "/public":
                return "for everybody"
        return Answer("no", 404)

    def who(self, asked: Asked) -> str:
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        token = asked.cookies.get("auth", "") if self.cookie else token
        signed, _, given = token.rpartition(".")
        try:
            head, claims = map(_decoded, signed.split("."))
        except ValueError:
            return ""
        dead = "exp" in claims and claims["exp"] < time.time()
        if dead or (self.only_issued and token not in self.issued):
            return ""
        return claims["sub"] if self.believes(head["alg"], signed, given, self.secret) else ""


@pytest.fixture
def api() -> type[Api]:
    return Api


@pytest.fixture
def listed() -> str:
    """A secret that stands on the list."""
    return LISTED


@pytest.fixture
def ways() -> Part:
    """Settings of a target with one identity that logs in by JSON."""
    return {
        "identities": {"alice": {"username": "alice", "password": "pw-of-alice"}},
        "login": {
            "json": {
                "url": "/login",
                "body": {"user": "{username}", "pass": "{password}"},
                "token": "$.token",
            },
            "check": {"url": "/me", "contains": "{username}"},
        },
    }

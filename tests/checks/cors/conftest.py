import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from loopback import Answer, Asked

from scanner.contract import Check
from scanner.model import CheckRun

_SESSION = "sid=" + "c0ffee" * 4
_LOGIN: dict[str, Any] = {
    "identities": {"alice": {"username": "alice", "password": "wonderland"}},
    "login": {"json": {"url": "/login", "body": {"u": "{username}", "p": "{password}"}}},
}

Cors = Callable[[str], Sequence[tuple[str, str]]]
"""The headers of an answer to a request of this origin; empty text where it names none."""


@pytest.fixture
def scan_mail(probe: Callable[..., Any]) -> Callable[..., CheckRun]:
    """Scans an application with letters for alice only and news for everybody.

    `scan_mail(check, cors)` answers every request with the headers `cors(origin)`. Alice logs
    in unless `known` is false; `flags` are those of her session cookie.
    """

    def run(check: Check[Any], cors: Cors, *, flags: str = "", known: bool = True) -> CheckRun:
        settings = _LOGIN if known else {}
        result: CheckRun
        result, _ = probe(check, lambda asked: _answer(asked, cors, flags), **settings)
        return result

    return run


def _answer(asked: Asked, cors: Cors, flags: str) -> Answer:
    headers = list(cors(asked.headers.get("origin", "")))
    if asked.path == "/login":
        headers.append(("Set-Cookie", f"{_SESSION}; Path=/{flags}"))
    status, data = _data(asked.path, _SESSION in asked.headers.get("cookie", ""))
    if asked.path == "/":
        return Answer("<a href='/mail/letters.json'>Letters</a> <a href='/news/all.json'>News</a>")
    return Answer(json.dumps(data), status, headers, "application/json")


def _data(path: str, is_alice: bool) -> tuple[int, dict[str, Any]]:
    match path:
        case "/login":
            return 200, {}
        case "/news/all.json":
            return 200, {"news": ["Nothing is new."]}
        case "/mail/letters.json" if is_alice:
            return 200, {"letters": ["Dear Alice"]}
        case "/mail/letters.json":
            return 401, {"error": "who are you?"}
        case _:
            return 404, {"error": "not here"}

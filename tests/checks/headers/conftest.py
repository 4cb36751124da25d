from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from certificates import Authority, context
from loopback import Answer, Asked

from scanner.contract import Check
from scanner.model import CheckRun

Headers = Sequence[tuple[str, str]]

SAFE: Headers = (
    ("Content-Security-Policy", "default-src 'self'; base-uri 'none'; frame-ancestors 'none'"),
    ("Strict-Transport-Security", "max-age=63072000; includeSubDomains"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
)


@pytest.fixture
def look(probe: Callable[..., Any]) -> Callable[..., CheckRun]:
    """Runs a check on a site whose page /shop/ is under test; all other answers are safe.

    `look(check, ("Name", "value"), …, body=…, kind=…, status=…)`: the headers are those of the
    page, in their order.
    """

    def run(
        check: Check[Any],
        *headers: tuple[str, str],
        body: str = "<h1>Hello</h1>",
        kind: str = "text/html",
        status: int = 200,
        **settings: Any,
    ) -> CheckRun:
        def app(asked: Asked) -> Answer:
            if asked.path == "/shop/":
                return Answer(body, status, headers, kind)
            if asked.path == "/":
                return Answer("<a href='/shop/'>Shop</a>", headers=SAFE)
            return Answer("", 404, SAFE)

        result: CheckRun
        result, _ = probe(check, app, **settings)
        return result

    return run


@pytest.fixture(scope="session")
def https(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What `look` and `probe` need to speak https: a server's context, and trust in it."""
    authority = Authority(Path(tmp_path_factory.mktemp("authority")))
    return {"tls": context(authority.issue()), "verify": str(authority.bundle)}

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from certificates import Authority, context
from loopback import Answer, Asked

from scanner.contract import Check
from scanner.model import CheckRun


@pytest.fixture
def look(probe: Callable[..., Any]) -> Callable[..., CheckRun]:
    """Runs a check on a site whose start page sends these Set-Cookie lines, in their order."""

    def run(check: Check[Any], *lines: str, **settings: Any) -> CheckRun:
        def app(asked: Asked) -> Answer:
            set_them = [("Set-Cookie", line) for line in lines if asked.path == "/"]
            return Answer("<h1>Hello</h1>", 200 if asked.path == "/" else 404, set_them)

        result: CheckRun
        result, _ = probe(check, app, **settings)
        return result

    return run


@pytest.fixture(scope="session")
def https(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What `look` and `probe` need to speak https: a server's context, and trust in it."""
    authority = Authority(Path(tmp_path_factory.mktemp("authority")))
    return {"tls": context(authority.issue()), "verify": str(authority.bundle)}

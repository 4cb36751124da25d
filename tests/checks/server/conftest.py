from collections.abc import Callable
from typing import Any

import pytest

from scanner.contract import Check
from scanner.model import CheckRun


@pytest.fixture
def server(inspect: Callable[..., CheckRun]) -> Callable[..., list[int]]:
    """Looks at one server block with these lines; gives the lines found, the first being 2."""

    def run(check: Check[Any], lines: str) -> list[int]:
        run = inspect(check, {"deploy/nginx.conf": f"server {{ listen 80;\n{lines}\n}}\n"})
        assert run.reason == ""
        return [finding.where.line for finding in run.findings]

    return run

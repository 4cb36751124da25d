from collections.abc import Callable
from textwrap import dedent, indent
from typing import Any

import pytest

from scanner.contract import Check
from scanner.model import CheckRun

JOB = "on: {on}\npermissions: {{}}\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n"


@pytest.fixture
def steps(inspect: Callable[..., CheckRun]) -> Callable[..., list[tuple[str, int]]]:
    """Looks at one workflow with these steps; gives rules and lines, the first step's being 7."""

    def run(check: Check[Any], text: str, on: str = "push") -> list[tuple[str, int]]:
        workflow = JOB.format(on=on) + indent(dedent(text).lstrip("\n"), "      ")
        run = inspect(check, {".github/workflows/ci.yml": workflow})
        assert run.reason == ""
        return [(finding.rule.id, finding.where.line) for finding in run.findings]

    return run

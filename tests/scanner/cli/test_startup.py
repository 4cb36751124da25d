"""Help must not wait for what only a scan needs. `make bench` says how long it takes."""

import subprocess
import sys

import pytest

HEAVY = {"httpx", "pydantic", "playwright", "selectolax", "rich", "jinja2"}
SLOW = {"asyncio", "ssl", "sqlite3", "yaml", "cryptography", "bandit", "checks", "reports"}

PROGRAM = """
import sys
from scanner.cli import main
sys.argv = ["wallwalk", *sys.argv[1:]]
try:
    main()
finally:
    sys.stderr.write("\\n".join(sys.modules))
"""


def imported(*words: str) -> set[str]:
    """The packages that are loaded when the command has ended."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", PROGRAM, *words], capture_output=True, text=True, check=True
    )
    assert "Usage: wallwalk" in done.stdout
    return {name.partition(".")[0] for name in done.stderr.split()}


@pytest.mark.parametrize("words", [["--help"], ["scan", "--help"], ["replay", "--help"]])
def test_help_imports_nothing_that_only_a_scan_needs(words: list[str]) -> None:
    loaded = imported(*words)

    assert "click" in loaded
    assert not loaded & (HEAVY | SLOW)


def test_the_engine_imports_its_parts_when_they_are_asked_for() -> None:
    program = "import sys, scanner; before = set(sys.modules); scanner.Site; print(*before)"
    done = subprocess.run(
        [sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True
    )

    assert not HEAVY & set(done.stdout.split())

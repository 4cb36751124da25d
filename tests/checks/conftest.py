import asyncio
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scanner.contract import Check
from scanner.model import CheckRun
from scanner.running import run_check
from scanner.source import Source
from scanner.stop import Stop


@pytest.fixture
def inspect(tmp_path: Path) -> Callable[..., CheckRun]:
    """Runs one check, through the engine, over files in a git repository.

    Further arguments are those of `Source.open`. Called again, it adds files.
    """
    root = tmp_path / "project"

    def run(check: Check[Any], files: dict[str, str | bytes], **options: Any) -> CheckRun:
        for name, content in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        root.mkdir(exist_ok=True)
        environment = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull}
        subprocess.run(["git", "init", "-q", "."], cwd=root, env=environment, check=True)

        async def go() -> CheckRun:
            return await run_check(check, "source", Source.open(root, **options), Stop())

        return asyncio.run(go())

    return run

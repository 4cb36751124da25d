import asyncio
import json
import os
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from loopback import App, Asked, serving

from scanner.contract import Check, Discovered
from scanner.engine import scan
from scanner.model import CheckRun
from scanner.plan import Options, make_plan
from scanner.running import run_check
from scanner.source import Source
from scanner.stop import Stop
from scanner.targets.load import parse


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


@pytest.fixture
def probe() -> Callable[..., tuple[CheckRun, list[Asked]]]:
    """Scans an application on loopback with one check, as a scan of a targets file does.

    `probe(check, app, **settings)` gives the check's run and every request that the
    application saw; `settings` are keys of the target (`identities`, `logins`, `limits` …).
    With `tls` the application speaks https. Without an app nothing listens at the address.
    """

    def run(
        check: Check[Any],
        app: App | None,
        *,
        tls: ssl.SSLContext | None = None,
        profile: str = "staging",
        **settings: Any,
    ) -> tuple[CheckRun, list[Asked]]:
        with serving(app or (lambda _: None), tls=tls) as server:
            if app is not None:
                return asyncio.run(_scanned(check, server.url, profile, settings)), server.asked
        return asyncio.run(_scanned(check, server.url, profile, settings)), server.asked

    return run


@pytest.fixture
def probe_at() -> Callable[..., CheckRun]:
    """As `probe`, at the address of a server that the test itself runs."""

    def run(check: Check[Any], url: str, *, profile: str = "staging", **settings: Any) -> CheckRun:
        return asyncio.run(_scanned(check, url, profile, settings))

    return run


async def _scanned(check: Check[Any], url: str, profile: str, settings: Any) -> CheckRun:
    limits = {"rate": 10_000, "timeout": 5, **settings.pop("limits", {})}
    target = {"name": "app", "url": url, "profile": profile, "limits": limits, **settings}
    # JSON is YAML: the settings take the way of a targets file, complaints and masking included.
    text = json.dumps({"version": 1, "targets": [target]})
    file = parse(text.encode(), Path("targets.yaml"), env={})
    options = Options(root=None, file=file, targets=file.targets, file_name="targets.yaml")
    plan = await make_plan(options, Discovered((check,)))
    report = await scan(plan, lambda event: None, Stop())
    (result,) = (one for one in report.runs if one.check == check.id)
    return result

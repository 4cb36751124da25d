"""Whole scans for tests of the engine: from the keys of a targets file to a report."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from scanner.contract import Check, Discovered, check
from scanner.engine import scan
from scanner.events import Event
from scanner.masking import Masker
from scanner.model import CheckRun, Finding, Probes, Report, Severity
from scanner.plan import Options, make_plan
from scanner.site.deployment import deploy
from scanner.site.site import Site
from scanner.source import Source
from scanner.stop import Stop
from scanner.targets.load import parse


def live_check(id: str, run: Callable[[Any], Any], **facts: Any) -> Check[Any]:
    """A check of sites whose generator is `run`; `facts` as in `@check`."""
    return _made(id, run, Site, facts)


def source_check(id: str, run: Callable[[Any], Any], **facts: Any) -> Check[Any]:
    """A check of files whose generator is `run`; `facts` as in `@check`."""
    return _made(id, run, Source, facts)


def _made(id: str, run: Callable[[Any], Any], subject: type, facts: Any) -> Check[Any]:
    def plain(subject: Any) -> Iterator[Finding]:
        yield from ()

    plain.__annotations__ = {"subject": subject}
    facts = {"title": "Something", "severity": Severity.HIGH, "cwe": 1, **facts}
    return replace(check(id=id, **facts)(plain), run=run)


async def report_of(
    checks: Sequence[Check[Any]] | Discovered,
    *targets: dict[str, Any],
    root: Path | None = None,
    file: dict[str, Any] | None = None,
    stop: Stop | None = None,
    listen: Callable[[Event], None] = lambda event: None,
    **options: Any,
) -> Report:
    """The report of a scan: `targets` and `file` are what stands in targets.yaml, `options`
    those of `Options`."""
    found = checks if isinstance(checks, Discovered) else Discovered(tuple(checks))
    text = json.dumps({"version": 1, "targets": [_quick(t) for t in targets], **(file or {})})
    parsed = parse(text.encode(), Path("targets.yaml"), env={})
    made = Options(
        root=root, file=parsed, targets=parsed.targets, file_name="targets.yaml", **options
    )
    return await scan(await make_plan(made, found), listen, stop or Stop())


def scanned(*args: Any, **more: Any) -> Report:
    """`report_of`, outside of a loop."""
    return asyncio.run(report_of(*args, **more))


def run_of(report: Report, check: str) -> CheckRun:
    """The one run of `check`."""
    (found,) = (run for run in report.runs if run.check == check)
    return found


def _quick(target: dict[str, Any]) -> dict[str, Any]:
    limits = {"rate": 100_000, "timeout": 5, **target.get("limits", {})}
    return {"name": "app", "profile": "staging", **target, "limits": limits}


@asynccontextmanager
async def opened(
    url: str,
    *,
    probes: Probes = "active",
    level: Probes = "deep",
    env: dict[str, str] | None = None,
    **settings: Any,
) -> AsyncIterator[Site]:
    """The target at `url` as a check that sends `probes` sees it; at most `level` is allowed."""
    text = json.dumps({"version": 1, "targets": [_quick({"url": url, **settings})]})
    (target,) = parse(text.encode(), Path("targets.yaml"), env=env or {}).targets
    async with deploy(target, level, Masker()) as deployment:
        yield deployment.site("room/check", probes)

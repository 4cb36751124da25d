from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from scanning import live_check, scanned

import reports
from scanner.contract import Check
from scanner.model import AtUrl, Finding, Probes
from scanner.proof import Proof
from scanner.site.site import Site
from scanner.targets import TargetsFile
from scanner.targets.load import parse


@pytest.fixture
def reported(tmp_path: Path) -> Callable[..., tuple[Path, str]]:
    """Scans the application at `url` with one check, and gives the report and a fingerprint.

    `found` is a check, or a proof that a check of ours will yield. `format` is json or sarif.
    Further arguments are keys of the target. Once, `edit` changes what stands in the report.
    """

    def run(
        found: Check[Any] | Proof,
        url: str,
        *,
        format: str = "json",
        probes: Probes = "active",
        message: str = "Something is wrong.",
        edit: Callable[[Any], None] = lambda data: None,
        **target: Any,
    ) -> tuple[Path, str]:
        check = proving(found, probes, message) if isinstance(found, Proof) else found
        report = scanned([check], {"url": url, **target})
        (finding, *_) = report.findings
        data = json.loads(reports.writers()[format].render(report))
        edit(data)
        path = tmp_path / f"results.{format}"
        path.write_text(json.dumps(data))
        return path, finding.fingerprint

    return run


def proving(proof: Proof, probes: Probes, message: str) -> Check[Site]:
    async def run(site: Site) -> Any:
        where = AtUrl(site.name, "GET", f"{site.origin}/")
        yield Finding(check.rule, message, where, proof=proof)

    check = live_check("room/flaw", run, probes=probes)
    return check


@pytest.fixture
def targets() -> Callable[..., TargetsFile]:
    """A targets file of one target; arguments are its keys."""

    def make(url: str, **keys: Any) -> TargetsFile:
        limits = {"rate": 10_000, "timeout": 5}
        target = {"name": "app", "url": url, "limits": limits, **keys}
        text = json.dumps({"version": 1, "targets": [target]})
        return parse(text.encode(), Path("targets.yaml"), env={})

    return make

"""What came of the scan: the job summary, the outputs, and the file for GitHub."""

from __future__ import annotations

import html
import json
import os
import sys
from pathlib import Path
from typing import Any

from inputs import INCOMPLETE, INTERRUPTED, WRONG

MOST_RUNS = 20
"""In one SARIF file, for GitHub."""


def believed(code: int, said: str, report: Path) -> tuple[int, str]:
    """The exit code is believed when the report says the same."""
    if code == WRONG and said:
        return code, said
    if (results := _results(report)) and results.get("exit_code") == code:
        return code, ""
    if code in (0, 1):
        return INCOMPLETE, f"the scan ended with {code}, and its report does not say so"
    why = f"the scan ended with {code}: see the log"
    return (code if code in (WRONG, INTERRUPTED) else INCOMPLETE), why


def _results(report: Path) -> dict[str, Any]:
    try:
        results: dict[str, Any] = json.loads((report / "results.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return results


def summarise(code: int, said: str, report: Path) -> None:
    """The job summary: the scan's own, which stays under what GitHub takes, or why there is
    none."""
    written = report / "summary.md"
    if written.is_file():
        _append("GITHUB_STEP_SUMMARY", written.read_text(encoding="utf-8"))
    if said:
        text = " ".join(html.escape(said).split())
        _append("GITHUB_STEP_SUMMARY", f"\n**wallwalk** (exit code {code})\n<pre>{text}</pre>\n")


def outputs(code: int, report: Path, checkout: str) -> None:
    """Write the outputs of the step. `checkout` is what the paths in the SARIF are relative to."""
    results = _results(report)
    findings = [f for f in results.get("findings", ()) if not f["suppressed"]]
    gaps = [o for o in results.get("outcomes", ()) if o["outcome"] == "incomplete"]
    sarif = report / "results.sarif"
    for name, value in {
        "exit-code": str(code),
        "report-dir": str(report),
        "sarif-file": str(sarif) if sarif.is_file() else "",
        "upload-file": uploadable(report),
        "checkout": checkout,
        "findings": str(len(findings)) if results else "",
        "incomplete": str(len([o for o in gaps if not o["accepted"]])) if results else "",
    }.items():
        _append("GITHUB_OUTPUT", f"{name}={value}\n")


def uploadable(report: Path) -> str:
    """The file for GitHub: only what was scanned completely and as a whole, since GitHub closes
    every alert that an upload leaves out. Empty when nothing is left."""
    logs = [json.loads(path.read_bytes()) for path in sorted(report.glob("results*.sarif"))]
    runs = [run for log in logs for run in log["runs"] if _whole(run)]
    if not runs:
        return ""
    if len(runs) > MOST_RUNS:
        left = f"{len(runs) - MOST_RUNS} targets were not uploaded: GitHub takes {MOST_RUNS} runs"
        tell("warning", f"{left} at a time, so scan them in two jobs")
    upload = report / "upload.sarif"
    upload.write_text(json.dumps({**logs[0], "runs": runs[:MOST_RUNS]}), encoding="utf-8")
    return str(upload)


def _whole(run: dict[str, Any]) -> bool:
    invocations = run.get("invocations") or [{}]
    succeeded = all(one.get("executionSuccessful") is True for one in invocations)
    return succeeded and not run.get("properties", {}).get("partial")


def _append(variable: str, text: str) -> None:
    with open(os.environ[variable], "a", encoding="utf-8") as file:
        file.write(text)


def tell(level: str, text: str) -> None:
    """An annotation of the job: `level` is error or warning."""
    data = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    note(f"::{level} title=wallwalk::{data}")


def note(text: str) -> None:
    """A line of the job's log."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()

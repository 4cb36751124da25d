"""The action as a runner would run it: each `run` of action.yml in bash, with GitHub's variables."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", "-c", "user.name=Ann", "-c", "user.email=ann@example.com", *words],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull},
        capture_output=True,
        check=True,
    )
    return done.stdout.decode().strip()


def commit(folder: Path, files: dict[str, str | bytes]) -> str:
    """Write `files` and commit everything; returns the commit."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", "change")
    return git(folder, "rev-parse", "HEAD")


@dataclass
class Ran:
    """What the action left: its exit code, the outputs of its scan step, summary, log."""

    code: int
    outputs: dict[str, str]
    summary: str
    log: str

    @property
    def uploaded(self) -> list[str]:
        """The categories that the upload step would be given."""
        if not self.outputs["upload-file"]:
            return []
        log = json.loads(Path(self.outputs["upload-file"]).read_text())
        return [run["automationDetails"]["id"] for run in log["runs"]]

    @property
    def results(self) -> dict[str, Any]:
        text = Path(self.outputs["report-dir"], "results.json").read_text()
        results: dict[str, Any] = json.loads(text)
        return results


@dataclass
class Runner:
    """A runner with the repository acme/shop checked out, and acme/shop on its server."""

    workspace: Path
    temporary: Path
    server: Path
    environment: dict[str, str] = field(default_factory=dict)
    cancel_at: str = ""
    """The job is cancelled when this stands in the log: the runner sends SIGINT to the step."""

    def run(self, event: str = "push", data: dict[str, Any] | None = None, **inputs: str) -> Ran:
        payload = self.temporary / "event.json"
        payload.write_text(json.dumps(data or {}))
        for name in ("output", "summary"):
            (self.temporary / name).write_text("")
        known = {name: given.get("default", "") for name, given in ACTION["inputs"].items()}
        known |= {"token": ""} | {name.replace("_", "-"): text for name, text in inputs.items()}
        steps = [step for step in ACTION["runs"]["steps"] if "run" in step]
        log = self._step(steps[0], event, {f"inputs.{k}": v for k, v in known.items()})[1]
        lines = (self.temporary / "output").read_text().splitlines()
        outputs = dict(line.split("=", 1) for line in lines)
        code, _ = self._step(
            steps[-1], event, {f"steps.scan.outputs.{k}": v for k, v in outputs.items()}
        )
        return Ran(code, outputs, (self.temporary / "summary").read_text(), log)

    def _step(self, step: dict[str, Any], event: str, known: dict[str, str]) -> tuple[int, str]:
        def value(found: re.Match[str]) -> str:
            return known.get(found[1], "")

        given = {
            name: re.sub(r"\$\{\{ ([\w.-]+) }}", value, text) for name, text in step["env"].items()
        }
        with subprocess.Popen(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.workspace,
            env=self._environment(event) | given,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as process:
            assert process.stdout
            log = ""
            for line in process.stdout:
                log += line.decode(errors="replace")
                if self.cancel_at and self.cancel_at in log:
                    self.cancel_at = ""
                    process.send_signal(signal.SIGINT)
        return process.returncode, log

    def _environment(self, event: str) -> dict[str, str]:
        return {
            "PATH": f"{sys.base_prefix}/bin:{os.environ['PATH']}",
            "HOME": str(self.temporary),
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_WORKSPACE": str(self.workspace),
            "GITHUB_EVENT_NAME": event,
            "GITHUB_EVENT_PATH": str(self.temporary / "event.json"),
            "GITHUB_OUTPUT": str(self.temporary / "output"),
            "GITHUB_STEP_SUMMARY": str(self.temporary / "summary"),
            "GITHUB_SERVER_URL": f"file://{self.server}",
            "GITHUB_REPOSITORY": "acme/shop",
            "RUNNER_TEMP": str(self.temporary),
            "PYTHONDONTWRITEBYTECODE": "1",
            "WALLWALK_ACTION_VENV": sys.prefix,
            **self.environment,
        }

    def push(self) -> None:
        """Put what the workspace has on the server."""
        git(self.workspace, "push", "-q", str(self.server / "acme" / "shop"), "HEAD:main")

    def check_out_shallow(self, branch: str = "main") -> None:
        """The workspace as actions/checkout leaves it: only the last commit."""
        shutil.rmtree(self.workspace)
        url = f"file://{self.server}/acme/shop"
        git(self.temporary, "clone", "-q", "--depth=1", "-b", branch, url, str(self.workspace))

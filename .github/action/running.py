"""Installing wallwalk and running the scan."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
from pathlib import Path

from inputs import INCOMPLETE, WRONG, Ended
from outcome import note


def program(temporary: Path) -> list[str]:
    """How wallwalk is started: from a virtual environment of its own, made at first use, or
    from the one that WALLWALK_ACTION_VENV names."""
    ready = os.environ.get("WALLWALK_ACTION_VENV", "")
    venv = Path(ready or temporary / "wallwalk-venv")
    python = str(venv / "bin" / "python")
    done = venv / "installed"
    action = os.environ["GITHUB_ACTION_PATH"]
    if not ready and not (done.is_file() and done.read_text() == action):
        if sys.version_info < (3, 11):  # noqa: UP036  (the runner's own, whatever it is)
            version = ".".join(map(str, sys.version_info[:2]))
            mend = "put actions/setup-python before this step"
            raise Ended(WRONG, f"wallwalk needs Python 3.11 or newer, this is {version}: {mend}")
        install = ("-I", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", action)
        for argv in (
            (sys.executable, "-I", "-m", "venv", "--clear", str(venv)),
            (python, *install),
        ):
            if subprocess.run(argv, cwd=temporary, env=_environment(), check=False).returncode:
                raise Ended(INCOMPLETE, "wallwalk could not be installed: see the log above")
        done.write_text(action)
    return [python, "-I", str(venv / "bin" / "wallwalk")]


def scanned(argv: list[str], temporary: Path) -> tuple[int, str]:
    """Runs the scan; returns its exit code, and why when it could not begin.

    What it prints may come from the scanned repository, so the runner is told to take no
    commands (`::set-output …`) from it. A signal is passed on, so that reports get written.
    """
    token = secrets.token_hex(16)
    note(f"::stop-commands::{token}")
    process = subprocess.Popen(
        argv,
        cwd=temporary,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, frame: process.send_signal(number))
    said = b""
    for line in process.stdout or ():
        sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()
        if line.startswith(b"wallwalk: "):
            said = line
    code = process.wait()
    note(f"\n::{token}::")
    why = said.decode(errors="replace").partition(": ")[2].strip()
    return code, why if code == WRONG else ""


def _environment() -> dict[str, str]:
    """The runner's environment without what was meant for this file, or for another Python."""
    left_out = ("INPUT_", "PYTHON", "GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH")
    return {n: value for n, value in os.environ.items() if not n.startswith(left_out)}

"""The installed command in a process of its own, as a shell or a pipeline starts it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

WALLWALK = str(Path(sys.executable).with_name("wallwalk"))

FLAW = "import subprocess\nsubprocess.call(input(), shell=True)\n"
"""What bandit finds: B602, high."""


def environment(home: Path, **more: str) -> dict[str, str]:
    """The least that a command needs: nothing of whoever runs the tests."""
    return {"PATH": os.environ["PATH"], "HOME": str(home), **more}


def wallwalk(
    *words: str | Path, cwd: Path, env: dict[str, str] | None = None, **more: Any
) -> subprocess.CompletedProcess[str]:
    """Run it to its end. What it prints is read as UTF-8, byte for byte."""
    return subprocess.run(
        [WALLWALK, *map(str, words)],
        cwd=cwd,
        env=environment(cwd.parent, **(env or {})),
        stdin=subprocess.DEVNULL,
        capture_output="stdout" not in more and "stderr" not in more,
        encoding="utf-8",
        errors="surrogateescape",
        timeout=120,
        check=False,
        **more,
    )


@contextmanager
def begun(*words: str | Path, cwd: Path) -> Iterator[subprocess.Popen[str]]:
    """It, running, with both its outputs to read; it ends with the block at the latest."""
    with subprocess.Popen(
        [WALLWALK, *map(str, words)],
        cwd=cwd,
        env=environment(cwd.parent),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        preexec_fn=_heed_interrupts,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _heed_interrupts() -> None:
    """As in a terminal: a job in the background of a script is started with SIGINT ignored, and
    hands that on to whatever it starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def read_until(process: subprocess.Popen[str], text: str) -> str:
    """What it says on its standard error, up to a line that holds `text`."""
    assert process.stderr
    said = ""
    while text not in said:
        line = process.stderr.readline()
        if not line:
            raise AssertionError(f"it ended without {text!r}: {said}")
        said += line
    return said

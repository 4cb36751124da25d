"""What this installation has to work with, and what each missing part costs."""

from __future__ import annotations

import platform
import shutil
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from scanner.browser import find_chromium


@dataclass(frozen=True, slots=True)
class Part:
    """An engine, a browser or data: `found` is its version, or empty when it is not there.

    `costs` says what is not checked without it, `install` the command that brings it.
    """

    name: str
    found: str
    costs: str
    install: str


def parts() -> Iterator[Part]:
    """Every part that a check may need, in the order of how much is lost without it."""
    yield Part("Python", platform.python_version(), "", "apt-get install python3 python3-venv")
    yield Part(
        "git",
        _said(["git", "--version"]).removeprefix("git version "),
        "files are walked instead of listed, and --changed-since is refused",
        "apt-get install git",
    )
    yield Part("bandit", _distribution("bandit"), "code/bandit is incomplete", _pip("bandit"))
    yield Part(
        "pip-audit",
        _distribution("pip-audit"),
        "dependencies/python is incomplete",
        _pip("pip-audit"),
    )
    yield Part("OpenSSL", ssl.OPENSSL_VERSION.removeprefix("OpenSSL "), "", "")
    browser = find_chromium()
    yield Part(
        "Chromium",
        _said([str(browser), "--version"]).removeprefix("Chromium ") if browser else "",
        "nothing yet: browser checks are not built; tests of the reports need it",
        "apt-get install chromium",
    )


def _distribution(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _pip(name: str) -> str:
    return f"{sys.executable} -m pip install {name}"


def _said(argv: list[str]) -> str:
    program = shutil.which(argv[0])
    if program is None:
        return ""
    try:
        done = subprocess.run(
            [program, *argv[1:]], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""

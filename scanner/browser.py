"""Where a Chromium is, and how it is started."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_QUIET = (
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_CACHES = {"darwin": "Library/Caches", "win32": "AppData/Local"}
_INSIDE = (
    "chromium-*/chrome-*/chrome",
    "chromium-*/chrome-*/chrome.exe",
    "chromium-*/chrome-*/*.app/Contents/MacOS/*",
)


def find_chromium() -> Path | None:
    """The Chromium that `$WALLWALK_CHROMIUM` names, else one on PATH, else playwright's own.

    A name that the user gave counts alone: another browser in its place would surprise them.
    """
    if named := os.environ.get("WALLWALK_CHROMIUM"):
        found = shutil.which(named)
        return Path(found) if found else None
    for name in _NAMES:
        if found := shutil.which(name):
            return Path(found)
    return _of_playwright()


def chromium_flags() -> list[str]:
    """What Chromium is started with: no window, and no traffic of its own."""
    # As root, which is usual in containers, Chromium refuses to start with its sandbox.
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return [*_QUIET, "--no-sandbox"] if is_root else [*_QUIET]


def _of_playwright() -> Path | None:
    """Looked for on disk, because asking playwright itself starts node, which takes half a
    second."""
    folder = os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or os.path.expanduser(
        f"~/{_CACHES.get(sys.platform, '.cache')}/ms-playwright"
    )
    found = (path for inside in _INSIDE for path in Path(folder).glob(inside))
    return max((p for p in found if os.access(p, os.X_OK)), key=_revision, default=None)


def _revision(path: Path) -> int:
    """The number of the browser in `…/chromium-1187/chrome-linux/chrome`."""
    part = next(part for part in path.parts if part.startswith("chromium-"))
    number = part.removeprefix("chromium-")
    return int(number) if number.isdecimal() else 0

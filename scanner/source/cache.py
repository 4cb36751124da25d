"""What a tool said about a file's content, kept from scan to scan."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

_MOST_ENTRIES = 50_000
_MOST_BYTES = 256_000_000


def default_folder() -> Path:
    """wallwalk's folder among the user's caches, by the rules of the platform."""
    if sys.platform == "win32":
        given = os.environ.get("LOCALAPPDATA")
        return Path(given or Path.home() / "AppData" / "Local") / "wallwalk" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "wallwalk"
    given = os.environ.get("XDG_CACHE_HOME", "")
    # The XDG base directory specification has relative paths ignored.
    return (Path(given) if os.path.isabs(given) else Path.home() / ".cache") / "wallwalk"


class Cache:
    """JSON values by a digest of everything they depend on.

    It only ever saves time: what cannot be read is absent, what cannot be written is not kept.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self._pruned = False

    @classmethod
    def outside(cls, root: Path, folder: Path | None) -> Cache:
        """A cache in `folder`; none when that lies in the scanned tree `root` or belongs to
        another user, because then somebody else may have written what it says."""
        if folder is None or folder.resolve().is_relative_to(root):
            return cls(None)
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            mine = not hasattr(os, "getuid") or folder.stat().st_uid == os.getuid()
        except OSError:
            return cls(None)
        return cls(folder if mine else None)

    @staticmethod
    def key(*parts: str | bytes) -> str:
        """A digest of `parts`; their order and boundaries count."""
        digest = hashlib.sha256()
        for part in parts:
            data = part.encode("utf-8", "surrogateescape") if isinstance(part, str) else part
            digest.update(b"%d:" % len(data))
            digest.update(data)
        return digest.hexdigest()

    def get(self, key: str) -> Any:
        """The value, or None."""
        if self.folder is None:
            return None
        try:
            return json.loads(self._place(self.folder, key).read_bytes())
        except (OSError, ValueError, RecursionError):
            return None

    def put(self, key: str, value: Any) -> None:
        """Keeps `value`, in one step, so that another scan sees all of it or nothing."""
        if self.folder is None:
            return
        if not self._pruned:
            self._pruned = True
            _prune(self.folder)
        place = self._place(self.folder, key)
        with contextlib.suppress(OSError):
            place.parent.mkdir(mode=0o700, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=place.parent, suffix=".part")
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    json.dump(value, file)
                os.replace(name, place)
            except OSError:
                Path(name).unlink(missing_ok=True)
                raise

    @staticmethod
    def _place(folder: Path, key: str) -> Path:
        return folder / key[:2] / f"{key}.json"


def _prune(folder: Path) -> None:
    """Takes out the oldest entries until a quarter of the bounds is free again."""
    entries = []
    for path in folder.glob("??/*"):
        with contextlib.suppress(OSError):
            stat = path.stat()
            entries.append((stat.st_mtime, stat.st_size, path))
    count, size = len(entries), sum(entry[1] for entry in entries)
    if count <= _MOST_ENTRIES and size <= _MOST_BYTES:
        return
    for _, bytes_, path in sorted(entries):
        if count <= _MOST_ENTRIES * 3 // 4 and size <= _MOST_BYTES * 3 // 4:
            break
        with contextlib.suppress(OSError):
            path.unlink()
        count, size = count - 1, size - bytes_

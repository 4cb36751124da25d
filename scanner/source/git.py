"""What git says about a tree, asked so that nothing in the tree can run.

A repository's own configuration may name programs (fsmonitor, hooks, filters, remote helpers)
and other folders (core.worktree). So its configuration is overruled, only commands are used
that neither compare contents nor run filters, nothing may be fetched, and where the repository
lies is said and not left to git.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from scanner.text import one_line

_TIMEOUT = 120
_OVERRULED = (
    "core.fsmonitor=",
    "core.hooksPath=/dev/null",
    "core.excludesFile=/dev/null",
    "core.untrackedCache=false",
)
_KEPT = ("PATH", "SYSTEMROOT", "TMPDIR", "TEMP", "TMP")


class SourceError(Exception):
    """The tree cannot be listed as it was asked for. The message says why, in one line."""


class GitMissing(Exception):
    """There is no git program."""


@dataclass(frozen=True, slots=True)
class Repository:
    """The working tree at `top`."""

    top: Path

    @classmethod
    def around(cls, folder: Path) -> Repository | None:
        """The repository that `folder` (resolved) lies in: the nearest folder with a `.git`."""
        for top in (folder, *folder.parents):
            if os.path.lexists(top / ".git"):
                return cls(top)
        return None

    def listed(self, folder: Path) -> list[str]:
        """Paths under `folder`, relative to it: tracked ones, and untracked ones that are not
        ignored. A repository in the repository is one entry: a tracked one (a submodule) by its
        name, an untracked one with a slash at its end."""
        asked = ("ls-files", "-z", "--cached", "--others", "--exclude-standard")
        return list(dict.fromkeys(_names(self._git(folder, *asked))))

    def ignores(self, folder: Path) -> bool:
        """Whether git ignores `folder` as a whole."""
        if folder == self.top:
            return False
        return bool(self._git(folder.parent, "check-ignore", "--", f"./{folder.name}", none=1))

    def base(self, revision: str) -> str:
        """The commit where `revision` and HEAD parted.

        Raises SourceError for a revision that is not known, or has nothing in common with HEAD.
        """
        if not revision or revision.startswith("-"):
            raise SourceError(f"{one_line(revision)!r} is not a revision")
        wanted = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        commit = self._git(self.top, *wanted, none=1).decode().strip()
        if not commit:
            raise SourceError(f"git knows no revision {one_line(revision)!r} here")
        base = self._git(self.top, "merge-base", commit, "HEAD", none=1).decode().strip()
        if not base:
            raise SourceError(
                f"{one_line(revision)!r} and HEAD have no commit in common "
                "(a shallow clone needs its history: fetch-depth: 0)"
            )
        return base

    def unchanged(self, base: str, paths: Iterable[str]) -> Iterator[str]:
        """Those of `paths` (relative to the top) whose bytes on disk are those in commit `base`.

        We hash the files ourselves, because `git diff` would run the filters that the
        repository configures. A file that a filter changes counts as changed.
        """
        blobs: dict[str, str] = {}
        for entry in _names(self._git(self.top, "ls-tree", "-r", "-z", "--full-tree", base)):
            about, _, path = entry.partition("\t")
            blobs[path] = about.split()[-1]
        for path in paths:
            if path in blobs and _blob(self.top / path, blobs[path]):
                yield path

    def _git(self, folder: Path, *arguments: str, none: int | None = None) -> bytes:
        """What git prints; nothing when it ends with the exit code `none`.

        That GIT_DIR is given also spares its question about who owns the folder, which guards
        against the programs that are overruled here.
        """
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ} | {
            "LC_ALL": "C",
            "GIT_DIR": str(self.top / ".git"),
            "GIT_WORK_TREE": str(self.top),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_TERMINAL_PROMPT": "0",
            # A partial clone fetches what it lacks, by programs that its configuration names.
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_ALLOW_PROTOCOL": "none",
        }
        settings = [word for setting in _OVERRULED for word in ("-c", setting)]
        try:
            done = subprocess.run(
                ["git", "--no-pager", *settings, *arguments],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_TIMEOUT,
                check=False,
            )
        except FileNotFoundError:
            raise GitMissing from None
        except subprocess.TimeoutExpired:
            raise SourceError(
                f"git {arguments[0]} did not end within {_TIMEOUT} s in {one_line(str(folder))}"
            ) from None
        if done.returncode == 0:
            return done.stdout
        if done.returncode == none:
            return b""
        said = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["no output"]
        raise SourceError(
            f"git {arguments[0]} failed in {one_line(str(folder))}: {one_line(said[0])}"
        )


def _names(output: bytes) -> Iterator[str]:
    for name in output.split(b"\0"):
        if name:
            yield os.fsdecode(name)


def _blob(path: Path, expected: str) -> bool:
    """Whether the file's content has git's object id `expected` (SHA-1 or SHA-256)."""
    try:
        data = os.fsencode(os.readlink(path)) if path.is_symlink() else path.read_bytes()
    except OSError:
        return False
    digest = hashlib.sha256() if len(expected) == 64 else hashlib.sha1(usedforsecurity=False)
    digest.update(b"blob %d\0" % len(data) + data)
    return digest.hexdigest() == expected

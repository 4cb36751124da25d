"""Which files a tree has, and which of them are not read."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from scanner.source.files import LARGEST, LeftOut
from scanner.source.git import GitMissing, Repository, SourceError

_PASSED_BY = (
    ".git .hg .svn .bzr CVS .jj node_modules bower_components .venv __pycache__ .tox .nox .eggs "
    ".mypy_cache .pytest_cache .ruff_cache .hypothesis .terraform .gradle .direnv wallwalk-report"
)
PASSED_BY = frozenset(_PASSED_BY.split())
"""Folders of other people's or generated files, our reports among them; passed by where no git
says what counts."""


@dataclass
class Listing:
    """What was found under `root`: paths of regular files, relative to it."""

    root: Path
    paths: list[str] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _inside: dict[str, bool] = field(default_factory=dict)

    def take(self, path: str) -> None:
        """Adds `path`, if it is a file that may be read; a deleted one is passed over."""
        parts = path.split("/")
        if ".." in parts or path.startswith("/") or ".git" in map(str.lower, parts):
            return  # a forged index can name anything
        whole = os.path.join(self.root, path)
        try:
            about = os.lstat(whole)
            if not self._stays(os.path.dirname(whole)):
                self.left_out.append(LeftOut(path, "leads out of the tree"))
                return
            if stat.S_ISLNK(about.st_mode):
                if not Path(os.path.realpath(whole)).is_relative_to(self.root):
                    self.left_out.append(LeftOut(path, "leads out of the tree"))
                    return
                about = os.stat(whole)
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            self.left_out.append(LeftOut(path, f"unreadable: {error.strerror}"))
            return
        if not stat.S_ISREG(about.st_mode):
            return
        if about.st_size > LARGEST:
            self.left_out.append(LeftOut(path, f"over {LARGEST // 1_000_000} MB"))
        elif not os.access(whole, os.R_OK):
            self.left_out.append(LeftOut(path, "unreadable: permission denied"))
        else:
            self.paths.append(path)

    def _stays(self, folder: str) -> bool:
        if folder not in self._inside:
            self._inside[folder] = Path(os.path.realpath(folder)).is_relative_to(self.root)
        return self._inside[folder]


def list_files(root: Path, repository: Repository | None) -> Listing:
    """The files under `root`, as git lists them; all of them where git ignores `root` itself,
    or there is none. Raises SourceError when git fails."""
    listing = Listing(root)
    try:
        if repository is None:
            listing.notes.append("not a git repository: every file is read, but for tool folders")
        elif repository.ignores(root):
            listing.notes.append(
                "git ignores this folder: every file is read, but for tool folders"
            )
        else:
            _as_git_does(listing, repository, root, "")
            return listing
    except GitMissing:
        listing.notes.append("git is not installed: .gitignore was not considered")
    passed_by: dict[str, int] = {}
    for path in _walked(listing, passed_by):
        listing.take(path)
    if passed_by:
        names = ", ".join(f"{name} ({count})" for name, count in sorted(passed_by.items()))
        listing.notes.append(f"folders passed by: {names}")
    return listing


def _as_git_does(listing: Listing, repository: Repository, folder: Path, prefix: str) -> None:
    for name in repository.listed(folder):
        if name.endswith("/"):
            listing.notes.append(f"a repository of its own, not part of this one: {prefix}{name}")
            continue
        inner = folder / name
        if inner.is_dir() and not inner.is_symlink():
            if (inner / ".git").exists():
                _as_git_does(listing, Repository(inner), inner, f"{prefix}{name}/")
            else:
                listing.notes.append(f"a submodule that is not checked out: {prefix}{name}")
        else:
            listing.take(prefix + name)


def _walked(listing: Listing, passed_by: dict[str, int]) -> Iterator[str]:
    def failed(error: OSError) -> None:
        path = os.path.relpath(error.filename, listing.root)
        listing.left_out.append(LeftOut(path, f"unreadable: {error.strerror}"))

    for folder, names, files in os.walk(listing.root, onerror=failed):
        for name in [n for n in names if n in PASSED_BY or _is_environment(folder, n)]:
            names.remove(name)
            passed_by[name] = passed_by.get(name, 0) + 1
        within = os.path.relpath(folder, listing.root).replace(os.sep, "/")
        for name in files:
            yield name if within == "." else f"{within}/{name}"


def _is_environment(folder: str, name: str) -> bool:
    """A Python virtual environment, whatever its name."""
    return os.path.exists(os.path.join(folder, name, "pyvenv.cfg"))


def resolved(path: Path) -> Path:
    """`path`, absolute and without links. Raises SourceError when it is not there."""
    try:
        return path.resolve(strict=True)
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror or 'cannot be read'}") from None
    except RuntimeError:
        raise SourceError(f"{path}: a loop of symbolic links") from None

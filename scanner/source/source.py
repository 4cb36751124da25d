"""What a file check is given: the scanned files, and the tools that read them."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from scanner.model import InFile
from scanner.source.cache import Cache
from scanner.source.files import LeftOut, SourceFile, is_binary, neutral
from scanner.source.git import GitMissing, Repository, SourceError
from scanner.source.ignores import Ignore
from scanner.source.listing import Listing, list_files, resolved
from scanner.source.patterns import Patterns, patterns
from scanner.source.tool import run_tool
from scanner.text import one_line

_DISTINCTIVE = re.compile(r"(?=.*\d)(?=.*[A-Za-z]).{8,}|.{20,}", re.DOTALL)
_MOST_SECRETS = 50
"""Each makes every text of the report slower to mask; lines of findings are masked anyway."""

TESTS = ("tests/", "test/", "test_*.py", "*_test.py", "conftest.py")


@dataclass(frozen=True, slots=True)
class Advisories:
    """Which service knows the advisories; `url` is a mirror of an OSV service."""

    service: Literal["auto", "pypi", "osv", "store"] = "auto"
    url: str = ""

    @property
    def on_internet(self) -> bool:
        """Whether asking it leaves this machine."""
        if self.service == "store":
            return False
        host = urlsplit(self.url).hostname or "" if self.url else ""
        try:
            return not ipaddress.ip_address(host).is_loopback
        except ValueError:
            return host != "localhost"


@dataclass
class Source:
    """The files under `root`. Made by `Source.open`."""

    root: Path
    advisories: Advisories
    cache: Cache
    jobs: int
    _top: Path
    _tests: Patterns
    _listing: Listing
    _slots: asyncio.Semaphore
    _exclude: Patterns
    _unchanged: frozenset[str]
    _unfit: dict[str, str] = field(default_factory=dict)
    _places: dict[str, str] = field(default_factory=dict)
    _ignores: dict[str, tuple[Ignore, ...]] = field(default_factory=dict)
    _secrets: set[str] = field(default_factory=set)

    @classmethod
    def open(
        cls,
        root: Path,
        *,
        exclude: Sequence[str] = (),
        tests: Sequence[str] = (),
        changed_since: str | None = None,
        jobs: int | None = None,
        cache: Path | None = None,
        advisories: Advisories | None = None,
    ) -> Source:
        """The tree (or the one file) at `root`.

        `exclude` and `tests` are globs as in .gitignore; `tests` replaces `TESTS`. With
        `changed_since`, a revision, only files are given that differ from where it and HEAD
        parted. `cache` is a folder, or None for no cache. Raises SourceError when the path is
        not there, git fails or the revision is not known.
        """
        root = resolved(root)
        only = None if root.is_dir() else root.name
        if only is not None:
            root = root.parent
        repository = Repository.around(root)
        if only is None:
            listing = list_files(root, repository)
        else:
            listing = Listing(root)
            listing.take(only)
        top = repository.top if repository else root
        excluded = Patterns(exclude)
        listing.paths = sorted(path for path in set(listing.paths) if path not in excluded)
        listing.left_out = [left for left in listing.left_out if left.path not in excluded]
        unchanged = (
            _unchanged(listing, repository, changed_since) if changed_since is not None else ()
        )
        kept = Cache.outside(root, cache)
        if cache is not None and kept.folder is None:
            listing.notes.append("the cache folder is in the scanned tree or not ours: not used")
        jobs = max(1, jobs or os.cpu_count() or 1)
        return cls(
            root,
            advisories or Advisories(),
            kept,
            jobs,
            top,
            Patterns(tests or TESTS),
            listing,
            asyncio.Semaphore(jobs),
            excluded,
            frozenset(unchanged),
        )

    def files(self, *globs: str) -> Iterator[SourceFile]:
        """The files that match one of `globs` (as in .gitignore), or all, ordered by path.

        What a check cannot be given is in `left_out`.
        """
        wanted = patterns(*globs)
        for path in self._listing.paths:
            if path in self._unchanged or (globs and path not in wanted):
                continue
            if not self._why_unfit(path):
                yield self._given(path)

    def file(self, path: str) -> SourceFile | None:
        """The file at `path`, relative to the root, if there is one that may be read; also one
        that has not changed, because others may refer to it."""
        at = bisect_left(self._listing.paths, path)
        if self._listing.paths[at : at + 1] != [path] or self._why_unfit(path):
            return None
        return self._given(path)

    def left_out(self, *globs: str) -> tuple[LeftOut, ...]:
        """The files that match one of `globs`, or all, and are not given: huge, unreadable,
        binary or leading out of the tree. A check that needed one of them is incomplete."""
        wanted = patterns(*globs)
        left = [LeftOut(path, why) for path, why in list(self._unfit.items()) if why]
        left += self._listing.left_out
        chosen = (
            one
            for one in left
            if one.path not in self._unchanged and (not globs or one.path in wanted)
        )
        return tuple(sorted(chosen, key=lambda one: one.path))

    def is_excluded(self, path: str) -> bool:
        """Whether the user's `exclude` leaves out `path`, relative to the root."""
        return path in self._exclude

    def is_test(self, path: str) -> bool:
        """Whether `path`, relative to the root, is test code, where some rules are quieter."""
        return path in self._tests

    @property
    def notes(self) -> tuple[str, ...]:
        """How the files were listed, and how many were left out and why."""
        reasons: dict[str, list[str]] = {}
        for left in self.left_out():
            reasons.setdefault(left.why, []).append(left.path)
        counted = [
            f"{len(paths)} not read, {why}: {named(paths)}" for why, paths in reasons.items()
        ]
        return (*self._listing.notes, *counted)

    def conceal(self, secret: str) -> None:
        """Keep a secret that a check found out of every text of the report.

        Words are left: with `postgres` masked wherever it stands, no report could be read.
        """
        if _DISTINCTIVE.fullmatch(secret) and len(self._secrets) < _MOST_SECRETS:
            self._secrets.add(secret)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What checks have asked to conceal."""
        return tuple(self._secrets)

    async def tool(
        self,
        argv: Sequence[str],
        *,
        input: bytes | None = None,
        files: Mapping[str, bytes] | None = None,
        seconds: float = 600.0,
    ) -> Any:
        """What the tool prints as JSON; at most `jobs` run at a time. See `run_tool`."""
        async with self._slots:
            return await run_tool(argv, input=input, files=files, seconds=seconds)

    def ignored(self, where: InFile, rule_ids: tuple[str, ...]) -> str | None:
        """The reason that the source itself gives, on the line of a finding, for ignoring its
        rule, or None. `rule_ids` are the rule's, its base rule's and its check's."""
        path = self._places.get(where.path)
        given = () if path is None else self._ignores_in(path)
        return next(
            (i.reason for i in given if i.line == where.line and i.holds and i.covers(rule_ids)),
            None,
        )

    def idle_ignores(self) -> Iterator[InFile]:
        """Comments that would ignore a rule but name none or give no reason: they do not hold.
        Only files that a check asked for are read."""
        for path in sorted(self._places.values()):
            for ignore in self._ignores_in(path):
                if not ignore.holds:
                    yield self._file(path).at(ignore.line)

    def _ignores_in(self, path: str) -> tuple[Ignore, ...]:
        """The comments in one file, read once however many findings ask; none in a file that
        is gone since it was listed."""
        if path not in self._ignores:
            try:
                self._ignores[path] = self._file(path).ignores
            except OSError:
                self._ignores[path] = ()
        return self._ignores[path]

    def _given(self, path: str) -> SourceFile:
        file = self._file(path)
        self._places[neutral(file.git_path)] = path
        return file

    def _file(self, path: str) -> SourceFile:
        return SourceFile(path, self._prefix + path, self.root / path)

    @cached_property
    def _prefix(self) -> str:
        within = self.root.relative_to(self._top).as_posix()
        return "" if within == "." else f"{within}/"

    def _why_unfit(self, path: str) -> str:
        if path not in self._unfit:
            try:
                with open(self.root / path, "rb") as file:
                    self._unfit[path] = "binary" if is_binary(file.read(8000)) else ""
            except OSError as error:
                self._unfit[path] = f"unreadable: {error.strerror}"
        return self._unfit[path]


def named(paths: Sequence[str], most: int = 3) -> str:
    """The first of `paths` by name, the others by number."""
    shown = ", ".join(one_line(neutral(path)) for path in paths[:most])
    return shown if len(paths) <= most else f"{shown} and {len(paths) - most} more"


def _unchanged(listing: Listing, repository: Repository | None, since: str) -> Iterator[str]:
    """The paths whose content is as it was where revision `since` and HEAD parted."""
    if repository is None:
        raise SourceError(f"{one_line(str(listing.root))} is not in a git repository")
    within = listing.root.relative_to(repository.top).as_posix()
    prefix = "" if within == "." else f"{within}/"
    paths = [*listing.paths, *(left.path for left in listing.left_out)]
    try:
        same = list(repository.unchanged(repository.base(since), [prefix + p for p in paths]))
    except GitMissing:
        raise SourceError("git is not installed") from None
    return (path.removeprefix(prefix) for path in same)

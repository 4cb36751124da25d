"""What the manifests of a project say about its dependencies."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

from scanner.source import SourceFile
from scanner.text import one_line

_VERSION_CONTROL = re.compile(r"(?:git|hg|svn|bzr)(?:\+|://|@)", re.IGNORECASE)
_LOCAL = re.compile(r"\.{1,2}(?:$|[/\\[])|/|file:|[A-Za-z]:[/\\]", re.IGNORECASE)
_ARCHIVE = (".whl", ".zip", ".tar.gz", ".tar.bz2", ".tgz")


@dataclass(frozen=True, slots=True)
class Pin:
    """One package at one version, as a line of a manifest has it.

    `name` is canonical (PEP 503); `version` is public, because advisories know no local ones
    (`2.1.0+cpu`).
    """

    name: str
    version: str
    file: SourceFile
    line: int


@dataclass(frozen=True, slots=True)
class Loose:
    """A requirement without an exact version, and whether a hash fixes it all the same."""

    name: str
    text: str
    file: SourceFile
    line: int
    hashed: bool = False


@dataclass
class Found:
    """All of it: what can be looked up, what leaves the version open, what nobody can look up
    (`beyond`), what is the project's own (`local`), and what could not be read (`broken`)."""

    pins: list[Pin] = field(default_factory=list)
    loose: list[Loose] = field(default_factory=list)
    beyond: list[str] = field(default_factory=list)
    local: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def add(self, other: Found) -> None:
        self.pins += other.pins
        self.loose += other.loose
        self.beyond += other.beyond
        self.local += other.local
        self.broken += other.broken

    def requirement(self, text: str, file: SourceFile, line: int, hashed: bool = False) -> None:
        """Sorts in one requirement (PEP 508, or a path or URL as pip takes them)."""
        try:
            wanted = Requirement(text)
        except InvalidRequirement:
            self._address(text, file, line)
            return
        if wanted.url:
            self._address(wanted.url, file, line, wanted.name)
        elif version := exact(wanted.specifier):
            self.pin(wanted.name, version, file, line)
        else:
            name = canonicalize_name(wanted.name)
            self.loose.append(Loose(name, one_line(text, 100), file, line, hashed))

    def pin(self, name: str, version: str, file: SourceFile, line: int) -> None:
        """Sorts in a package whose exact version is known."""
        if (public := _public(version)) is None or not re.fullmatch(r"[\w.-]+", name, re.ASCII):
            self.broken.append(f"{place(file, line)}: {one_line(f'{name} {version}', 100)}")
        else:
            self.pins.append(Pin(canonicalize_name(name), public, file, line))

    def _address(self, text: str, file: SourceFile, line: int, name: str = "") -> None:
        base = posixpath.basename(unquote(urlsplit(text.split(" ")[0]).path))
        shown = f"{place(file, line)}: {one_line(name or _without_password(text), 100)}"
        if _VERSION_CONTROL.match(text):
            self.beyond.append(shown)
        elif _LOCAL.match(text):
            self.local.append(shown)
        elif known := _from_file_name(base):
            self.pin(*known, file, line)
        elif "://" in text:
            self.beyond.append(shown)
        elif text.endswith(_ARCHIVE) or "/" in text.split(";")[0]:
            self.local.append(shown)
        else:
            self.broken.append(shown)


def place(file: SourceFile, line: int) -> str:
    """`path:line`, harmless."""
    return f"{one_line(file.path, 200)}:{line}"


def exact(wanted: SpecifierSet) -> str:
    """The one version that `wanted` allows, or nothing."""
    for one in wanted:
        if one.operator in ("==", "===") and _public(one.version) is not None:
            return one.version
    return ""


def lines_with(file: SourceFile, text: str) -> Iterator[int]:
    """The numbers of the lines that contain `text`."""
    return (number for number, line in enumerate(file.lines, 1) if text in line)


def _public(version: str) -> str | None:
    try:
        return Version(version).public
    except InvalidVersion:
        return None


def _from_file_name(base: str) -> tuple[str, str] | None:
    try:
        if base.endswith(".whl"):
            name, version, *_ = parse_wheel_filename(base)
        else:
            name, version = parse_sdist_filename(base)
    except (InvalidWheelFilename, InvalidSdistFilename):
        return None
    return name, str(version)


def _without_password(text: str) -> str:
    return re.sub(r"(?<=://)[^/@\s]*@", "", text)

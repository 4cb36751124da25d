"""Lock files: poetry.lock, uv.lock, pdm.lock, pylock.toml (PEP 751) and Pipfile.lock."""

from __future__ import annotations

import json
import posixpath
import re
import tomllib
from collections.abc import Iterator
from typing import Any

from checks.dependencies._found import Found, lines_with, place
from scanner.source import Source, SourceFile
from scanner.text import one_line

TOML = ("poetry.lock", "uv.lock", "pdm.lock", "pylock.toml", "pylock.*.toml")
GLOBS = (*TOML, "Pipfile.lock")

_BLOCK = re.compile(r"\[\[\s*packages?\s*\]\]")
_NAME = re.compile(r"name\s*=")
_LOCAL = ("path", "directory", "editable", "virtual", "file")
_VERSION_CONTROL = ("git", "hg", "svn", "vcs")


def read_locks(source: Source) -> Found:
    """What all lock files say."""
    found = Found()
    for file in source.files(*GLOBS):
        try:
            read = _pipfile_lock if file.name == "Pipfile.lock" else _toml_lock
            found.add(read(file))
        except (ValueError, RecursionError) as error:
            found.broken.append(f"{one_line(file.path, 200)}: {one_line(str(error), 100)}")
        except (AttributeError, KeyError, TypeError):
            found.broken.append(f"{one_line(file.path, 200)}: not a lock file as we know it")
    return found


def lock_above(source: Source, path: str) -> str:
    """The lock file beside `path` or in a folder above it (a workspace has one), or nothing."""
    folder = posixpath.dirname(path)
    while True:
        for name in ("poetry.lock", "uv.lock", "pdm.lock", "pylock.toml", "Pipfile.lock"):
            if source.file(posixpath.join(folder, name)) is not None:
                return posixpath.join(folder, name)
        if not folder:
            return ""
        folder = posixpath.dirname(folder)


def _toml_lock(file: SourceFile) -> Found:
    data = tomllib.loads(file.text)
    packages = data["packages"] if file.name.startswith("pylock") else data.get("package", [])
    lines = list(_block_lines(file))
    if len(lines) != len(packages):
        lines = [1] * len(packages)
    found = Found()
    for package, line in zip(packages, lines, strict=True):
        _package(package["name"], package, file, line, found)
    return found


def _block_lines(file: SourceFile) -> Iterator[int]:
    """The line of each package's name; that of its heading where no name follows."""
    heading = 0
    for number, line in enumerate(file.lines, 1):
        if _BLOCK.fullmatch(line.strip()):
            if heading:
                yield heading
            heading = number
        elif heading and _NAME.match(line):
            yield number
            heading = 0
    if heading:
        yield heading


def _pipfile_lock(file: SourceFile) -> Found:
    data = json.loads(file.text)
    found = Found()
    for group, packages in data.items():
        if group != "_meta":
            for name, package in packages.items():
                line = next(lines_with(file, f"{json.dumps(name)}:"), 1)
                entry = package | {"version": package.get("version", "").removeprefix("==")}
                _package(name, entry, file, line, found)
    return found


def _package(name: str, package: dict[str, Any], file: SourceFile, line: int, found: Found) -> None:
    """Sorts in one package by where it comes from: an index, a repository, a folder."""
    origin = package.get("source", {})
    kinds = {*package, *origin, origin.get("type", "")}
    shown = f"{place(file, line)}: {one_line(name, 100)}"
    if kinds.intersection(_VERSION_CONTROL):
        found.beyond.append(shown)
    elif kinds.intersection(_LOCAL):
        found.local.append(shown)
    elif version := package.get("version"):
        found.pin(name, version, file, line)
    else:
        found.beyond.append(shown)

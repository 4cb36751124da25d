"""Requirements and constraints files, as pip reads them.

The format is described at https://pip.pypa.io/en/stable/reference/requirements-file-format/.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from checks.dependencies._found import Found, place
from scanner.source import Source, SourceFile
from scanner.text import one_line

GLOBS = ("*requirements*.txt", "**/requirements/*.txt", "*constraints*.txt")

_COMMENT = re.compile(r"(?:^|\s+)#.*$")
_INCLUDE = re.compile(r"(?:-r|-c|--requirement|--constraint)(?:\s*=\s*|\s*)(?P<path>\S.*)")
_EDITABLE = re.compile(r"(?:-e|--editable)(?:\s*=\s*|\s+)(?P<what>\S.*)")
_OPTION = re.compile(r"\s+--?[a-z]")


@dataclass
class _Read:
    """One file: what it says and the files that it includes."""

    found: Found = field(default_factory=Found)
    includes: list[str] = field(default_factory=list)


def read_requirements(source: Source) -> Found:
    """What all requirements and constraints files say, those they include among them.

    A requirement counts as pinned when a file that is installed together with it (by `-r` or
    `-c`) pins it. Includes that lead out of the tree are not read; they are `broken`.
    """
    read: dict[str, _Read] = {}
    waiting = list(source.files(*GLOBS))
    while waiting:
        file = waiting.pop()
        if file.path not in read:
            read[file.path] = _read(source, file)
            for path in read[file.path].includes:
                included = source.file(path)
                if included is not None:
                    waiting.append(included)
    result = Found()
    for path in sorted(read):
        result.add(read[path].found)
    covered = _covered(read)
    result.loose = [one for one in result.loose if id(one) not in covered]
    return result


def _covered(read: dict[str, _Read]) -> set[int]:
    """The loose requirements that a file beside them in one installation pins."""
    included = {path for one in read.values() for path in one.includes}
    tops = [path for path in read if path not in included] or list(read)
    covered: set[int] = set()
    for top in tops:
        reached: set[str] = set()
        waiting = [top]
        while waiting:
            path = waiting.pop()
            if path in read and path not in reached:
                reached.add(path)
                waiting += read[path].includes
        names = {pin.name for path in reached for pin in read[path].found.pins}
        loose = (one for path in reached for one in read[path].found.loose)
        covered |= {id(one) for one in loose if one.name in names}
    return covered


def _read(source: Source, file: SourceFile) -> _Read:
    read = _Read()
    for number, line in _logical_lines(file):
        if found := _INCLUDE.fullmatch(line):
            _include(source, file, number, found["path"].strip("\"'"), read)
        elif found := _EDITABLE.fullmatch(line):
            read.found.requirement(_OPTION.split(found["what"])[0], file, number)
        elif not line.startswith("-"):
            text = _OPTION.split(line)[0].strip()
            read.found.requirement(text, file, number, hashed="--hash" in line)
    return read


def _include(source: Source, file: SourceFile, number: int, path: str, read: _Read) -> None:
    whole = posixpath.normpath(posixpath.join(posixpath.dirname(file.path), path))
    shown = f"{place(file, number)} includes {one_line(path, 100)}"
    if "://" in path or whole.startswith(("/", "../")):
        read.found.broken.append(f"{shown}, which is outside the scanned folder")
    elif source.file(whole) is not None:
        read.includes.append(whole)
    elif not source.is_excluded(whole):
        read.found.broken.append(f"{shown}, which cannot be read")


def _logical_lines(file: SourceFile) -> Iterator[tuple[int, str]]:
    """Lines with their continuations, without comments, and where each begins."""
    start, parts = 1, list[str]()
    for number, line in enumerate(file.lines, 1):
        if not parts:
            start = number
        # A comment ends a continued line, as pip has it, even when it ends in a backslash.
        if line.endswith("\\") and not line.lstrip().startswith("#"):
            parts.append(line[:-1])
            continue
        parts.append(line)
        whole = _COMMENT.sub("", " ".join(part.strip() for part in parts)).strip()
        parts = []
        if whole:
            yield start, whole
    if parts:
        yield start, _COMMENT.sub("", " ".join(part.strip() for part in parts)).strip()

"""The Dockerfiles and compose files of a source, for the checks of the container room."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from scanner.contract import Incomplete, Skip
from scanner.source import compose, dockerfile
from scanner.source.files import SourceFile, neutral
from scanner.source.source import Source
from scanner.text import counted, one_line

LARGEST = 1_000_000
"""Bytes. No person writes a longer one, and reading it would take seconds for every check."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """`globs` choose by path, folders included; `name` then decides by the file's own name."""

    noun: str
    globs: tuple[str, ...]
    name: re.Pattern[str]
    parse: Callable[[str], Any]


_DOCKERFILE = _Kind(
    "Dockerfile",
    ("Dockerfile", "dockerfile", "Dockerfile.*", "*.Dockerfile", "*.dockerfile", "Containerfile*"),
    # Documentation, and the list of what a build leaves out, only have names that look alike.
    re.compile(r"(?!.*\.(?:dockerignore|containerignore|md|rst)$).*", re.IGNORECASE | re.DOTALL),
    dockerfile.parse,
)
_COMPOSE = _Kind(
    "compose file",
    ("compose.y*ml", "compose.*.y*ml", "docker-compose*.y*ml"),
    re.compile(r".*\.ya?ml", re.DOTALL),
    compose.parse,
)


def dockerfiles(source: Source) -> Iterator[tuple[SourceFile, dockerfile.Dockerfile]]:
    """Every Dockerfile, as far as it could be read.

    Raises Skip where there is none, and Incomplete behind the last one where any of them, or a
    part of one, could not be read.
    """
    yield from _read(source, _DOCKERFILE)


def compose_files(source: Source) -> Iterator[tuple[SourceFile, compose.Compose]]:
    """Every compose file; raises as `dockerfiles` does."""
    yield from _read(source, _COMPOSE)


def services(source: Source) -> Iterator[tuple[SourceFile, compose.Service]]:
    """Every service of every compose file; raises as `dockerfiles` does."""
    for file, parsed in compose_files(source):
        for service in parsed.services:
            yield file, service


def container_files(
    source: Source,
) -> Iterator[tuple[SourceFile, dockerfile.Dockerfile | compose.Compose]]:
    """Every Dockerfile and every compose file; raises as `dockerfiles` does."""
    yield from _read(source, _DOCKERFILE, _COMPOSE)


def _read(source: Source, *kinds: _Kind) -> Iterator[tuple[SourceFile, Any]]:
    unread: list[str] = []
    seen = False
    for kind in kinds:
        for file in source.files(*kind.globs):
            if not kind.name.fullmatch(file.name):
                continue
            seen = True
            if len(file.data) > LARGEST:
                unread.append(f"{_shown(file.path)} (over {LARGEST // 1_000_000} MB)")
                continue
            parsed = kind.parse(file.text)
            if parsed.complaints:
                first = parsed.complaints[0]
                reason = one_line(first.reason, 100)
                unread.append(f"{_shown(file.path)} line {first.line} ({reason})")
            yield file, parsed
        # Only reading shows which files are binary or unreadable, so this comes last.
        for left in source.left_out(*kind.globs):
            if kind.name.fullmatch(left.path.rpartition("/")[2]):
                unread.append(f"{_shown(left.path)} ({left.why})")
    if unread:
        more = f" and {counted(len(unread) - 3, 'more file')}" if len(unread) > 3 else ""
        raise Incomplete(
            f"not read in full: {', '.join(unread[:3])}{more}",
            "mend the file, or leave it out under source.exclude in the targets file",
        )
    if not seen:
        raise Skip(f"no {' and no '.join(kind.noun for kind in kinds)}")


def _shown(path: str) -> str:
    return one_line(neutral(path), 150)

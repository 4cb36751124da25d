"""The Dockerfiles and compose files of a source, for the checks of the container room."""

from __future__ import annotations

import re
from collections.abc import Iterator

from scanner.source import compose, dockerfile
from scanner.source.files import SourceFile
from scanner.source.parsed_files import Kind, parsed_files
from scanner.source.source import Source

_DOCKERFILE = Kind(
    "Dockerfile",
    ("Dockerfile", "dockerfile", "Dockerfile.*", "*.Dockerfile", "*.dockerfile", "Containerfile*"),
    # Documentation, and the list of what a build leaves out, only have names that look alike.
    re.compile(r"(?!.*\.(?:dockerignore|containerignore|md|rst)$).*", re.IGNORECASE | re.DOTALL),
    dockerfile.parse,
)
_COMPOSE = Kind(
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
    yield from parsed_files(source, _DOCKERFILE)


def compose_files(source: Source) -> Iterator[tuple[SourceFile, compose.Compose]]:
    """Every compose file; raises as `dockerfiles` does."""
    yield from parsed_files(source, _COMPOSE)


def services(source: Source) -> Iterator[tuple[SourceFile, compose.Service]]:
    """Every service of every compose file; raises as `dockerfiles` does."""
    for file, parsed in compose_files(source):
        for service in parsed.services:
            yield file, service


def container_files(
    source: Source,
) -> Iterator[tuple[SourceFile, dockerfile.Dockerfile | compose.Compose]]:
    """Every Dockerfile and every compose file; raises as `dockerfiles` does."""
    yield from parsed_files(source, _DOCKERFILE, _COMPOSE)

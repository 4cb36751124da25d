"""pyproject.toml: `[project]`, `[dependency-groups]` (PEP 735), and poetry's, pdm's and uv's
own tables. Where a lock file is beside it or above it, that one decides, and this is not read."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from checks.dependencies._found import Found, exact, lines_with, place
from checks.dependencies._locks import lock_above
from scanner.source import Source, SourceFile
from scanner.text import one_line


def read_pyprojects(source: Source) -> Found:
    """What all pyproject.toml files without a lock file say."""
    found = Found()
    for file in source.files("pyproject.toml"):
        if lock_above(source, file.path):
            continue
        try:
            found.add(_pyproject(file))
        except (ValueError, RecursionError) as error:
            found.broken.append(f"{one_line(file.path, 200)}: {one_line(str(error), 100)}")
        except (AttributeError, KeyError, TypeError):
            found.broken.append(f"{one_line(file.path, 200)}: a dependency table of no known form")
    return found


def _pyproject(file: SourceFile) -> Found:
    data = tomllib.loads(file.text)
    found = Found()
    sources = data.get("tool", {}).get("uv", {}).get("sources", {})
    for text in _requirements(data):
        line = next(lines_with(file, text), 1)
        origin = sources.get(re.split(r"[^\w.-]", text)[0])
        if origin is not None and not isinstance(origin, dict):
            origin = origin[0]
        if origin is None or "index" in origin:
            found.requirement(text, file, line)
        else:
            _elsewhere(text, origin, file, line, found)
    for name, wanted in _poetry(data.get("tool", {}).get("poetry", {})):
        line = next((n for n in lines_with(file, name) if _is_key(file.lines[n - 1], name)), 1)
        for one in wanted if isinstance(wanted, list) else [wanted]:
            if isinstance(one, dict) and "version" not in one:
                _elsewhere(name, one, file, line, found)
            else:
                version = one if isinstance(one, str) else one["version"]
                _poetry_version(name, version, file, line, found)
    return found


def _requirements(data: dict[str, Any]) -> Iterator[str]:
    project = data.get("project", {})
    yield from project.get("dependencies", ())
    for group in project.get("optional-dependencies", {}).values():
        yield from group
    for group in data.get("dependency-groups", {}).values():
        yield from (one for one in group if isinstance(one, str))
    for group in data.get("tool", {}).get("pdm", {}).get("dev-dependencies", {}).values():
        yield from (one.removeprefix("-e ") for one in group)
    yield from data.get("tool", {}).get("uv", {}).get("dev-dependencies", ())


def _poetry(poetry: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    tables = [poetry.get("dependencies", {}), poetry.get("dev-dependencies", {})]
    tables += [group.get("dependencies", {}) for group in poetry.get("group", {}).values()]
    for table in tables:
        yield from ((name, wanted) for name, wanted in table.items() if name != "python")


def _poetry_version(name: str, version: str, file: SourceFile, line: int, found: Found) -> None:
    """Poetry reads a bare version as an exact one, and has operators that PEP 440 has not."""
    try:
        bare = re.fullmatch(r"v?\d+(\.\d+)*\w*", version.strip())
        wanted = SpecifierSet(f"=={version}" if bare else version)
    except InvalidSpecifier:
        wanted = SpecifierSet()
    if known := exact(wanted):
        found.pin(name, known, file, line)
    else:
        found.requirement(name, file, line)


def _elsewhere(
    text: str, origin: dict[str, Any], file: SourceFile, line: int, found: Found
) -> None:
    shown = f"{place(file, line)}: {one_line(text, 100)}"
    if {"path", "workspace"} & origin.keys():
        found.local.append(shown)
    elif "url" in origin:
        found.requirement(origin["url"], file, line)
    else:
        found.beyond.append(shown)


def _is_key(line: str, name: str) -> bool:
    return re.match(rf"\s*\"?{re.escape(name)}\"?\s*[.=]", line) is not None

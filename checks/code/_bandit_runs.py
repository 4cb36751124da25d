"""What bandit says about each file: from the cache, or from several bandits at once."""

from __future__ import annotations

import asyncio
import heapq
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, entry_points, version
from typing import Any

from scanner.source import Source, SourceFile, ToolFailed

_ARGUMENTS = 30_000 if os.name == "nt" else 400_000
"""Bytes of file names that one command line takes; Linux allows 2 MB with the environment."""

_WORTH_A_PROCESS = 150_000
"""Bytes of source below which starting a second bandit costs more than it saves."""

_NEEDED = frozenset(
    {"test_id", "test_name", "issue_severity", "issue_confidence", "issue_cwe", "issue_text"}
    | {"line_number", "line_range", "col_offset", "more_info"}
)
_UNPARSED = "syntax error while parsing AST from file"


@dataclass(frozen=True, slots=True)
class Said:
    """About one file: bandit's issues, how many `# nosec` held, and why it was not read."""

    issues: tuple[dict[str, Any], ...] = ()
    nosec: int = 0
    error: str = ""


@dataclass
class Runs:
    """What all the bandits said, by path, and the failures of those that said nothing."""

    said: dict[str, Said] = field(default_factory=dict)
    failed: list[ToolFailed] = field(default_factory=list)


async def run_bandit(source: Source, files: Sequence[SourceFile]) -> Runs:
    """Runs bandit over those `files` that it has not seen with this content, in as many
    processes as the source allows."""
    runs = Runs()
    setting = _setting() if files else ""
    new: list[tuple[SourceFile, str, int]] = []
    for file in files:
        key = source.cache.key("bandit", setting, file.data)
        if (known := _read(source.cache.get(key))) is not None:
            runs.said[file.path] = known
        else:
            new.append((file, key, len(file.data)))
        del file.data
    shards = _shards([(file, size) for file, _, size in new], source.jobs)
    answers = await asyncio.gather(
        *(_run(source, shard) for shard in shards), return_exceptions=True
    )
    for answer in answers:
        if isinstance(answer, ToolFailed):
            runs.failed.append(answer)
        elif isinstance(answer, BaseException):
            raise answer
        else:
            runs.said |= answer
    for file, key, _ in new:
        said = runs.said.get(file.path)
        if said is not None and said.error in ("", _UNPARSED):
            source.cache.put(key, [list(said.issues), said.nosec, said.error])
    return runs


def _setting() -> str:
    """Everything but a file's content that bandit's answer depends on."""
    plugins = sorted(
        f"{point.name}={point.value}@{point.dist.version if point.dist else ''}"
        for point in entry_points(group="bandit.plugins")
    )
    try:
        bandit = version("bandit")
    except PackageNotFoundError:
        bandit = "none"
    return "\n".join(
        (bandit, platform.python_implementation(), platform.python_version(), *plugins)
    )


def _read(kept: Any) -> Said | None:
    match kept:
        case [list() as issues, int() as nosec, str() as error]:
            if all(isinstance(issue, dict) and issue.keys() >= _NEEDED for issue in issues):
                return Said(tuple(issues), nosec, error)
    return None


def _shards(files: list[tuple[SourceFile, int]], jobs: int) -> list[list[SourceFile]]:
    """Parts of about the same size: the largest file goes first, to the smallest part."""
    total = sum(size for _, size in files)
    names = sum(len(os.fsencode(file.on_disk)) + 9 for file, _ in files)
    count = max(min(jobs, total // _WORTH_A_PROCESS + 1), 2 * names // _ARGUMENTS + 1)
    parts: list[tuple[int, int, list[SourceFile]]] = [(0, index, []) for index in range(count)]
    for file, size in sorted(files, key=lambda item: -item[1]):
        weight, index, part = heapq.heappop(parts)
        part.append(file)
        heapq.heappush(parts, (weight + size + 500, index, part))
    return [part for _, _, part in parts if part]


async def _run(source: Source, shard: list[SourceFile]) -> dict[str, Said]:
    by_name = {str(file.on_disk): file.path for file in shard}
    size = sum(file.on_disk.stat().st_size for file in shard)
    # Files are named one by one, so that bandit looks for no .bandit file. Its own default
    # excludes any path with `.git` in it, `.github` and the folders above the tree included.
    report = await source.tool(
        ["bandit", "-q", "-f", "json", "-n", "1", "-x", "", *by_name],
        seconds=600 + size / 10_000,
    )
    try:
        issues: dict[str, list[dict[str, Any]]] = {}
        for issue in report["results"]:
            slim = {name: issue[name] for name in _NEEDED}
            issues.setdefault(issue["filename"], []).append(slim)
        errors = {error["filename"]: str(error["reason"]) for error in report["errors"]}
        said = {}
        for name, path in by_name.items():
            counts = report["metrics"].get(name)
            missing = "" if counts is not None else "bandit did not read it"
            nosec = counts["nosec"] + counts["skipped_tests"] if counts else 0
            said[path] = Said(tuple(issues.get(name, ())), nosec, errors.get(name, missing))
    except (KeyError, TypeError, AttributeError) as error:
        raise ToolFailed(f"bandit's report lacks {error}") from None
    return said

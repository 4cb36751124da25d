"""From the words of the command line to the options of a scan."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from scanner.contract import Discovered
from scanner.model import Severity
from scanner.plan import Options, Profile
from scanner.selection import Selection, UnknownId
from scanner.source import default_folder
from scanner.targets import BadTargets, Target, TargetsFile, adhoc_target, load, moved
from scanner.text import one_line

_LIES_IN_PATH = ("targets.yaml", "targets.yml")


@dataclass(frozen=True)
class Words:
    """What was typed after `wallwalk scan`, as click parsed it."""

    path: Path
    source: bool
    config: Path | None
    targets: tuple[str, ...]
    profile: Profile | None
    select: str
    ignore: str
    env: tuple[str, ...]
    offline: bool
    changed_since: str
    fail_on: str
    max_requests: int | None
    rate: float | None
    timeout: float | None
    max_time: float | None
    jobs: int | None
    start: bool
    allow_incomplete: bool


def options_of(words: Words, discovered: Discovered) -> Options:
    """The options of the scan. Raises click.UsageError with one line for whoever typed it."""
    if words.source and not os.path.exists(words.path):
        raise click.UsageError(one_line(f"{words.path}: there is no such file or folder"))
    try:
        file = (
            load(words.config, env=os.environ, allowed=words.env)
            if words.config
            else TargetsFile(version=1)
        )
        targets = chosen(file, words.targets, named=words.config is not None)
        selection = Selection.of(words.select, words.ignore, discovered.checks)
    except (BadTargets, UnknownId) as error:
        raise click.UsageError(str(error)) from None
    return Options(
        root=words.path if words.source else None,
        file=file,
        targets=tuple(_limited(target, words) for target in targets),
        file_name=str(words.config or ""),
        profile=words.profile,
        selection=selection,
        offline=words.offline,
        changed_since=words.changed_since,
        fail_on=None if words.fail_on == "never" else Severity[words.fail_on.upper()],
        allow_incomplete=words.allow_incomplete,
        max_time=words.max_time,
        jobs=words.jobs,
        cache=default_folder(),
        start=words.start,
        narrowed=tuple(_narrowed(words, file, targets)),
        notes=tuple(_notes(words)),
    )


def chosen(file: TargetsFile, words: Sequence[str], *, named: bool) -> tuple[Target, ...]:
    """The targets that `--target` names; without one, all of the file.

    Raises click.UsageError for a name that the file does not have, and BadTargets.
    """
    if not words:
        return file.targets
    by_name = {target.name: target for target in file.targets}
    found: dict[str, Target] = {}
    for word in words:
        name, moves, url = word.partition("=")
        if word.lower().startswith(("http://", "https://")):
            target = adhoc_target(word)
        elif name in by_name:
            target = moved(by_name[name], url) if moves else by_name[name]
        else:
            known = ", ".join(by_name) if named else "none without --config"
            raise click.UsageError(
                f"--target: no target is called {name!r} (known: {known}); "
                "write a name of the targets file, or a URL such as http://127.0.0.1:8000"
            )
        if target.name in found:
            raise click.UsageError(f"--target: {target.name} is named twice")
        found[target.name] = target
    return tuple(found.values())


def _limited(target: Target, words: Words) -> Target:
    given = {
        "max_requests": words.max_requests,
        "rate": words.rate,
        "timeout": words.timeout,
    }
    update = {key: value for key, value in given.items() if value is not None}
    if not update:
        return target
    return target.model_copy(update={"limits": target.limits.model_copy(update=update)})


def _narrowed(words: Words, file: TargetsFile, targets: Sequence[Target]) -> Iterable[str]:
    for option, value in (
        ("--select", words.select),
        ("--ignore", words.ignore),
        ("--changed-since", words.changed_since),
    ):
        if value:
            yield f"{option} {value}"
    names = {target.name for target in targets}
    if any(target.name not in names for target in file.targets):
        yield f"--target {' '.join(words.targets)}"


def _notes(words: Words) -> Iterable[str]:
    """A targets file that merely lies there is never used: whoever wrote the pull request
    wrote it."""
    if words.config or not words.source or not words.path.is_dir():
        return
    for name in _LIES_IN_PATH:
        if (words.path / name).is_file():
            yield f"{name} lies in the scanned folder and was not used: name it with --config"

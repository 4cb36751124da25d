"""Which keys a targets file sets, so that none whose check is not built yet is ignored."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from scanner.targets.entry import Entry
from scanner.targets.schema import TargetsFile
from scanner.targets.target import Target


def keys_set(entry: Entry) -> set[str]:
    """The dotted keys that `entry` sets: `limits`, `limits.rate`, `identities.password`.

    Names that a person chose (of identities, logins, headers, cookies) and positions in lists
    are left out; `login.json` counts as `logins.json`.
    """
    return {key for key, _ in _keys(entry, "")}


def unbuilt_keys(file: TargetsFile, built: Collection[str]) -> list[tuple[str, str, int]]:
    """Each key of `file` that nothing reads yet: target's name (or empty), dotted key, line.

    `built` names the dotted keys that are read. One of them stands for all that lies under it;
    a key with only some built ones under it is looked into.
    """
    known = {*built, "version", "targets", "name", "url"}
    parts: list[tuple[str, Entry]] = [("", file)]
    parts += [(target.name, target) for target in file.targets]
    found: dict[tuple[str, str], int] = {}
    for name, entry in parts:
        for key, line in _unread(entry, "", known):
            found.setdefault((name, key), line)
    return [(name, key, line) for (name, key), line in found.items()]


def _unread(entry: Entry, above: str, built: Collection[str]) -> Iterator[tuple[str, int]]:
    for key, value in sorted(entry.entries(), key=lambda pair: entry.line_of(pair[0])):
        dotted = _dotted(entry, above, key)
        if dotted in built or value is None or (value in ((), {}) and not isinstance(value, Entry)):
            continue
        inner = list(_entries(value))
        if inner and _partly(dotted, built):
            for each in inner:
                yield from _unread(each, dotted, built)
        else:
            yield dotted, entry.line_of(key)


def _partly(key: str, built: Collection[str]) -> bool:
    return key in built or any(known.startswith(key + ".") for known in built)


def _keys(entry: Entry, above: str) -> Iterator[tuple[str, int]]:
    for key, value in entry.entries():
        dotted = _dotted(entry, above, key)
        if dotted:
            yield dotted, entry.line_of(key)
        for inner in _entries(value):
            yield from _keys(inner, dotted)


def _dotted(entry: Entry, above: str, key: str) -> str:
    """The dotted name of `key` in `entry`; a login's own name adds nothing."""
    if isinstance(entry, Target) and key == "login":
        key = "logins"
    if key in (entry.__pydantic_extra__ or {}):
        return above
    return f"{above}.{key}" if above else key


def _entries(value: Any) -> Iterator[Entry]:
    if isinstance(value, Entry):
        yield value
    elif isinstance(value, tuple | list):
        for each in value:
            yield from _entries(each)
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _entries(each)

"""What is said of a targets file that can't be used: one line each, with file, line and mend."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from scanner.text import one_line

_MOST = 50

Path = tuple[str | int, ...]
"""Where something stands in the file: keys and list positions, from the top."""


class BadTargets(Exception):
    """A targets file (or an address given for a target) that can't be used.

    `complaints` are whole lines, harmless for a terminal: `targets.yaml:12: unknown key …`.
    """

    def __init__(self, complaints: Sequence[str]) -> None:
        super().__init__("\n".join(complaints))
        self.complaints = tuple(complaints)


@dataclass(frozen=True, slots=True, order=True)
class Complaint:
    """One thing that is wrong: `line` counts from 1, `text` says what, where and what to write."""

    line: int
    text: str


def refusal(file: str, complaints: Iterable[Complaint]) -> BadTargets:
    """The exception for `complaints` of `file`, sorted by line, at most fifty of them."""
    ordered = sorted(set(complaints))
    lines = [f"{one_line(file)}:{c.line}: {one_line(c.text, 600)}" for c in ordered[:_MOST]]
    if len(ordered) > _MOST:
        lines.append(f"{one_line(file)}: and {len(ordered) - _MOST} more like these")
    return BadTargets(lines)


def shown(word: object) -> str:
    """A word of the file in quotes, short and without anything that a terminal obeys."""
    return "'" + one_line(str(word), 60) + "'"


def dotted(path: Path) -> str:
    """`targets[0].identities.alice`; empty for the top of the file."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += ("." if text else "") + one_line(step, 60)
    return text


def named(path: Path) -> str:
    """`'url' in targets[0]`, `targets[0].roots[1]`, `the file`."""
    if not path:
        return "the file"
    if isinstance(path[-1], int):
        return dotted(path)
    inside = dotted(path[:-1])
    return f"{shown(path[-1])} in {inside}" if inside else shown(path[-1])


def nearest(word: str, known: Iterable[str]) -> str:
    """The one of `known` that was probably meant by `word`, or empty."""
    folded = {name.casefold().replace("-", "_"): name for name in known}
    wanted = word.casefold().replace("-", "_")[:100]
    close = get_close_matches(wanted, folded, n=1, cutoff=0.65)
    return folded[close[0]] if close else ""

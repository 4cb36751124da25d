"""`# wallwalk: ignore[rule] reason` in a line of source."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

_COMMENT = re.compile(
    r"(?:#|//)\s*wallwalk:\s*ignore\b\s*(?:\[(?P<ids>[^\]]*)\])?[\s:]*(?P<reason>.*)"
)


@dataclass(frozen=True, slots=True)
class Ignore:
    """One such comment: its line, from 1, the ids it names and the reason it gives."""

    line: int
    ids: tuple[str, ...]
    reason: str

    @property
    def holds(self) -> bool:
        """Only with a reason, and only for rules that it names."""
        return bool(self.ids and self.reason)

    def covers(self, rule_ids: Iterable[str]) -> bool:
        """Whether it names one of `rule_ids`, whole or by leading path segments."""
        return any(
            rule == named or rule.startswith(f"{named}/") for rule in rule_ids for named in self.ids
        )


def ignores(lines: Sequence[str]) -> Iterator[Ignore]:
    """Every such comment in a file's `lines`."""
    for number, line in enumerate(lines, 1):
        if "wallwalk:" in line and (found := _COMMENT.search(line)):
            ids = tuple(id.strip() for id in (found["ids"] or "").split(",") if id.strip())
            reason = found["reason"].strip().removesuffix("*/").removesuffix("-->").strip()
            yield Ignore(number, ids, reason)

"""`--select` and `--ignore`: check ids, rule ids, or prefixes of them by whole segments."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from scanner.contract import Check
from scanner.model import Finding


class UnknownId(Exception):
    """An id that no check and no rule has; the message names the nearest one."""


def has_prefix(id: str, prefix: str) -> bool:
    """Whether `prefix` is `id` or whole leading path segments of it."""
    return id == prefix or id.startswith(f"{prefix}/")


def concerns(check: Check[Any], id: str) -> bool:
    """Whether `check` can report anything that `id` (of a check, a rule, or a prefix) names."""
    names = (*(rule.id for rule in check.rules), *check.emits)
    return any(has_prefix(name, id) for name in names) or any(
        has_prefix(id, tool) for tool in check.emits
    )


@dataclass(frozen=True)
class Selection:
    """What the user narrowed the scan to. Empty selects everything."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()

    @classmethod
    def of(cls, select: str, ignore: str, checks: Iterable[Check[Any]]) -> Selection:
        """From two comma-separated lists. Raises UnknownId for an id that names nothing."""
        chosen = cls(_ids(select), _ids(ignore))
        found = tuple(checks)
        for id in chosen.select + chosen.ignore:
            if not any(concerns(check, id) for check in found):
                known = {name for c in found for name in (*(r.id for r in c.rules), *c.emits)}
                rooms = {name.partition("/")[0] for name in known}
                near = difflib.get_close_matches(id, known | rooms, n=1)
                hint = f"; did you mean {near[0]}?" if near else "; see `wallwalk checks`"
                raise UnknownId(f"no check or rule is called {id!r}{hint}")
        return chosen

    def plans(self, check: Check[Any]) -> bool:
        """Whether `check`, or a rule that it can report, was selected and not ignored whole."""
        if any(has_prefix(check.id, prefix) for prefix in self.ignore):
            return False
        return not self.select or any(concerns(check, id) for id in self.select)

    def keeps(self, check: str, finding: Finding) -> bool:
        """Whether a finding of `check` was selected and not ignored."""
        ids = (check, finding.rule.id)
        if any(has_prefix(id, prefix) for id in ids for prefix in self.ignore):
            return False
        return not self.select or any(has_prefix(id, p) for id in ids for p in self.select)


def _ids(text: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("/") for part in text.split(",") if part.strip())

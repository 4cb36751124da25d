"""Who must not read whose objects."""

from __future__ import annotations

import re
from collections.abc import Mapping

from scanner.targets import Identity

_PRIVILEGED = re.compile(r"admin|root|super|staff|manager|moderator|operator|owner|support", re.I)


def readers(people: Mapping[str, Identity], owner: str) -> list[str]:
    """Identities that have no business with what `owner` has: of its role, or of a lower one.

    One for each role and tenant. That an administrator reads what users have is no flaw.
    """
    found: dict[tuple[str, str], str] = {}
    for name, who in people.items():
        if name != owner and _is_no_higher(_role(who), _role(people[owner])):
            found.setdefault((_role(who), who.tenant or ""), name)
    return list(found.values())


def _role(who: Identity) -> str:
    return (who.role or "user").casefold()


def _is_no_higher(reader: str, owner: str) -> bool:
    """Roles are only words: a lower one is known by the other's being a privileged word."""
    lower = _PRIVILEGED.search(owner) and not _PRIVILEGED.search(reader)
    return reader == owner or bool(lower)

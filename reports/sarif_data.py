"""sarif-om's objects as plain data.

The library has no serialiser; jschema-to-python, made for it, drops a `level` or `kind` that
equals the default, so that readers fall back to the rule's, and is eight times slower.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import attr
import sarif_om

from reports.outside import sound

LONGEST_TEXT = 20_000
"""Characters of any one text; what is longer (somebody's bodies, names) is cut."""

_SAID_ALWAYS = frozenset({"level", "kind"})


def plain(node: Any) -> Any:
    """`node` as what `json` can write: no defaults, no lone surrogates, no endless texts."""
    if isinstance(node, str):
        return sound(node if len(node) <= LONGEST_TEXT else f"{node[:LONGEST_TEXT]}…")
    if isinstance(node, (list, tuple)):
        return [plain(item) for item in node]
    if isinstance(node, dict):
        return {sound(str(key)): plain(value) for key, value in node.items()}
    kind: Any = type(node)
    if not attr.has(kind):
        return node
    data = {}
    for field, name, default in _fields(kind):
        value = getattr(node, field)
        if value is not None and (field in _SAID_ALWAYS or value != default):
            data[name] = plain(value)
    return data


def message(text: str) -> Any:
    return sarif_om.Message(text=text)


@cache
def _fields(kind: type) -> tuple[tuple[str, str, Any], ...]:
    return tuple((f.name, _json_name(kind, f), _default(f)) for f in attr.fields(kind))


def _json_name(kind: type, field: Any) -> str:
    if kind is sarif_om.Suppression and field.name == "state":
        return "status"  # sarif-om has the draft's name, which the schema refuses
    return str(field.metadata["schema_property_name"])


def _default(field: Any) -> Any:
    default = field.default
    return default.factory() if hasattr(default, "factory") else default

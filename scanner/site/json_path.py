"""Simple JSONPath (RFC 9535): names and indices only, as the targets file uses it."""

from __future__ import annotations

import json
import re

_STEP = re.compile(r"\.([\w-]+)|\[(\d+)\]|\[['\"]([^'\"]+)['\"]\]")


def found_at(path: str, text: str) -> str:
    """The text (or number) at a simple JSONPath such as `$.data.tokens[0].access`; or empty."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    for key, index, quoted in _STEP.findall(path.removeprefix("$")):
        if index and isinstance(value, list) and int(index) < len(value):
            value = value[int(index)]
        elif isinstance(value, dict) and (key or quoted) in value:
            value = value[key or quoted]
        else:
            return ""
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""

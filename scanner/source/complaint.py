"""What keeps a file, or a part of it, from being read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Complaint:
    """Why what stands at `line` (from 1) could not be read."""

    line: int
    reason: str

"""What the engine tells whoever listens while it works. No check knows of it."""

from __future__ import annotations

from dataclasses import dataclass

from scanner.model import CheckRun


@dataclass(frozen=True, slots=True)
class ScanStarted:
    """`planned` counts the pairs of check and subject that will end in one outcome each."""

    planned: int


@dataclass(frozen=True, slots=True)
class CheckStarted:
    check: str
    subject: str


@dataclass(frozen=True, slots=True)
class CheckFinished:
    run: CheckRun


@dataclass(frozen=True, slots=True)
class Said:
    """A remark for the person who watches: a crawl's size, a login that worked."""

    subject: str
    text: str


Event = ScanStarted | CheckStarted | CheckFinished | Said

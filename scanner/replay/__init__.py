"""One finding of a report, tried again: at once (`replay`), or as a test for later (`as_test`)."""

from __future__ import annotations

from scanner.replay.again import Replayed, replay
from scanner.replay.recorded import BadReport
from scanner.replay.standalone import as_test

__all__ = ["BadReport", "Replayed", "as_test", "replay"]

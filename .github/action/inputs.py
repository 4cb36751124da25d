"""The inputs of the action, and how it ends early."""

from __future__ import annotations

import os

WRONG, INCOMPLETE, INTERRUPTED = 2, 3, 130


class Ended(Exception):
    """The scan cannot be run; `code` is what the action ends with."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


def given(name: str) -> str:
    """An input of the action, which comes through the environment: never through a shell."""
    return os.environ.get(f"INPUT_{name.upper().replace('-', '_')}", "").strip()


def switch(name: str) -> bool:
    """An input that is true or false. What is neither counts as true: `arguments` refuses it."""
    return given(name) != "false"

"""Keeps the passwords that bandit finds out of the lines that reports show."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from scanner import SourceFile
from scanner.masking import MASK

QUOTES_A_PASSWORD = frozenset({"B105", "B106", "B107"})

_LITERAL = re.compile(
    r"""(?P<quote>'{3}|"{3}|['"])(?P<text>(?:\\.|(?!(?P=quote)).)*)(?P<end>(?P=quote)|$)"""
)
_LONG = 6
"""Characters from which a password is looked for within other texts, too."""


def without_passwords(file: SourceFile, issues: Iterable[Mapping[str, Any]]) -> SourceFile:
    """The file, where no line of an issue shows a password that bandit found in it."""
    issues = tuple(issues)
    telling = [issue for issue in issues if issue["test_id"] in QUOTES_A_PASSWORD]
    if not telling:
        return file
    # Bandit says: Possible hardcoded password: 'the password'
    said = [issue["issue_text"].partition(": ")[2][1:-1] for issue in telling]
    found = frozenset(said) - {""}
    wanted = {line for issue in issues for line in (issue["line_number"], *issue["line_range"])}
    read = {line: file.lines[line - 1] for line in wanted if line <= len(file.lines)}
    shown = {line: _masked(text, found) for line, text in read.items()}
    for issue in telling:
        lines = {issue["line_number"], *issue["line_range"]} & read.keys()
        if not any(shown[line] != read[line] for line in lines):
            # Written in another way, with escapes or in pieces: no literal there is shown.
            shown |= {line: _LITERAL.sub(_hidden, read[line]) for line in lines}
    return file.concealing(shown)


def _masked(line: str, passwords: frozenset[str]) -> str:
    line = _LITERAL.sub(lambda m: _hidden(m) if m["text"] in passwords else m[0], line)
    for password in sorted(passwords, key=len, reverse=True):
        if len(password) >= _LONG:
            line = line.replace(password, MASK)
    return line


def _hidden(literal: re.Match[str]) -> str:
    return f"{literal['quote']}{MASK}{literal['end']}"

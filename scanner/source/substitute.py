"""Variables in the words of Dockerfiles and compose files, replaced as their tools do it.

Sources: https://docs.docker.com/reference/dockerfile/#environment-replacement and
https://docs.docker.com/reference/compose-file/interpolation/
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DEEPEST = 20
_LONGEST = 64 * 1024


@dataclass(frozen=True, slots=True)
class Substituted:
    """`text` with every known variable replaced; a reference that nothing resolves stays as it
    is written and is named in `missing`."""

    text: str
    missing: tuple[str, ...] = ()


def dockerfile_word(
    text: str, variables: Mapping[str, str] | None = None, escape: str = "\\"
) -> Substituted:
    """One word of a Dockerfile: quotes and escapes removed, variables replaced.

    Nothing is replaced within single quotes, as in a shell.
    """
    return _Words(text, variables or {}, escape, quotes=True).all()


def compose_value(text: str, variables: Mapping[str, str] | None = None) -> Substituted:
    """One value of a compose file, where `$$` stands for a dollar sign."""
    return _Words(text, variables or {}, "$", quotes=False).all()


class _Words:
    """A cursor over one text.

    Hostile texts nest deeply and double what they hold: below `_DEEPEST`, and beyond
    `_LONGEST` replaced characters, references stay as they are written.
    """

    def __init__(
        self, text: str, variables: Mapping[str, str], escape: str, *, quotes: bool
    ) -> None:
        self.text, self.variables, self.escape, self.quotes = text, variables, escape, quotes
        self.at = 0
        self.grown = 0
        self.missing: dict[str, None] = {}

    def all(self) -> Substituted:
        text = self.until("", 0)
        return Substituted(text, tuple(self.missing))

    def until(self, stop: str, depth: int) -> str:
        out: list[str] = []
        quote = ""
        while self.at < len(self.text):
            character = self.text[self.at]
            following = self.text[self.at + 1 : self.at + 2]
            if character == stop and not quote:
                break
            if character == self.escape and quote != "'" and self._escapes(following, quote):
                out.append(following)
                self.at += 2
            elif self.quotes and character in ("'", '"') and quote in ("", character):
                quote = "" if quote else character
                self.at += 1
            elif character == "$" and quote != "'":
                out.append(self.reference(depth))
            else:
                out.append(character)
                self.at += 1
        return "".join(out)

    def _escapes(self, following: str, quote: str) -> bool:
        if not self.quotes:
            return following == "$"
        return following in ('"', "$", self.escape) if quote else following != ""

    def reference(self, depth: int) -> str:
        """What the reference at the cursor stands for; the cursor moves past it."""
        start = self.at
        self.at += 1
        if name := _NAME.match(self.text, self.at):
            self.at = name.end()
            return self.value(name[0], self.text[start : self.at])
        if self.text[self.at : self.at + 1] != "{" or depth >= _DEEPEST:
            return "$"
        name = _NAME.match(self.text, self.at + 1)
        if name is None:
            return "$"
        self.at = name.end()
        operator = re.compile(r":?[-+?]|[#%/]|").match(self.text, self.at)
        sign = operator[0] if operator else ""
        self.at += len(sign)
        word = self.until("}", depth + 1)
        self.at += 1
        written = self.text[start : self.at]
        known = self.variables.get(name[0])
        is_set = bool(known) if sign.startswith(":") else known is not None
        match sign[-1:]:
            case "-":
                return self.value(name[0], written) if is_set else word
            case "+":
                return word if is_set else ""
            case "" | "?":
                return self.value(name[0], written)
        self.missing[name[0]] = None
        return written

    def value(self, name: str, written: str) -> str:
        value = self.variables.get(name)
        self.grown += len(value or "")
        if value is not None and self.grown <= _LONGEST:
            return value
        self.missing[name] = None
        return written

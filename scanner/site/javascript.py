"""JavaScript cut into code and what is no code: strings, templates, comments, regexes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["code", "'", '"', "`", "//", "/*", "regex"]

_CODE = re.compile(r"[^'\"`/{}<-]+")
_INSIDE: dict[Kind, re.Pattern[str]] = {
    "'": re.compile(r"'(?:[^'\\\n\r]|\\(?:\r\n|[\s\S]))*+'?"),
    '"': re.compile(r'"(?:[^"\\\n\r]|\\(?:\r\n|[\s\S]))*+"?'),
    "//": re.compile(r"(?://|<!--|-->)[^\n\r\u2028\u2029]*+"),
    "/*": re.compile(r"/\*[\s\S]*?(?:\*/|$(?![\s\S]))"),
    "regex": re.compile(
        r"/(?![*/])(?:[^/\\\[\n\r]|\\.|\[(?:[^\]\\\n\r]|\\.){0,200}+\]){1,2000}+/\w*+"
    ),
}
_TEMPLATE = re.compile(r"(?:[^`\\$]|\\[\s\S]|\$(?!\{))*+(`|\$\{|\\?$(?![\s\S]))")
_BEFORE_REGEX = re.compile(
    r"(?:^|[(,=:\[!&|?{};+\-*%~^<>]|\b(?:return|typeof|case|in|of|delete|void|throw|new|else|do"
    r"|instanceof|yield|await))\s*$"
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a script, delimiters included; `kind` says what it is."""

    kind: Kind
    start: int
    end: int


def pieces(script: str) -> Iterator[Piece]:
    """The script from its start to its end, as an engine's scanner reads it (ECMA-262, 12).

    A template's `${…}` is code. Whether a slash divides or begins a regex is told by what
    stands before it.
    """
    at, depth, templates = 0, 0, list[int]()
    while at < len(script):
        begin, character = at, script[at]
        if character == "`" or (character == "}" and templates and templates[-1] == depth):
            if character == "}":
                templates.pop()
            found = _TEMPLATE.match(script, at + 1)
            at = found.end() if found else len(script)
            if found and found[1] == "${":
                templates.append(depth)
            yield Piece("`", begin, at)
            continue
        kind = _kind(script, at)
        if kind != "code":
            found = _INSIDE[kind].match(script, at)
            at = found.end() if found else at + 1
            yield Piece(kind, begin, at)
            continue
        depth += {"{": 1, "}": -1}.get(character, 0)
        run = _CODE.match(script, at)
        at = run.end() if run else at + 1
        yield Piece("code", begin, at)


def _kind(script: str, at: int) -> Kind:
    match script[at]:
        case "'":
            return "'"
        case '"':
            return '"'
        case "/" if script.startswith("/*", at):
            return "/*"
        case "/" if script.startswith("//", at):
            return "//"
        case "/" if _BEFORE_REGEX.search(script, max(0, at - 40), at):
            return "regex" if _INSIDE["regex"].match(script, at) else "code"
        case "<" if script.startswith("<!--", at):
            return "//"
        case "-" if script.startswith("-->", at) and not script[:at].rpartition("\n")[2].strip():
            return "//"
    return "code"


def code_of(script: str) -> str:
    """The script with everything that is no code blanked out; places stay the same."""
    return "".join(
        script[piece.start : piece.end] if piece.kind == "code" else " " * (piece.end - piece.start)
        for piece in pieces(script)
    )


def kind_at(script: str, place: int) -> Kind:
    """What the character at `place` is part of."""
    return next((piece.kind for piece in pieces(script) if place < piece.end), "code")

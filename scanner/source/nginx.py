"""nginx configuration: its directives as a tree, each with its line.

The format is that of https://nginx.org/en/docs/beginners_guide.html#conf_structure. `include` is
not followed: a file is read as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from scanner.source.complaint import Complaint
from scanner.source.files import SourceFile
from scanner.source.parsed_files import Kind, parsed_files
from scanner.source.source import Source

DEEPEST = 50
"""Blocks within blocks. nginx itself takes a handful."""

_BLOCK = re.compile(r"(?m)^[ \t]*(?:http|server|upstream|location)\b[^{};=\n]*=?[^{};=\n]*\{")
# Other formats have such blocks too (HOCON, for one), but do not end their lines so.
_ENDED = re.compile(
    r"(?m)(?:^|[;{])[ \t]*(?:listen|server_name|root|alias|index|include|try_files|return|rewrite"
    r"|location|proxy_pass|access_log|error_log|ssl_\w+|add_header|expires|set)[ \t][^;{}\n]*;"
)
_SNIPPET = re.compile(
    r"(?m)^[ \t]*(?:ssl_protocols|add_header|proxy_pass|proxy_set_header|autoindex)[ \t][^;{}\n]*;"
)
_TEMPLATE = re.compile(r"\{%|\{\{")
_TOKEN = re.compile(
    r"(?P<space>\s+|#[^\n]*)"
    r"|(?P<mark>[;{}])"
    r"|(?P<quoted>\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')"
    r"|(?P<word>(?:\$\{\w*\}|\\.|[^\s;{}\"'\\])(?:\$\{\w*\}|\\.|[^\s;{}\\])*)",
    re.DOTALL,
)


@dataclass(slots=True)
class Directive:
    """`block` is what stands between its braces, or None where it ends with a semicolon."""

    name: str
    arguments: tuple[str, ...]
    line: int
    column: int
    block: list[Directive] | None = field(default=None)

    def own(self, name: str) -> list[Directive]:
        """The directives of this name directly in the block."""
        return [inner for inner in self.block or () if inner.name == name]


@dataclass(frozen=True, slots=True)
class Configuration:
    directives: tuple[Directive, ...]
    complaints: tuple[Complaint, ...]

    def walk(self) -> Iterator[tuple[Directive, tuple[Directive, ...]]]:
        """Every directive with the blocks around it, the outermost first."""
        waiting: list[tuple[Directive, tuple[Directive, ...]]]
        waiting = [(directive, ()) for directive in reversed(self.directives)]
        while waiting:
            directive, around = waiting.pop()
            yield directive, around
            inside = (*around, directive)
            waiting += [(inner, inside) for inner in reversed(directive.block or ())]


def configurations(source: Source) -> Iterator[tuple[SourceFile, Configuration]]:
    """Every file of nginx configuration, as far as it could be read.

    Raises Skip where there is none, and Incomplete behind the last one where any of them, or a
    part of one, could not be read.
    """
    yield from parsed_files(source, _NGINX)


def parse(text: str) -> Configuration | None:
    """Read any text as nginx configuration; None where it does not look like it, or is still a
    template of another tool. Never raises: what is wrong is in `complaints`."""
    looks = _SNIPPET.search(text) or (_BLOCK.search(text) and _ENDED.search(text))
    if not looks or _TEMPLATE.search(text):
        return None
    directives: list[Directive] = []
    blocks = [directives]
    words: list[tuple[str, int, int]] = []
    for piece, kind, line, column in _tokens(text):
        if kind == "wrong":
            return Configuration(tuple(directives), (Complaint(line, piece),))
        if kind != "mark":
            words.append((piece, line, column))
        elif piece == "}":
            if words or len(blocks) == 1:
                reason = f"no ; behind {words[0][0]}" if words else "one } too many"
                return Configuration(tuple(directives), (Complaint(line, reason),))
            blocks.pop()
        elif not words or len(blocks) > DEEPEST:
            return Configuration(tuple(directives), (Complaint(line, f"no directive for {piece}"),))
        else:
            name, at_line, at_column = words[0]
            arguments = tuple(word for word, _, _ in words[1:])
            directive = Directive(name.lower(), arguments, at_line, at_column)
            blocks[-1].append(directive)
            if piece == "{":
                directive.block = []
                blocks.append(directive.block)
            words = []
    complaints: tuple[Complaint, ...] = ()
    if words or len(blocks) > 1:
        complaints = (Complaint(text.count("\n") + 1, "it ends in the middle of a block"),)
    return Configuration(tuple(directives), complaints)


def _tokens(text: str) -> Iterator[tuple[str, str, int, int]]:
    """Words without their quotes, marks, and what is neither, with line and column."""
    place, line, begun, lua = 0, 1, 0, False
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None:
            yield "a quotation that does not end", "wrong", line, place - begun + 1
            return
        piece, kind, start = found[0], found.lastgroup or "", place
        place = found.end()
        if kind == "word":
            lua = piece.endswith("_by_lua_block") or lua
        if piece == "{" and lua:
            place, lua = _behind_lua(text, place), False
            yield ";", "mark", line, start - begun + 1
        elif kind != "space":
            plain = piece[1:-1] if kind == "quoted" else piece
            yield plain, kind, line, start - begun + 1
        if breaks := text.count("\n", start, place):
            line += breaks
            begun = text.rfind("\n", start, place) + 1


def _behind_lua(text: str, place: int) -> int:
    """Where a block of Lua ends: its braces are counted, strings or not."""
    depth = 1
    for found in re.compile(r"[{}]").finditer(text, place):
        depth += 1 if found[0] == "{" else -1
        if depth == 0:
            return found.end()
    return len(text)


_NGINX = Kind(
    "nginx configuration",
    ("*.conf", "*.conf.template", "*.nginx", "sites-available/*", "sites-enabled/*"),
    re.compile(r".*", re.DOTALL),
    parse,
)

"""Dockerfiles: their instructions with the line of every word, and their stages.

The grammar is that of https://docs.docker.com/reference/dockerfile/ as BuildKit reads it.
What BuildKit would refuse becomes a complaint, and the rest is read all the same.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile

from scanner.source.complaint import Complaint
from scanner.source.substitute import Substituted, dockerfile_word

_NAMES = (
    "ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL "
    "STOPSIGNAL USER VOLUME WORKDIR"
)
INSTRUCTIONS = frozenset(_NAMES.split())
MOST_STAGES = 200
_MOST_VARIABLES = 2000
_DIRECTIVE = re.compile(r"#\s*([A-Za-z][A-Za-z0-9]*)\s*=\s*(\S.*)")
_HEREDOC = re.compile(r"\d*<<(-?)([^<]+)")


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it is written, quotes and all, and where; lines and columns count from 1."""

    text: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Heredoc:
    """`text` between `<<NAME` and `NAME`; with `expands` the builder replaces its variables."""

    name: str
    text: str
    line: int
    expands: bool


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction: its name in upper case, and what follows, continuation lines joined.

    `flags` are the leading `--name=value` words; `trigger` is what an ONBUILD would run.
    """

    name: str
    words: tuple[Word, ...]
    value: str
    line: int
    end_line: int
    column: int = 1
    flags: tuple[tuple[str, str], ...] = ()
    heredocs: tuple[Heredoc, ...] = ()
    trigger: Instruction | None = None
    escape: str = "\\"

    def flag(self, name: str) -> str | None:
        """The value of `--name`, empty where it has none, or None where it is not there."""
        return next((value for flag, value in self.flags if flag == name), None)

    @property
    def exec_form(self) -> tuple[str, ...] | None:
        """The strings of a JSON array, or None where the value is not one (the shell form)."""
        if not self.value.startswith("["):
            return None
        try:
            items = json.loads(self.value)
        except (ValueError, RecursionError):
            return None
        if isinstance(items, list) and all(isinstance(item, str) for item in items):
            return tuple(items)
        return None

    def pairs(self) -> Iterator[tuple[str, Word | None]]:
        """Names and values of an ENV or ARG; None is an ARG without a default.

        A value's word begins where the value does, behind the equals sign.
        """
        if not self.words:
            return
        if self.name == "ENV" and "=" not in self.words[0].text:
            name, *rest = self.words
            if rest:
                value = self.value[len(name.text) :].strip()
                yield name.text, replace(rest[0], text=value)
            return
        for word in self.words:
            name_text, equals, value = word.text.partition("=")
            at = replace(word, text=value, column=word.column + len(name_text) + 1)
            yield dockerfile_word(name_text, {}, self.escape).text, at if equals else None


@dataclass(frozen=True, slots=True)
class Stage:
    """What one FROM begins.

    `image` has its ARGs replaced as far as they are known; `parent` is the earlier stage that
    it names, in place of an image.
    """

    start: Instruction
    image: str
    missing: tuple[str, ...]
    name: str
    parent: Stage | None
    instructions: tuple[Instruction, ...]
    variables: Mapping[str, str]

    @property
    def lineage(self) -> tuple[Stage, ...]:
        """This stage, the one that it builds on, and so on down to an image."""
        stages = [self]
        while (parent := stages[-1].parent) is not None:
            stages.append(parent)
        return tuple(stages)

    def resolve(self, text: str) -> Substituted:
        """A word of this stage, with the values that its ARGs and ENVs have at its end."""
        return dockerfile_word(text, self.variables, self.start.escape)


@dataclass(frozen=True, slots=True)
class Dockerfile:
    """`instructions` are all of them in order, those before the first FROM included."""

    instructions: tuple[Instruction, ...]
    stages: tuple[Stage, ...]
    complaints: tuple[Complaint, ...]


def parse(text: str) -> Dockerfile:
    """Read any text as a Dockerfile. Never raises: what is wrong is in `complaints`."""
    lines = [line.rstrip("\r") for line in text.removeprefix("\ufeff").split("\n")]
    complaints: list[Complaint] = []
    escape = _escape(lines, complaints)
    instructions = tuple(_instructions(lines, escape, complaints))
    stages = tuple(_stages(instructions, complaints))
    if not stages:
        complaints.append(Complaint(1, "there is no FROM"))
    return Dockerfile(instructions, stages, tuple(complaints))


def _escape(lines: list[str], complaints: list[Complaint]) -> str:
    """Directives stand before everything else, blank lines and other comments included."""
    for number, line in enumerate(lines, start=1):
        directive = _DIRECTIVE.fullmatch(line.strip())
        if directive is None:
            break
        if directive[1].lower() == "escape":
            if directive[2] in ("\\", "`"):
                return directive[2]
            complaints.append(Complaint(number, "the escape directive takes \\ or `"))
    return "\\"


def _is_aside(line: str) -> bool:
    stripped = line.strip()
    return not stripped or stripped.startswith("#")


def _instructions(
    lines: list[str], escape: str, complaints: list[Complaint]
) -> Iterator[Instruction]:
    position = 0
    while position < len(lines):
        if _is_aside(lines[position]):
            position += 1
            continue
        pieces: list[tuple[str, int]] = []
        continued = True
        while continued and position < len(lines):
            line = lines[position]
            position += 1
            # Docker drops comments and, with a warning, blank lines within a continued line.
            if pieces and _is_aside(line):
                continue
            bare = line.rstrip(" \t")
            continued = bare.endswith(escape) and not bare.endswith(escape * 2)
            pieces.append((bare[:-1] if continued else line, position))
        joined = _Joined(pieces, escape)
        if not joined.text.strip():
            continue
        instruction = joined.instruction(position)
        heredocs, position = _heredocs(instruction, lines, position, complaints)
        yield replace(instruction, heredocs=heredocs, end_line=max(position, instruction.line))
        _complain(instruction, complaints)


class _Joined:
    """The lines of one instruction joined, which remembers where each character came from."""

    def __init__(self, pieces: list[tuple[str, int]], escape: str) -> None:
        self.text = "".join(piece for piece, _ in pieces)
        self.lines = [line for _, line in pieces]
        self.starts = [0]
        for piece, _ in pieces[:-1]:
            self.starts.append(self.starts[-1] + len(piece))
        self.escape = escape
        backslash = re.escape(escape)
        self.word = re.compile(
            rf"""(?:"(?:{backslash}.|[^"{backslash}])*"?|'[^']*'?|{backslash}.?|[^\s"'{backslash}])+""",
            re.DOTALL,
        )

    def instruction(self, end_line: int) -> Instruction:
        words = [self.at(match) for match in self.word.finditer(self.text)]
        ends = [match.end() for match in self.word.finditer(self.text)]
        return self._made(words, ends, end_line)

    def at(self, match: re.Match[str]) -> Word:
        # The last piece that begins at or before the character: empty pieces hold none.
        piece = bisect_right(self.starts, match.start()) - 1
        return Word(match[0], self.lines[piece], match.start() - self.starts[piece] + 1)

    def _made(self, words: list[Word], ends: list[int], end_line: int) -> Instruction:
        name = words[0]
        flags = [word.text for word in takewhile(_is_flag, words[1:])]
        first = 1 + len(flags)
        upper = name.text.upper()
        trigger = None
        # Docker refuses ONBUILD ONBUILD, and a hostile file would nest it without end.
        nests = len(words) > first and words[first].text.upper() != "ONBUILD"
        if upper == "ONBUILD" and nests:
            trigger = self._made(words[first:], ends[first:], end_line)
        return Instruction(
            name=upper,
            words=tuple(words[first:]),
            value=self.text[ends[first - 1] :].strip(),
            line=name.line,
            end_line=end_line,
            column=name.column,
            flags=tuple(self._flag(flag) for flag in flags),
            trigger=trigger,
            escape=self.escape,
        )

    def _flag(self, text: str) -> tuple[str, str]:
        name, _, value = text.removeprefix("--").partition("=")
        return name.lower(), value


def _is_flag(word: Word) -> bool:
    return word.text.startswith("--") and len(word.text) > 2


def _heredocs(
    instruction: Instruction, lines: list[str], position: int, complaints: list[Complaint]
) -> tuple[tuple[Heredoc, ...], int]:
    """The bodies that follow the instruction, one after another, and the line behind them."""
    told = instruction.trigger or instruction
    if told.name not in ("RUN", "COPY", "ADD"):
        return (), position
    found: list[Heredoc] = []
    for word in told.words:
        match = _HEREDOC.fullmatch(word.text)
        name = dockerfile_word(match[2], {}, told.escape).text if match else ""
        if match is None or not name:
            continue
        line, body = position + 1, []
        while position < len(lines):
            text = lines[position].lstrip("\t") if match[1] else lines[position]
            position += 1
            if text == name:
                break
            body.append(text)
        else:
            complaints.append(Complaint(word.line, f"the heredoc <<{name} has no end"))
        expands = not any(quote in match[2] for quote in "'\"")
        found.append(Heredoc(name, "\n".join(body), line, expands))
    return tuple(found), position


def _complain(instruction: Instruction, complaints: list[Complaint]) -> None:
    if instruction.name not in INSTRUCTIONS:
        complaints.append(Complaint(instruction.line, f"unknown instruction {instruction.name}"))
    elif not instruction.value:
        complaints.append(Complaint(instruction.line, f"{instruction.name} says nothing"))
    elif instruction.trigger is not None:
        _complain(instruction.trigger, complaints)
    elif instruction.name == "ONBUILD":
        complaints.append(Complaint(instruction.line, "ONBUILD ONBUILD is not allowed"))


def _stages(instructions: tuple[Instruction, ...], complaints: list[Complaint]) -> Iterator[Stage]:
    starts = [i for i, instruction in enumerate(instructions) if instruction.name == "FROM"]
    before = instructions[: starts[0]] if starts else instructions
    for instruction in before:
        if instruction.name in INSTRUCTIONS - {"ARG"}:
            complaints.append(Complaint(instruction.line, f"{instruction.name} before FROM"))
    end_of_file = len(instructions)
    if len(starts) > MOST_STAGES:
        end_of_file = starts[MOST_STAGES]
        del starts[MOST_STAGES:]
        line = instructions[end_of_file].line
        complaints.append(Complaint(line, f"over {MOST_STAGES} stages; the rest was not read"))
    outside = _variables(before, {}, {})
    known: dict[str, Stage] = {}
    for start, end in pairwise([*starts, end_of_file]):
        stage = _stage(instructions[start], instructions[start + 1 : end], outside, known)
        if stage is None:
            line = instructions[start].line
            complaints.append(Complaint(line, "FROM takes an image and, behind AS, a name"))
        else:
            known[stage.name.lower() or f"\0{start}"] = stage
            yield stage


def _stage(
    start: Instruction,
    instructions: tuple[Instruction, ...],
    outside: Mapping[str, str],
    known: Mapping[str, Stage],
) -> Stage | None:
    match [word.text for word in start.words]:
        case [image]:
            name = ""
        case [image, keyword, name] if keyword.lower() == "as":
            pass
        case _:
            return None
    resolved = dockerfile_word(image, outside, start.escape)
    parent = known.get(resolved.text.lower())
    variables = _variables(instructions, parent.variables if parent else {}, outside)
    return Stage(start, resolved.text, resolved.missing, name, parent, instructions, variables)


def _variables(
    instructions: tuple[Instruction, ...], inherited: Mapping[str, str], outside: Mapping[str, str]
) -> Mapping[str, str]:
    """Values at the end of `instructions`; an ARG takes its default from `outside` the stage."""
    values = dict(inherited)
    set_by_env: set[str] = set()
    for instruction in instructions:
        if instruction.name not in ("ARG", "ENV"):
            continue
        for name, word in instruction.pairs():
            if instruction.name == "ENV":
                set_by_env.add(name)
            elif name in set_by_env:
                continue
            if word is not None:
                resolved = dockerfile_word(word.text, values, instruction.escape)
                if not resolved.missing and len(values) < _MOST_VARIABLES:
                    values[name] = resolved.text
            elif name in outside:
                values[name] = outside[name]
    return values

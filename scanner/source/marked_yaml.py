"""YAML as nodes that know their lines, read without trusting it: what is wrong is collected."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import yaml

from scanner.source.complaint import Complaint

MOST_VALUES = 50_000
"""A few lines of aliases can stand for millions of values; reading ends after so many."""

_LINE_BREAKS_OF_YAML_ONLY = re.compile("[\x85\u2028\u2029]")

Node = yaml.Node
Pairs = dict[str, tuple[Node, Node]]


class _TooMuch(Exception):
    pass


class NodeReader:
    """Reads nodes, and collects what it cannot read."""

    def __init__(self) -> None:
        self.complaints: list[Complaint] = []
        self.left = MOST_VALUES
        self.known: dict[int, Pairs] = {}

    def documents(self, text: str) -> list[Node]:
        """The documents of any text; none, and a complaint, where it is no YAML or empty."""
        try:
            # YAML counts more as ends of lines than editors and git do: marks would be wrong.
            text = _LINE_BREAKS_OF_YAML_ONLY.sub(" ", text)
            documents: list[Node] = list(yaml.compose_all(text, yaml.CSafeLoader))
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            problem = getattr(error, "problem", None) or getattr(error, "reason", None)
            # At the end of the file the mark stands one line behind it.
            line = min(mark.line, text.count("\n")) + 1 if mark else 1
            self.complaints.append(Complaint(line, str(problem or "no YAML")))
            return []
        except UnicodeEncodeError:
            self.complaints.append(Complaint(1, "a character that is none"))
            return []
        if not documents:
            self.complain(None, "the file is empty")
        return documents

    @contextmanager
    def bounded(self) -> Iterator[None]:
        """Ends what is read within once it has spent what there is."""
        try:
            yield
        except _TooMuch:
            self.complain(None, f"over {MOST_VALUES} values; the rest was not read")

    def complain(self, node: Node | None, reason: str) -> None:
        self.complaints.append(Complaint(node.start_mark.line + 1 if node else 1, reason))

    def pairs(self, node: Node, depth: int = 0) -> Pairs:
        """A mapping by its keys, merge keys resolved. Each node is resolved once."""
        if id(node) in self.known:
            return self.known[id(node)]
        found: Pairs = {}
        self.known[id(node)] = found
        if not isinstance(node, yaml.MappingNode):
            self.complain(node, "a mapping belongs here")
            return found
        merged: list[Node] = []
        for key, value in node.value:
            self.spend()
            if not isinstance(key, yaml.ScalarNode):
                self.complain(key, "a key must be a word")
            elif key.tag == "tag:yaml.org,2002:merge" or key.value == "<<":
                merged += value.value if isinstance(value, yaml.SequenceNode) else [value]
            elif key.value in found:
                self.complain(key, f"{key.value} is there twice")
            else:
                found[key.value] = (key, value)
        for other in merged:
            if depth > 50:
                self.complain(other, "merge keys within merge keys")
                break
            for name, pair in self.pairs(other, depth + 1).items():
                self.spend()
                found.setdefault(name, pair)
        return found

    def spend(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise _TooMuch


def is_null(node: Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"

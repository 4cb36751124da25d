"""YAML whose every key and entry knows its line.

PyYAML's composer gives the nodes and their marks; the values are built here, because its own
constructor lets duplicate keys win silently, reads `yes` as true and `1:30` as ninety, and
copies what an alias names as often as a hostile file likes.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from scanner.targets.complaint import Complaint, Path, dotted, shown

MAX_BYTES = 4_000_000
_MAX_DEPTH = 40
_MAX_VALUES = 500_000

_TOO_MANY = f"more than {_MAX_VALUES} values"
_TAG = "tag:yaml.org,2002:"


class Keyed(dict[str, Any]):
    """A mapping, the line it starts on, the line of each key, and the variables it lacks."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}
        self.missing: tuple[str, ...] = ()


class Listed(list[Any]):
    """A list, the line it starts on, and the line of each entry."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: list[int] = []


class Broken:
    """In place of a value that is complained of already."""


BROKEN = Broken()


class BadYaml(Exception):
    """Text that is not YAML, or more of it than any targets file needs."""

    def __init__(self, complaint: Complaint) -> None:
        super().__init__(complaint.text)
        self.complaint = complaint


class _Loader(yaml.CSafeLoader):
    """Plain scalars by the core schema of YAML 1.2 (section 10.3.2), without .inf and .nan."""


_Loader.yaml_implicit_resolvers = {}


for _kind, _pattern, _first in (
    ("null", r"(?:~|null|Null|NULL|)\Z", ["~", "n", "N", ""]),
    ("bool", r"(?:true|True|TRUE|false|False|FALSE)\Z", list("tTfF")),
    ("int", r"(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)\Z", list("-+0123456789")),
    (
        "float",
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z",
        list("-+.0123456789"),
    ),
):
    _Loader.add_implicit_resolver(_TAG + _kind, re.compile(_pattern), _first)


def read(data: bytes) -> tuple[Any, list[Complaint]]:
    """The document in `data` as Keyed, Listed and scalars, and what is wrong with it.

    Raises BadYaml when there is no telling what the document says.
    """
    text = _decoded(data)
    try:
        _measure(text)
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        raise BadYaml(_syntax(error)) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1 if isinstance(error.position, int) else 1
        raise BadYaml(Complaint(line, "a control character; remove it")) from None
    except yaml.YAMLError:
        raise BadYaml(Complaint(1, "not YAML; write plain UTF-8 text")) from None
    if root is None:
        return None, []
    building = _Building()
    return building.value(root, ()), building.complaints


def _decoded(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        size = f"{MAX_BYTES // 1_000_000} MB"
        raise BadYaml(Complaint(1, f"the file is over {size}; split it into several files"))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BadYaml(Complaint(line, "not UTF-8; save the file as UTF-8 text")) from None


def _measure(text: str) -> None:
    """Refuses what is too deep for the stack of the C composer, or more than is ever needed."""
    depth = values = 0
    for event in yaml.parse(text, Loader=_Loader):
        values += isinstance(event, yaml.NodeEvent)
        if values > _MAX_VALUES:
            line = event.start_mark.line + 1 if event.start_mark else 1
            raise BadYaml(Complaint(line, f"{_TOO_MANY}; split the file"))
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _MAX_DEPTH:
                line = event.start_mark.line + 1 if event.start_mark else 1
                raise BadYaml(
                    Complaint(line, f"nested more than {_MAX_DEPTH} deep; flatten the file")
                )
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _syntax(error: yaml.MarkedYAMLError) -> Complaint:
    mark = error.problem_mark or error.context_mark
    problem = error.problem or "something is out of place"
    if "alias" in problem:
        mend = "define it first with &name, or write the value out"
    elif "tab" in problem or "cannot start any token" in problem:
        mend = "indent with spaces, and put text that starts with a special character in quotes"
    elif "single document" in problem or "another document" in problem:
        mend = "keep one document in the file, without a second '---'"
    else:
        mend = "check the indentation, and put text that holds {, }, : or # in quotes"
    return Complaint(mark.line + 1 if mark else 1, f"not YAML: {problem}; {mend}")


class _Building:
    """Turns nodes into values; counts them, so that aliases can't multiply without end."""

    def __init__(self) -> None:
        self.complaints: list[Complaint] = []
        self._values = 0

    def value(self, node: yaml.Node, path: Path) -> Any:
        line = node.start_mark.line + 1
        self._values += 1
        if self._values > _MAX_VALUES:
            text = f"{_TOO_MANY} with aliases written out; use fewer aliases"
            raise BadYaml(Complaint(line, text))
        if len(path) > _MAX_DEPTH:
            text = "an alias that holds itself; write the value out"
            raise BadYaml(Complaint(line, text))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, line, path)
        if isinstance(node, yaml.SequenceNode):
            return self._sequence(node, line, path)
        return self._scalar(node, line, path)

    def _mapping(self, node: yaml.MappingNode, line: int, path: Path) -> Keyed:
        self._known(node, "map", line, path)
        mapping = Keyed(line)
        for key_node, value_node in node.value:
            at = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self._complain(at, path, "a list or mapping can't be a key; write one word")
                continue
            key = key_node.value
            if key == "<<" and key_node.style in (None, ""):
                text = "merge keys (<<) are not read; write the keys out"
                self._complain(at, path, text)
                continue
            if key in mapping:
                where = f" in {dotted(path)}" if path else ""
                text = f"duplicate key {shown(key)}{where}; it already stands on line "
                self.complaints.append(
                    Complaint(at, f"{text}{mapping.lines[key]}, keep one of the two")
                )
                continue
            mapping[key] = self.value(value_node, (*path, key))
            mapping.lines[key] = at
        return mapping

    def _sequence(self, node: yaml.SequenceNode, line: int, path: Path) -> Listed:
        self._known(node, "seq", line, path)
        entries = Listed(line)
        for index, entry in enumerate(node.value):
            entries.append(self.value(entry, (*path, index)))
            entries.lines.append(entry.start_mark.line + 1)
        return entries

    def _scalar(self, node: yaml.Node, line: int, path: Path) -> Any:
        text: str = node.value
        kind = node.tag.removeprefix(_TAG)
        try:
            match kind:
                case "str":
                    return text
                case "null":
                    return None
                case "bool" if text.lower() in ("true", "false"):
                    return text.lower() == "true"
                case "int":
                    return _whole(text)
                case "float":
                    return _decimal(text)
        except ValueError:
            self._complain(line, path, "not a number that can be read; write it in quotes")
            return BROKEN
        self._complain(line, path, f"the tag {shown(node.tag)} is not read; leave it out")
        return BROKEN

    def _known(self, node: yaml.Node, kind: str, line: int, path: Path) -> None:
        if node.tag != _TAG + kind:
            self._complain(line, path, f"the tag {shown(node.tag)} is not read; leave it out")

    def _complain(self, line: int, path: Path, text: str) -> None:
        where = f"in {dotted(path)}: " if path else ""
        self.complaints.append(Complaint(line, where + text))


def _whole(text: str) -> int:
    if len(text) > 30:
        raise ValueError("too long")
    return int(text, 0) if text[:2] in ("0o", "0x") else int(text)


def _decimal(text: str) -> float:
    number = float(text)
    if abs(number) > 1e15:
        raise ValueError("too large")
    return number

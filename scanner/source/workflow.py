"""GitHub workflows and composite actions: what checks look at, with the line of every value.

The format is that of https://docs.github.com/actions/reference/workflow-syntax-for-github-actions.
What GitHub would refuse becomes a complaint, and the rest is read all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from scanner.source.complaint import Complaint
from scanner.source.files import SourceFile
from scanner.source.marked_yaml import Node, NodeReader, Pairs, is_null
from scanner.source.parsed_files import Kind, parsed_files
from scanner.source.source import Source

Texts = tuple[tuple[str, "Text"], ...]


@dataclass(frozen=True, slots=True)
class Text:
    """A scalar; `written` are the lines of the file that it stands in, from `line` on."""

    text: str
    line: int
    column: int
    written: tuple[str, ...] = ()

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column of a character of `text`; of the whole where that cannot be told."""
        before, _, begun = self.text[:offset].rpartition("\n")
        whole = begun + self.text[offset:].partition("\n")[0]
        nth = before.count("\n") + 1 if "\n" in self.text[:offset] else 0
        # Lines of a block stand below its mark; of folded and quoted text some were joined.
        for number in (nth + 1, nth, *range(len(self.written))):
            if whole and number < len(self.written) and whole in self.written[number]:
                return self.line + number, self.written[number].index(whole) + len(begun) + 1
        word = re.match(r"\$\{\{.*?\}\}|\S+", self.text[offset:], re.DOTALL)
        for number, line in enumerate(self.written):
            if word and word[0] in line:
                return self.line + number, line.index(word[0]) + 1
        return self.line, self.column


@dataclass(frozen=True, slots=True)
class Permissions:
    """`everything` is `write-all`, `read-all` or empty; `scopes` are those named one by one."""

    everything: Text | None
    scopes: Texts


@dataclass(frozen=True, slots=True)
class Step:
    line: int
    column: int
    uses: Text | None
    run: Text | None
    condition: Text | None
    given: Texts
    environment: Texts

    def input(self, name: str) -> Text | None:
        """What `with` hands to the action under this name; letter case does not count."""
        return next((text for key, text in self.given if key.lower() == name), None)


@dataclass(frozen=True, slots=True)
class Job:
    """`uses` is the reusable workflow that it calls, in place of `steps`."""

    name: str
    line: int
    column: int
    uses: Text | None
    condition: Text | None
    permissions: Permissions | None
    environment: Texts
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Workflow:
    """A composite action is one without `triggers`, with one nameless job.

    `inputs` says of each input the type of its values, one for each trigger that declares it.
    """

    is_action: bool
    triggers: frozenset[str]
    inputs: tuple[tuple[str, str], ...]
    permissions: Permissions | None
    environment: Texts
    jobs: tuple[Job, ...]
    complaints: tuple[Complaint, ...]

    def variables(self, job: Job, step: Step) -> dict[str, str]:
        """What `env.NAME` stands for in a step, by the names in small letters."""
        layers = (self.environment, job.environment, step.environment)
        return {name.lower(): text.text for layer in layers for name, text in layer}


def workflows(source: Source) -> Iterator[tuple[SourceFile, Workflow]]:
    """Every workflow and composite action, as far as it could be read.

    Raises Skip where there is none, and Incomplete behind the last one where any of them, or a
    part of one, could not be read.
    """
    yield from parsed_files(source, _WORKFLOW, _ACTION)


def parse(text: str) -> Workflow:
    """Read any text as a workflow. Never raises: what is wrong is in `complaints`."""
    reader = _Reader(text)
    jobs: list[Job] = []
    top: Pairs = {}
    with reader.bounded():
        for document in reader.documents(text)[:1]:
            top = reader.pairs(document)
            if document.tag.endswith(":map") and "jobs" not in top:
                reader.complain(document, "there are no jobs")
            for name, (key, value) in reader.within(top, "jobs").items():
                jobs.append(reader.job(name, key, reader.pairs(value)))
    triggers: frozenset[str] = frozenset()
    inputs: list[tuple[str, str]] = []
    permissions: Permissions | None = None
    environment: Texts = ()
    with reader.bounded():
        triggers, inputs = reader.triggers(top)
        permissions, environment = reader.permissions(top), reader.texts(top, "env")
    return Workflow(
        False, triggers, tuple(inputs), permissions, environment, tuple(jobs),
        tuple(reader.complaints),
    )  # fmt: skip


def parse_action(text: str) -> Workflow | None:
    """Read any text as an action; None where it is none, or runs no steps."""
    reader = _Reader(text)
    inputs: list[tuple[str, str]] = []
    steps: tuple[Step, ...] = ()
    with reader.bounded():
        for document in reader.documents(text)[:1]:
            top = reader.pairs(document) if isinstance(document, yaml.MappingNode) else {}
            runs = reader.within(top, "runs")
            using = reader.text(runs, "using")
            if using is None or using.text != "composite":
                return None
            inputs = [(name, "string") for name in reader.within(top, "inputs")]
            steps = tuple(reader.steps(runs))
    job = Job("", 1, 1, None, None, None, (), steps)
    return Workflow(True, frozenset(), tuple(inputs), None, (), (job,), tuple(reader.complaints))


_YAML = re.compile(r".*\.ya?ml", re.DOTALL)
_WORKFLOW = Kind(
    "workflow", ("**/.github/workflows/*.yml", "**/.github/workflows/*.yaml"), _YAML, parse
)
_ACTION = Kind("composite action", ("action.yml", "action.yaml"), _YAML, parse_action)


class _Reader(NodeReader):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.lines = text.split("\n")

    def within(self, pairs: Pairs, name: str) -> Pairs:
        """The mapping under a key; empty where there is none."""
        node = pairs[name][1] if name in pairs else None
        return {} if node is None or is_null(node) else self.pairs(node)

    def text(self, pairs: Pairs, name: str) -> Text | None:
        node = pairs[name][1] if name in pairs else None
        if node is None or is_null(node):
            return None
        # Long texts weigh more: an alias repeats them for nothing, and checks search each.
        self.left -= len(node.value) // 50
        self.spend()
        if not isinstance(node, yaml.ScalarNode):
            self.complain(node, f"{name} takes a single value")
            return None
        start, end = node.start_mark, node.end_mark
        quoted = node.style in ("'", '"')
        written = tuple(self.lines[start.line : end.line + 1])
        return Text(node.value, start.line + 1, start.column + 1 + quoted, written)

    def texts(self, pairs: Pairs, name: str) -> Texts:
        node = pairs[name][1] if name in pairs else None
        if isinstance(node, yaml.ScalarNode):
            return ()  # an expression that makes the whole mapping
        inner = self.within(pairs, name)
        found = ((key, self.text(inner, key)) for key in inner)
        return tuple((key, text) for key, text in found if text is not None)

    def triggers(self, top: Pairs) -> tuple[frozenset[str], list[tuple[str, str]]]:
        node = top["on"][1] if "on" in top else None
        inputs: list[tuple[str, str]] = []
        if isinstance(node, yaml.ScalarNode):
            return frozenset({node.value}), inputs
        if isinstance(node, yaml.SequenceNode):
            return frozenset(i.value for i in node.value if isinstance(i, yaml.ScalarNode)), inputs
        events = self.within(top, "on")
        for name in ("workflow_dispatch", "workflow_call"):
            declared = self.within(self.within(events, name), "inputs")
            for key in declared:
                kind = self.text(self.within(declared, key), "type")
                inputs.append((key, kind.text if kind else "string"))
        return frozenset(events), inputs

    def permissions(self, pairs: Pairs) -> Permissions | None:
        node = pairs["permissions"][1] if "permissions" in pairs else None
        if node is None:
            return None
        if isinstance(node, yaml.ScalarNode):
            return Permissions(self.text(pairs, "permissions"), ())
        return Permissions(None, self.texts(pairs, "permissions"))

    def job(self, name: str, key: Node, pairs: Pairs) -> Job:
        return Job(
            name=name,
            line=key.start_mark.line + 1,
            column=key.start_mark.column + 1,
            uses=self.text(pairs, "uses"),
            condition=self.text(pairs, "if"),
            permissions=self.permissions(pairs),
            environment=self.texts(pairs, "env"),
            steps=tuple(self.steps(pairs)),
        )

    def steps(self, pairs: Pairs) -> Iterator[Step]:
        node = pairs["steps"][1] if "steps" in pairs else None
        if node is None or is_null(node):
            return
        if not isinstance(node, yaml.SequenceNode):
            self.complain(node, "steps takes a list")
            return
        for item in node.value:
            self.spend()
            step = self.pairs(item)
            yield Step(
                line=item.start_mark.line + 1,
                column=item.start_mark.column + 1,
                uses=self.text(step, "uses"),
                run=self.text(step, "run"),
                condition=self.text(step, "if"),
                given=self.texts(step, "with"),
                environment=self.texts(step, "env"),
            )

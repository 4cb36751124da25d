"""The surface of a site: what can be asked, and with which parameters."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

_NUMBERED = re.compile(
    r"\d+|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
)
_SIBLINGS = 5
"""So many paths that differ only in a number or uuid make that segment a template's hole."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One input of an endpoint, with the value that it was seen with.

    `place` is query, form, json, header, cookie or path; `kind` is what a form said of it
    (text, hidden, password, email, checkbox, select, file …), or empty.
    """

    name: str
    place: str
    value: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One thing that can be asked: a method, a concrete path, its parameters.

    `path` has no query; `encoding` is the content type of its body, if it has one;
    `identity` is who saw it ("" is nobody), `found_on` the page that led here.
    """

    method: str
    path: str
    parameters: tuple[Parameter, ...] = ()
    encoding: str = ""
    identity: str = ""
    found_on: str = ""


class Routes:
    """Concrete paths as templates.

    A segment becomes `{}` only where a declared template says so, or where at least five
    siblings differ in nothing but a number or a uuid there. Which path was seen first
    changes nothing.
    """

    def __init__(self, paths: Iterable[str], declared: Iterable[str] = ()) -> None:
        self._declared = [
            (re.compile("/".join(_segment(part) for part in template.split("/"))), template)
            for template in declared
            if "{" in template
        ]
        siblings: defaultdict[str, set[str]] = defaultdict(set)
        for path in set(paths):
            segments = path.split("/")
            for place, segment in enumerate(segments):
                if _NUMBERED.fullmatch(segment):
                    siblings[_shape(segments, place)].add(segment)
        self._holes = {shape for shape, seen in siblings.items() if len(seen) >= _SIBLINGS}

    def template(self, path: str) -> str:
        """The route template of a concrete path without its query."""
        for pattern, template in self._declared:
            if pattern.fullmatch(path):
                return re.sub(r"\{[^/{}]*\}", "{}", template)
        segments = path.split("/")
        return "/".join(
            "{}"
            if _NUMBERED.fullmatch(segment) and _shape(segments, place) in self._holes
            else segment
            for place, segment in enumerate(segments)
        )


def _shape(segments: list[str], place: int) -> str:
    """The path around one segment, with every other number a number: siblings share it."""
    return "/".join(
        "\0" if n == place else "0" if _NUMBERED.fullmatch(s) else s for n, s in enumerate(segments)
    )


def _segment(part: str) -> str:
    return "".join(
        "[^/]+" if piece.startswith("{") else re.escape(piece)
        for piece in re.split(r"(\{[^{}]*\})", part)
        if piece
    )

"""The writers: each renders a report as text and knows nothing else.

A writer is a module here that declares `FILE`, the name of the file it is written to, and
`render(report) -> str`. An installed package adds one by the entry point group
`wallwalk.reports`: a name and a render function, which may have an attribute `FILE`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec
from pkgutil import iter_modules
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scanner.model import Report

_FILE = re.compile(r'^FILE = "([^"]+)"$', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Writer:
    """One format: the file it is written to, and its render function.

    `broken` says why a plug-in cannot be used; its `render` then raises ValueError.
    """

    file: str
    render: Callable[[Report], str]
    broken: str = ""


def writers() -> dict[str, Writer]:
    """Every writer by name, ours and those of installed plug-ins.

    Nothing of ours is imported until it renders: jinja2 and sarif-om take their time.
    """
    found = dict(_built_in())
    for point in sorted(entry_points(group="wallwalk.reports"), key=lambda p: (p.name, p.value)):
        try:
            if point.name in found:
                raise ValueError(f"there is a format {point.name} already")
            render = point.load()
            found[point.name] = Writer(_file_of(render, point.name), render)
        except Exception as error:  # a broken plug-in is named, and must not end the scan
            why = f"{type(error).__name__}: {error}"
            name = f"{point.name} ({point.value})" if point.name in found else point.name
            found[name] = Writer("", _refuses(name, why), broken=why)
    return found


def _built_in() -> Iterator[tuple[str, Writer]]:
    for module in iter_modules(__path__):
        spec = find_spec(f"{__name__}.{module.name}")
        source = getattr(spec and spec.loader, "get_source", lambda name: "")
        if declared := _FILE.search(source(f"{__name__}.{module.name}") or ""):
            yield module.name, Writer(declared.group(1), _imports_late(module.name))


def _imports_late(name: str) -> Callable[[Report], str]:
    def render(report: Report) -> str:
        text: str = import_module(f"{__name__}.{name}").render(report)
        return text

    return render


def _file_of(render: object, name: str) -> str:
    file = getattr(render, "FILE", f"{name}.txt")
    if not callable(render):
        raise TypeError("it is not a function")
    if not isinstance(file, str) or not re.fullmatch(r"\w[\w.-]*", file):
        raise ValueError(f"FILE is not a plain file name: {file!r}")
    return file


def _refuses(name: str, why: str) -> Callable[[Report], str]:
    def render(report: Report) -> str:
        raise ValueError(f"the format {name} cannot be used: {why}")

    return render

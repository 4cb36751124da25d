"""A function of ours with everything that it calls, as the text of one file.

So a test that stands alone means exactly what the engine means. Names are followed through
`from scanner… import …`; annotations are not followed, since nothing evaluates them.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.resources import files

_OURS = "scanner"
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Import = tuple[str, str, str]
"""Module, name in it (the module's own where that is empty), name here."""


@dataclass(frozen=True)
class Carried:
    """`imports` are lines; `packages` those that are no part of Python; `code` is the rest."""

    imports: tuple[str, ...]
    packages: tuple[str, ...]
    code: str


def carried(
    roots: Iterable[tuple[str, str]],
    *,
    without: Collection[str] = (),
    instead: Mapping[str, str] | None = None,
) -> Carried:
    """The definitions that `roots` name (each a module and a name in it), and all they need.

    Branches of `match` and `if isinstance(…)` for the classes `without` are left out, and what
    only they need with them. `instead` gives definitions that take the place of ours.
    """
    bag = _Bag(frozenset(without), instead or {})
    for module, name in roots:
        bag.take(module, name)
    sources = {source or original for source, original, _ in bag.imports}
    packages = {source.partition(".")[0] for source in sources} - sys.stdlib_module_names
    return Carried(
        tuple(_import_lines(bag.imports)), tuple(sorted(packages)), "\n\n\n".join(bag.taken)
    )


def _import_lines(imports: Collection[_Import]) -> Iterator[str]:
    for source in sorted({source for source, _, _ in imports}):
        names = sorted(
            name if name == original else f"{original} as {name}"
            for home, original, name in imports
            if home == source
        )
        if source:
            yield f"from {source} import {', '.join(names)}"
        else:
            yield from (f"import {name}" for name in names)


@dataclass(frozen=True)
class _Module:
    """What the top of a module defines and imports, by name."""

    text: str
    defined: Mapping[str, ast.stmt]
    imported: Mapping[str, tuple[str, str]]

    @classmethod
    def of(cls, name: str) -> _Module:
        package = import_module(name).__spec__
        assert package is not None  # noqa: S101  (it was imported by its name)
        folder, _, last = name.rpartition(".")
        text = files(folder).joinpath(f"{last}.py").read_text("utf-8")
        defined: dict[str, ast.stmt] = {}
        imported: dict[str, tuple[str, str]] = {}
        for node in ast.parse(text).body:
            for given in _bound(node):
                defined[given] = node
            if isinstance(node, ast.ImportFrom | ast.Import):
                source = f"{node.module}" if isinstance(node, ast.ImportFrom) else ""
                for alias in node.names:
                    imported[alias.asname or alias.name] = (source, alias.name)
        return cls(text, defined, imported)


def _bound(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield node.name
        case ast.Assign():
            for target in node.targets:
                yield from (n.id for n in ast.walk(target) if isinstance(n, ast.Name))
        case ast.AnnAssign(target=ast.Name(id)):
            yield id


@dataclass
class _Bag:
    """What was taken so far. `called` are the names of ours in the one file, by their home."""

    without: frozenset[str]
    instead: Mapping[str, str]
    taken: list[str] = field(default_factory=list)
    imports: set[_Import] = field(default_factory=set)
    modules: dict[str, _Module] = field(default_factory=dict)
    called: dict[tuple[str, str], str] = field(default_factory=dict)

    def take(self, home: str, name: str) -> str:
        """Take `name` of the module `home`, what it needs first; returns what it is called."""
        module = self.modules.get(home) or self.modules.setdefault(home, _Module.of(home))
        if name in module.imported:
            source, original = module.imported[name]
            if source.partition(".")[0] == _OURS:
                return self.take(source, original)
            self.imports.add((source, original, name))
            return name
        node = module.defined.get(name)
        if node is None or (home, name) in self.called:
            return self.called.get((home, name), name)  # without a definition it is a builtin
        for bound in _bound(node):
            taken = bound in self.called.values()
            self.called[home, bound] = f"{bound}_of_{home.rpartition('.')[2]}" if taken else bound
        self.taken.append(self.instead.get(name) or self._written(home, module.text, node))
        return self.called[home, name]

    def _written(self, home: str, text: str, node: ast.stmt) -> str:
        """The text of `node`: as it stands, where neither a branch nor a name has changed."""
        source = _source(text, node)
        slim = _Pruned(self.without).visit(ast.parse(source))
        wanted = dict.fromkeys((*_bound(node), *_read(slim)))
        called = {name: self.take(home, name) for name in wanted}
        renamed = {name: other for name, other in called.items() if name != other}
        _Renamed(renamed).visit(slim)
        return source if ast.dump(slim) == ast.dump(ast.parse(source)) else ast.unparse(slim)


def _source(text: str, node: ast.stmt) -> str:
    """The lines of `node`, its decorators with them."""
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
    assert node.end_lineno is not None  # noqa: S101  (parsed nodes have one)
    return "\n".join(text.splitlines()[first - 1 : node.end_lineno])


def _read(node: ast.AST, local: frozenset[str] = frozenset()) -> Iterator[str]:
    """The names of its module that `node` reads when it runs, some of them several times."""
    if isinstance(node, ast.Name) and node.id not in local:
        yield node.id
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        local |= _local(node)
    for key, value in ast.iter_fields(node):
        if key not in ("annotation", "returns"):
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from _read(child, local)


def _local(function: _Function) -> frozenset[str]:
    """The names that are the function's own: its parameters, and what it gives a value."""
    found: set[str] = set()
    for node in ast.walk(function):
        match node:
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                found.add(name)
            case ast.MatchAs(name=str(name)) | ast.ExceptHandler(name=str(name)):
                found.add(name)
            case ast.ImportFrom(module=str(source)) if source.partition(".")[0] == _OURS:
                raise ValueError(f"{function.name} imports {source} when it runs")
    return frozenset(found)


class _Renamed(ast.NodeTransformer):
    """Gives the names of a module the ones that they have in the file."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names

    def visit_Name(self, node: ast.Name) -> ast.Name:
        node.id = self._names.get(node.id, node.id)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.name = self._names.get(node.name, node.name)
        return self.generic_visit(node)

    def visit_FunctionDef(self, node: _Function) -> ast.AST:
        local = _local(node)
        node.name = self._names.get(node.name, node.name)
        inside = _Renamed({name: to for name, to in self._names.items() if name not in local})
        return inside.generic_visit(node)

    visit_AsyncFunctionDef = visit_FunctionDef


class _Pruned(ast.NodeTransformer):
    """Leaves out what is only there for some classes."""

    def __init__(self, without: frozenset[str]) -> None:
        self._without = without

    def visit_Match(self, node: ast.Match) -> ast.AST | None:
        node.cases = [case for case in node.cases if not self._is_left_out(case.pattern)]
        return self.generic_visit(node) if node.cases else None

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt] | None:
        match node.test:
            case ast.Call(func=ast.Name("isinstance"), args=[_, ast.Name(id)]):
                if id in self._without:
                    rest = [self.visit(one) for one in node.orelse]
                    return [one for one in rest if one is not None]
        return self.generic_visit(node)

    def _is_left_out(self, pattern: ast.pattern) -> bool:
        match pattern:
            case ast.MatchClass(cls=ast.Name(id)):
                return id in self._without
        return False

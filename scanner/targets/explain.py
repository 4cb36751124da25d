"""Pydantic's errors in words for a person: where it stands, what is wrong, what to write."""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import islice
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic_core import ErrorDetails

from scanner.targets.complaint import Complaint, Path, dotted, named, nearest, shown
from scanner.targets.entry import Entry
from scanner.targets.schema import TargetsFile
from scanner.targets.secret import Secret
from scanner.targets.variables import SECTIONS
from scanner.targets.yaml import Broken, Keyed, Listed

# Looking for the nearest key takes time: more mistakes than these are not explained.
_MOST = 200
_KINDS = (
    (bool, "true or false"),
    (int, "a number"),
    (float, "a number"),
    (str, "text"),
    (dict, "a mapping"),
    (list, "a list"),
)
_SAMPLES = {
    "version": "1",
    "name": "staging",
    "by": '"Ann, CTO"',
    "until": "2027-03-31",
    "reason": '"why it is bearable"',
    "check": "headers/csp",
    "path": '"/api/**"',
}
_WANTED = {
    "string_type": ("must be text", "write it in quotes"),
    "secret": ("must be text", "write it in quotes"),
    "bool_type": ("must be true or false", "write true"),
    "bool_parsing": ("must be true or false", "write true"),
    "int_type": ("must be a whole number", "write 10"),
    "int_parsing": ("must be a whole number", "write 10"),
    "int_from_float": ("must be a whole number", "write 10"),
    "tuple_type": ("must be a list", "write [...] or lines that begin with '-'"),
    "model_type": ("must be a mapping", "write key: value"),
    "model_attributes_type": ("must be a mapping", "write key: value"),
    "dict_type": ("must be a mapping", "write key: value"),
}


def explained(errors: Iterable[ErrorDetails], document: Keyed) -> list[Complaint]:
    """A complaint for each error that validating `document` as a TargetsFile gave."""
    # A default that waits for a key which is itself wrong is no second mistake.
    wrong = (
        error
        for error in errors
        if error["type"] != "default_factory_not_called" and not isinstance(error["input"], Broken)
    )
    return [_explained(error, document) for error in islice(wrong, _MOST)]


def _explained(error: ErrorDetails, document: Keyed) -> Complaint:
    path, line = _place(error["loc"], document)
    kind = error["type"]
    if kind == "extra_forbidden":
        return Complaint(line, _unknown(path))
    if kind == "missing":
        # pydantic puts the absent key last; the line is that of the mapping that lacks it.
        key = str(error["loc"][-1])
        place = named(path) if path else "the file"
        return Complaint(line, f"{place} needs {shown(key)}; write {key}: {_sample(path, key)}")
    return Complaint(line, f"{named(path)} {_wrong(error, path)}")


def _wrong(error: ErrorDetails, path: Path) -> str:
    kind, context, given = error["type"], error.get("ctx", {}), error["input"]
    if isinstance(given, Secret) and kind != "wallwalk":
        return "can't take a variable; write it out"
    if kind == "wallwalk":
        return error["msg"]
    if kind in _WANTED:
        if (
            kind.startswith("model")
            and path[-2:-1] == ("logins",)
            and nearest(str(path[-1]), ["try_others"])
        ):
            return "names no login; did you mean 'try_others'?"
        demand, mend = _WANTED[kind]
        return f"{demand}, not {_kind(given)}" + (f"; {mend}" if mend else "")
    if kind == "literal_error":
        return _choice(path, given)
    if kind in ("greater_than_equal", "less_than_equal"):
        side = "at least" if kind == "greater_than_equal" else "at most"
        return f"must be {side} {context['ge' if 'ge' in context else 'le']}"
    if kind in ("too_short", "too_long"):
        exact = context.get("min_length", context.get("max_length"))
        return f"must have {'at least' if kind == 'too_short' else 'at most'} {exact} entries"
    return error["msg"][:1].lower() + error["msg"][1:]


def _choice(path: Path, given: Any) -> str:
    choices = [str(choice) for choice in _choices(path)]
    text = "must be " + (", ".join(choices[:-1]) + " or " + choices[-1] if choices[1:] else "")
    text = text if choices[1:] else "must be " + "".join(choices)
    secret = len(path) > 2 and path[0] == "targets" and path[2] in SECTIONS
    if secret or not isinstance(given, str | int | float):
        return f"{text}, not {_kind(given)}" if not isinstance(given, str) else text
    if isinstance(given, float | int) and str(given) in choices:
        return f'{text} in quotes; write "{given}"'
    meant = nearest(str(given), choices)
    return f"{text}, not {shown(given)}" + (f"; did you mean {shown(meant)}?" if meant else "")


def _kind(value: Any) -> str:
    if value is None:
        return "empty"
    return next((word for kind, word in _KINDS if isinstance(value, kind)), "this")


def _place(loc: tuple[int | str, ...], document: Keyed) -> tuple[Path, int]:
    """Where in the document an error stands; what pydantic adds to the way there is skipped."""
    path: list[int | str] = []
    line: int = document.line
    value: Any = document
    for step in loc:
        keyed = isinstance(value, Keyed) and isinstance(step, str) and step in value
        listed = isinstance(value, Listed) and isinstance(step, int) and step < len(value)
        if not keyed and not listed:
            continue
        line, value = value.lines[step], value[step]
        path.append(step)
    return tuple(path), line


def _unknown(path: Path) -> str:
    *above, key = path
    inside = dotted(tuple(above))
    text = f"unknown key {shown(key)}" + (f" in {inside}" if inside else "")
    known = [name for model in _models_at(tuple(above)) for name in _hints(model)]
    meant = nearest(str(key), known) or _elsewhere(tuple(above), str(key))
    if meant == key:
        return f"{text}; it stands at the top of the file, beside 'targets'"
    if meant:
        return f"{text}; did you mean {shown(meant)}?"
    return f"{text}; write one of {', '.join(known)}" if known else text


def _elsewhere(above: Path, key: str) -> str:
    """A key of this name in another place: below the same mapping first, then anywhere."""
    for model in _models_at(above):
        below = dict(_all_keys(model))
        if key in below:
            return below[key]
    everywhere = dict(_all_keys(TargetsFile))
    return everywhere.get(key, "")


def _sample(path: Path, key: str) -> str:
    if key == "url":
        return "https://staging.example.com" if len(path) == 2 else "/api/…"
    return _SAMPLES.get(key, "…")


@cache
def _all_keys(model: type[Entry], prefix: str = "") -> tuple[tuple[str, str], ...]:
    """Each key at or below `model` with its dotted place; the shallowest place comes last."""
    found: list[tuple[str, str]] = []
    for name, hint in _hints(model).items():
        found.append((name, prefix + name))
        for inner in _models(hint):
            if prefix.count(".") < 4:
                found += _all_keys(inner, f"{prefix}{name}.")
    return tuple(sorted(found, key=lambda pair: -pair[1].count(".")))


@cache
def _hints(model: type[Entry]) -> Mapping[str, Any]:
    """The keys of `model` as the file writes them, with their types."""
    hints = get_type_hints(model, include_extras=True)
    return {field.alias or name: hints[name] for name, field in model.model_fields.items()}


def _models_at(path: Path) -> tuple[type[Entry], ...]:
    return tuple(_models(_hint_at(path)))


def _choices(path: Path) -> Iterator[Any]:
    yield from _literals(_hint_at(path))


def _hint_at(path: Path) -> Any:
    """The type of what stands at `path`."""
    hint: Any = TargetsFile
    for step in path:
        if isinstance(step, int):
            continue
        of_values = _mapped(hint)
        model = next(_models(hint), None)
        if of_values is not None:
            hint = of_values
        elif model is not None and step in _hints(model):
            hint = _hints(model)[step]
        elif model is not None and model.model_config.get("extra") == "allow":
            hint = _mapped(get_type_hints(model)["__pydantic_extra__"])
        else:
            return None
    return hint


def _mapped(hint: Any) -> Any:
    """The type of the values of a mapping whose keys a person chooses; None for other types."""
    if get_origin(hint) is dict:
        return get_args(hint)[1]
    return None


def _models(hint: Any) -> Iterator[type[Entry]]:
    """The entries that a type speaks of, through unions, lists and mappings."""
    if isinstance(hint, type) and issubclass(hint, Entry):
        yield hint
        return
    for inner in get_args(hint):
        if isinstance(inner, type | types.GenericAlias | types.UnionType) or get_origin(inner):
            yield from _models(inner)


def _literals(hint: Any) -> Iterator[Any]:
    if get_origin(hint) is Literal:
        yield from get_args(hint)
    elif get_origin(hint) in (Union, types.UnionType, tuple) or hasattr(hint, "__metadata__"):
        for inner in get_args(hint):
            yield from _literals(inner)

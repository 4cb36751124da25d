"""Objects by their addresses: what an identity owns, and where nothing of the kind is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote, unquote

from scanner import Incomplete, Number, Word
from scanner.targets import Identity

_HOLE = re.compile(r"\{[^{}/?&]*\}")
_VALUE = re.compile(r"(?<=[/=])[^/?&=#]+")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_ID = re.compile(rf"\d+|{_UUID.pattern}|(?=[\w-]*\d)[\w-]{{8,}}")
_LONGEST = 18  # digits that fit the widest integer of a database


@dataclass(frozen=True)
class Thing:
    """One object. `shape` is what the addresses of its kind have in common, `nowhere` a target
    of that shape with `holes` in place of the id, `id` the id as it is read.
    """

    target: str
    shape: str
    id: str
    nowhere: str
    holes: tuple[Number | Word, ...]
    parameter: str = ""

    @property
    def has_an_id(self) -> bool:
        """Whether the id looks like one, and not like a page's name."""
        return bool(_ID.fullmatch(self.id))


def declared(identity: Identity) -> Iterator[Thing]:
    """What `owns` of the targets file names. Raises Incomplete for what is no address."""
    for template, ids in identity.owns.items():
        holes = list(_HOLE.finditer(template))
        if len(holes) != 1 or "*" in template:
            raise Incomplete(
                f"owns: {template} does not say where the id stands",
                "give it exactly one hole: /api/orders/{id}",
            )
        start, end = holes[0].span()
        for one in ids:
            given = quote(str(one), safe="")
            target = template[:start] + given + template[end:]
            yield _thing(target, (start, start + len(given)), _shape(target, [(start, end)]))


def seen(target: str) -> Thing | None:
    """The object at a request target of the crawl: by the last id in its path, else by the last
    one in its query, else by its last segment."""
    end = len(target.partition("?")[0])
    spans = [m.span() for m in _VALUE.finditer(target) if _ID.fullmatch(unquote(m[0]))]
    if not spans:
        start = target.rindex("/", 0, end) + 1
        if start == end or "." in target[start:end]:
            return None
        spans = [(start, end)]
    in_path = [span for span in spans if span[1] <= end]
    return _thing(target, (in_path or spans)[-1], _shape(target, spans))


def by_turns(things: Iterable[Thing]) -> list[Thing]:
    """The first of every shape, then the second of every shape, and so on."""
    rounds: Counter[str] = Counter()
    ranked = []
    for thing in sorted(things, key=lambda one: one.target):
        ranked.append((rounds[thing.shape], thing))
        rounds[thing.shape] += 1
    return [thing for _, thing in sorted(ranked, key=lambda one: one[0])]


def _thing(target: str, span: tuple[int, int], shape: str) -> Thing:
    start, end = span
    before, id, after = target[:start], unquote(target[start:end]), target[end:]
    text, holes = _unknown(id)
    name = re.search(r"[?&]([^?&=]+)=$", before)
    return Thing(target, shape, id, before + text + after, holes, unquote(name[1]) if name else "")


def _shape(target: str, spans: Iterable[tuple[int, int]]) -> str:
    for start, end in sorted(spans, reverse=True):
        target = f"{target[:start]}{{}}{target[end:]}"
    return target


def _unknown(id: str) -> tuple[str, tuple[Number | Word, ...]]:
    """An id of the same kind that nothing has, afresh each time."""
    if _UUID.fullmatch(id):
        parts = [Number(f"unknown{n}", digits) for n, digits in enumerate((8, 4, 3, 3, 12))]
        return "{unknown0}-{unknown1}-4{unknown2}-8{unknown3}-{unknown4}", tuple(parts)
    if id.isdecimal():
        return "{unknown}", (Number("unknown", min(max(len(id), 9), _LONGEST)),)
    if re.fullmatch(r"[0-9a-fA-F]{8,}", id):
        return "{unknown}", (Number("unknown", len(id)),)
    return "{unknown}", (Word("unknown", max(len(id), 12)),)

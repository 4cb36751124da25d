"""A spot: one input of one endpoint that values of ours can be put into."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, unquote

from scanner.proof import Request
from scanner.site.surface import Endpoint, Parameter

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_VALUE_LIKE = re.compile(r"\d+|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_PASSIVE = {"submit", "button", "image", "reset", "file"}
_NEVER_SENT = {"button", "image", "reset"}
_FILLERS = {
    "email": "wallwalk@example.com",
    "url": "http://wallwalk.example/",
    "tel": "5550100",
    "number": "1",
    "range": "1",
    "date": "2026-01-31",
    "password": "Wallwalk-1!x",
    "checkbox": "on",
}
_BOUNDARY = "wallwalk-7d1c2e6b"
_MANY_SIBLINGS = 3
_KEPT = "{}"  # braces stay as they are, for the holes of a proof


@dataclass(frozen=True, slots=True)
class Spot:
    """One parameter of an endpoint, and the request that carries a value in its place.

    `segment` is the place of a path parameter among the path's segments.
    """

    endpoint: Endpoint
    parameter: Parameter
    segment: int = -1

    def __str__(self) -> str:
        return f"{self.parameter.name} ({self.parameter.place}) of {self.endpoint.path}"

    @property
    def identity(self) -> str:
        return self.endpoint.identity

    @property
    def value(self) -> str:
        """The value that it was seen with, or one that a form of its kind accepts."""
        return _usual(self.parameter)

    @property
    def is_numeric(self) -> bool:
        return bool(_NUMBER.fullmatch(self.value))

    @property
    def is_browsable(self) -> bool:
        """Whether another site can make a browser send it: by a link, or a plain form."""
        endpoint = self.endpoint
        if endpoint.method not in ("GET", "POST") or endpoint.encoding.endswith("json"):
            return False
        places = {parameter.place for parameter in (self.parameter, *endpoint.parameters)}
        return not places & {"json", "header", "cookie"}

    @property
    def route(self) -> str:
        """What is the same for spots that very likely are one: numbers in the path are holes."""
        path = re.sub(r"(?<=/)\d+(?=/|$)", "0", self.endpoint.path)
        return f"{self.endpoint.method} {path} {self.parameter.place} {self.parameter.name}"

    def request(self, value: str) -> Request:
        """The request with `value` here and the other parameters as they were seen.

        `value` may have holes of a proof; it is encoded for its place, holes and braces stay.
        """
        endpoint = self.endpoint
        path, query, cookies, headers = endpoint.path, [], [], []
        fields: list[Parameter] = []
        for parameter in _sent(endpoint.parameters):
            mine = parameter == self.parameter and self.segment < 0
            given = replace(parameter, value=value if mine else _usual(parameter))
            match parameter.place:
                case "query":
                    query.append(f"{_quoted(given.name)}={_quoted(given.value)}")
                case "cookie":
                    cookies.append(f"{given.name}={_quoted(given.value)}")
                case "header":
                    headers.append((given.name, given.value))
                case "form" | "json":
                    fields.append(given)
        if self.segment >= 0:
            segments = path.split("/")
            segments[self.segment] = _quoted(value)
            path = "/".join(segments)
        if cookies:
            headers.append(("Cookie", "; ".join(cookies)))
        kind, body = _body(endpoint.encoding, fields, self.parameter)
        if body:
            headers.append(("Content-Type", kind))
        target = f"{path}?{'&'.join(query)}" if query else path
        return Request(endpoint.method, target, tuple(headers), body, identity=endpoint.identity)


def spots(
    endpoints: Iterable[Endpoint], places: Collection[str], public: Collection[str] = ()
) -> list[Spot]:
    """The spots of `endpoints` in `places`, those of rare shapes first, each once.

    `public` are paths that anybody may see: what nobody and an identity both found there is
    tried as nobody only. Spots of one route and name follow each other in rounds, so that
    every route has been tried twice before a third of one route is: shape sets order, never
    omission.
    """
    found: dict[tuple[object, ...], Spot] = {}
    listed = list(endpoints)
    siblings = Counter(endpoint.path.rpartition("/")[0] for endpoint in _once(listed))
    for endpoint in listed:
        for spot in (*_inputs(endpoint, places), *_segments(endpoint, places, siblings)):
            known = found.setdefault(_key(spot), spot)
            if _order(spot) < _order(known):  # which of the siblings was met first is chance
                found[_key(spot)] = spot
    for key in [key for key in found if key[-1]]:
        spot = found[key]
        seen_by_all = spot.endpoint.method != "GET" or spot.endpoint.path in public
        if seen_by_all and (*key[:-1], "") in found:
            del found[key]
    rounds: Counter[str] = Counter()
    ranked: list[tuple[int, int, Spot]] = []
    for place, spot in enumerate(found.values()):
        ranked.append((rounds[spot.route], place, spot))
        rounds[spot.route] += 1
    return [spot for _, _, spot in sorted(ranked, key=lambda one: one[:2])]


def _once(endpoints: Iterable[Endpoint]) -> Iterator[Endpoint]:
    seen: set[str] = set()
    for endpoint in endpoints:
        if endpoint.path not in seen:
            seen.add(endpoint.path)
            yield endpoint


def _inputs(endpoint: Endpoint, places: Collection[str]) -> Iterator[Spot]:
    segments = endpoint.path.split("/")
    for parameter in endpoint.parameters:
        if parameter.place not in places or parameter.kind in _PASSIVE:
            continue
        if parameter.place != "path":
            yield Spot(endpoint, parameter)
        elif parameter.value and quote(parameter.value, safe="") in segments:
            where = segments.index(quote(parameter.value, safe=""))
            yield Spot(endpoint, parameter, where)


def _segments(
    endpoint: Endpoint, places: Collection[str], siblings: Counter[str]
) -> Iterator[Spot]:
    if "path" not in places or any(p.place == "path" for p in endpoint.parameters):
        return
    segments = endpoint.path.split("/")
    folder = endpoint.path.rpartition("/")[0]
    for where, segment in enumerate(segments):
        last = where == len(segments) - 1
        one_of_many = last and siblings[folder] >= _MANY_SIBLINGS and "." not in segment
        if segment and (_VALUE_LIKE.fullmatch(segment) or (one_of_many and folder)):
            value = Parameter(f"segment {where}", "path", unquote(segment))
            yield Spot(endpoint, value, where)


def _key(spot: Spot) -> tuple[object, ...]:
    """What makes a spot another one: the values beside it may choose another handler."""
    endpoint = spot.endpoint
    beside = tuple(
        (p.name, "0" if _VALUE_LIKE.fullmatch(p.value) else p.value)
        for p in endpoint.parameters
        if p != spot.parameter and p.kind != "hidden"
    )
    return (
        endpoint.method,
        endpoint.path if spot.segment < 0 else _without(endpoint.path, spot.segment),
        spot.parameter.place,
        spot.parameter.name,
        beside,
        endpoint.identity,
    )


def _order(spot: Spot) -> tuple[int, str]:
    return len(spot.endpoint.path), spot.endpoint.path


def _without(path: str, segment: int) -> str:
    """The path with a hole: only one of many numbered siblings is that spot."""
    segments = path.split("/")
    if _VALUE_LIKE.fullmatch(segments[segment]):
        segments[segment] = "{}"
    return "/".join(segments)


def _usual(parameter: Parameter) -> str:
    if parameter.value or parameter.kind == "hidden":
        return parameter.value
    filler = _FILLERS.get(parameter.kind)
    if filler is None and "mail" in parameter.name.lower():
        filler = _FILLERS["email"]
    return filler if filler is not None else "wallwalk"


def _sent(parameters: Iterable[Parameter]) -> Iterator[Parameter]:
    """What a browser sends: all fields but buttons, and of those the first that submits."""
    submitted = False
    for parameter in parameters:
        if parameter.kind == "submit":
            if submitted:
                continue
            submitted = True
        if parameter.kind not in _NEVER_SENT:
            yield parameter


def _quoted(text: str) -> str:
    return quote(text, safe=_KEPT)


def _body(encoding: str, fields: list[Parameter], probed: Parameter) -> tuple[str, str]:
    if not fields:
        return "", ""
    if any(field.place == "json" for field in fields) or encoding.endswith("json"):
        return encoding or "application/json", _json_body(fields, probed)
    if encoding == "multipart/form-data":
        parts = "".join(_part(field) for field in fields)
        return f"{encoding}; boundary={_BOUNDARY}", f"{parts}--{_BOUNDARY}--\r\n"
    pairs = (f"{_quoted(f.name)}={_quoted(f.value)}" for f in fields)
    return encoding or "application/x-www-form-urlencoded", "&".join(pairs)


def _part(field: Parameter) -> str:
    name = field.name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
    file = '; filename="wallwalk.txt"' if field.kind == "file" else ""
    return (
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n'
        f"\r\n{field.value}\r\n"
    )


def _json_body(fields: list[Parameter], probed: Parameter) -> str:
    """JSON of parameters whose names are paths such as `user.name`."""
    body: dict[str, Any] = {}
    for field in fields:
        *folders, name = field.name.split(".")
        at = body
        for folder in folders:
            inner = at.setdefault(folder, {})
            at = inner if isinstance(inner, dict) else at
        mine = (field.name, field.place) == (probed.name, probed.place)
        number = _NUMBER.fullmatch(field.value) and not mine
        at[name] = json.loads(field.value) if number and _is_json(field.value) else field.value
    return json.dumps(body)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True

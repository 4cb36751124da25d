"""The endpoints that a crawl learns of, each method, path and set of names once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

import httpx

from scanner.site.answer import kind_of, media_type, seen
from scanner.site.forms import Form
from scanner.site.surface import Endpoint, Parameter

_GONE = (405, 410, 501)
_HOLE = re.compile(r"\{\w+\}")


class Inventory:
    """Endpoints in the order in which they were met, with the values they were met with."""

    def __init__(self, identity: str) -> None:
        self._identity = identity
        self._found: dict[tuple[str, str, str, frozenset[tuple[str, str]]], Endpoint] = {}

    def page(self, response: httpx.Response, found_on: str) -> None:
        """Take what was asked with GET, unless it is not there or a plain file.

        404 with a query may be said of what the query asks for.
        """
        path, mark, query = seen(response).path.partition("?")
        if response.status_code in _GONE or (not mark and _is_nothing_to_ask(response)):
            return
        self._add(Endpoint("GET", path, _query(query), found_on=found_on))

    def form(self, form: Form, path: str, found_on: str) -> None:
        """Take a form; `path` is its action as `Endpoint.path` has it, with the query."""
        path, _, query = path.partition("?")
        # A browser replaces the query of a GET form's action by its fields.
        fixed = _query(query) if form.method != "GET" else ()
        self._add(
            Endpoint(form.method, path, (*fixed, *form.parameters), form.encoding, "", found_on)
        )

    def json_login(self, body: Mapping[str, Any], path: str) -> None:
        """Take a login that the targets file describes; the credentials are left out."""
        path, _, query = path.partition("?")
        fields = tuple(_leaves(body))
        self._add(Endpoint("POST", path, (*_query(query), *fields), "application/json"))

    def _add(self, endpoint: Endpoint) -> None:
        names = frozenset((p.name, p.place) for p in endpoint.parameters)
        key = (endpoint.method, endpoint.path, endpoint.encoding, names)
        self._found.setdefault(key, replace(endpoint, identity=self._identity))

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        return tuple(self._found.values())


def _leaves(body: Mapping[str, Any], above: str = "") -> Iterator[Parameter]:
    for key, value in body.items():
        name = f"{above}{key}"
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{name}.")
        elif isinstance(value, str):
            kind = "password" if "{password}" in value else "text"
            yield Parameter(name, "json", _HOLE.sub("", value), kind)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield Parameter(name, "json", str(value))


def _is_nothing_to_ask(response: httpx.Response) -> bool:
    if response.status_code >= 300:
        return response.status_code == 404
    kind = kind_of(response)
    return kind == "download" or (kind == "static" and media_type(response) != "text/plain")


def _query(query: str) -> tuple[Parameter, ...]:
    """The first value of each name of a query string."""
    first: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        first.setdefault(name, value)
    return tuple(Parameter(name, "query", value) for name, value in first.items())
